/**
 * The value bytes of every STUN attribute, both ways: one codec per kind, in one table. Never touches the type and
 * length in front of a value nor the padding behind it, except for the classic form, which had no padding outside.
 * Sources: RFC 8489 §14, RFC 3489 §11.2, RFC 5780 §7, RFC 8656 §18, RFC 8445 §16.1; 0x8020 is from the drafts of 5389.
 */
import { DecodeError } from './bytes.ts';
import type { Reader, Writer } from './bytes.ts';
import type { PasswordAlgorithm, StunAttribute, StunAttributeOf, StunAttributeType } from './stun-attributes.ts';
import { isClassic } from './stun-header.ts';
import {
  flag,
  lead,
  number,
  octets,
  plainAddress,
  readAlgorithm,
  readErrorCode,
  text,
  tieBreaker,
  writeAlgorithm,
  writeErrorCode,
  xorAddress,
} from './stun-value-kinds.ts';

/** Reads the attribute `code` from the window that is its value. `message` is the whole datagram. DecodeError on any fault. */
export function readValue(code: number, value: Reader, message: Uint8Array): StunAttribute {
  const codec = BY_CODE.get(code);
  if (!codec) return { type: 'unknown', code, value: value.bytes(value.remaining) };
  const attribute = codec.read(value, message);
  if (value.remaining > 0) throw new DecodeError(`${value.remaining} surplus bytes in ${attribute.type}`, value.offset);
  return attribute;
}

/** Writes type, length, value and padding. `header` is that of the message. RangeError when the attribute cannot be one. */
export function writeAttribute(out: Writer, attribute: StunAttribute, header: Uint8Array): void {
  const start = out.length;
  if (attribute.type === 'unknown') {
    if (BY_CODE.has(attribute.code)) throw new RangeError(`attribute 0x${attribute.code.toString(16)} has a type of its own, not unknown`);
    out.u16(attribute.code).u16(0).bytes(attribute.value);
  } else {
    const codec: Codec<StunAttribute> = CODECS[attribute.type];
    out.u16(codec.code).u16(0);
    codec.write(out, attribute, header);
  }
  const size = out.length - start - 4;
  if (size > 0xffff) throw new RangeError(`${size} bytes in ${attribute.type}`);
  out.setU16(start + 2, size);
  out.zeros(-size & 3);
}

interface Codec<A extends StunAttribute> {
  readonly code: number;
  read(value: Reader, message: Uint8Array): A;
  write(out: Writer, attribute: A, header: Uint8Array): void;
}

const CODECS: { readonly [T in Exclude<StunAttributeType, 'unknown'>]: Codec<StunAttributeOf<T>> } = {
  'mapped-address': plainAddress('mapped-address', 0x0001),
  'response-address': plainAddress('response-address', 0x0002),
  'change-request': {
    code: 0x0003,
    read: (value) => {
      const flags = value.u32();
      return { type: 'change-request', changeIp: (flags & 4) !== 0, changePort: (flags & 2) !== 0 };
    },
    write: (out, { changeIp, changePort }) => out.u32((changeIp ? 4 : 0) | (changePort ? 2 : 0)),
  },
  'source-address': plainAddress('source-address', 0x0004),
  'changed-address': plainAddress('changed-address', 0x0005),
  username: text('username', 0x0006),
  password: text('password', 0x0007),
  'message-integrity': octets('message-integrity', 0x0008, (size) => size === 20),
  'error-code': { code: 0x0009, read: readErrorCode, write: writeErrorCode },
  'unknown-attributes': {
    code: 0x000a,
    read: (value) => {
      const codes: number[] = [];
      while (value.remaining > 0) codes.push(value.u16());
      return { type: 'unknown-attributes', codes };
    },
    write: (out, { codes }, header) => {
      for (const code of codes) out.u16(code);
      // RFC 3489 §11.2.10: an odd list repeats a code, so that the length is a multiple of 4.
      if (isClassic(header) && codes.length % 2 === 1) out.u16(codes.at(-1)!);
    },
  },
  'reflected-from': plainAddress('reflected-from', 0x000b),
  'channel-number': {
    code: 0x000c,
    read: (value) => ({ type: 'channel-number', channel: lead(value, value.u16(), 2) }),
    write: (out, { channel }) => out.u16(channel).zeros(2),
  },
  lifetime: {
    code: 0x000d,
    read: (value) => ({ type: 'lifetime', seconds: value.u32() }),
    write: (out, { seconds }) => out.u32(seconds),
  },
  'xor-peer-address': xorAddress('xor-peer-address', 0x0012),
  data: octets('data', 0x0013, () => true),
  realm: text('realm', 0x0014),
  nonce: text('nonce', 0x0015),
  'xor-relayed-address': xorAddress('xor-relayed-address', 0x0016),
  'requested-address-family': {
    code: 0x0017,
    read: (value) => {
      const family = lead(value, value.u8(), 3);
      if (family !== 1 && family !== 2) throw new DecodeError(`address family ${family} is neither 1 (IPv4) nor 2 (IPv6)`, value.offset - 4);
      return { type: 'requested-address-family', family: family === 1 ? 4 : 6 };
    },
    write: (out, { family }) => out.u8(family === 4 ? 1 : 2).zeros(3),
  },
  'even-port': {
    code: 0x0018,
    read: (value) => ({ type: 'even-port', reserveNext: value.u8() > 0x7f }),
    write: (out, { reserveNext }) => out.u8(reserveNext ? 0x80 : 0),
  },
  'requested-transport': {
    code: 0x0019,
    read: (value) => ({ type: 'requested-transport', protocol: lead(value, value.u8(), 3) }),
    write: (out, { protocol }) => out.u8(protocol).zeros(3),
  },
  'dont-fragment': flag('dont-fragment', 0x001a),
  'message-integrity-sha256': octets('message-integrity-sha256', 0x001c, (size) => size >= 16 && size <= 32 && size % 4 === 0),
  'password-algorithm': {
    code: 0x001d,
    read: (value) => ({ type: 'password-algorithm', ...readAlgorithm(value) }),
    write: writeAlgorithm,
  },
  userhash: octets('userhash', 0x001e, (size) => size === 32),
  'xor-mapped-address': xorAddress('xor-mapped-address', 0x0020),
  'reservation-token': octets('reservation-token', 0x0022, (size) => size === 8),
  priority: number('priority', 0x0024),
  'use-candidate': flag('use-candidate', 0x0025),
  padding: {
    code: 0x0026,
    read: (value) => {
      const length = value.remaining;
      value.skip(length);
      return { type: 'padding', length };
    },
    write: (out, { length }) => out.zeros(length),
  },
  'response-port': {
    code: 0x0027,
    // RFC 5780 §7.5 draws two bytes of padding; some senders count them in the length, most do not.
    read: (value) => ({ type: 'response-port', port: lead(value, value.u16(), value.remaining === 2 ? 2 : 0) }),
    write: (out, { port }) => out.u16(port),
  },
  'password-algorithms': {
    code: 0x8002,
    read: (value) => {
      const algorithms: PasswordAlgorithm[] = [];
      while (value.remaining > 0) algorithms.push(readAlgorithm(value));
      return { type: 'password-algorithms', algorithms };
    },
    write: (out, { algorithms }) => {
      for (const algorithm of algorithms) writeAlgorithm(out, algorithm);
    },
  },
  'alternate-domain': text('alternate-domain', 0x8003),
  software: text('software', 0x8022),
  'alternate-server': plainAddress('alternate-server', 0x8023),
  fingerprint: number('fingerprint', 0x8028),
  'ice-controlled': tieBreaker('ice-controlled', 0x8029),
  'ice-controlling': tieBreaker('ice-controlling', 0x802a),
  'response-origin': plainAddress('response-origin', 0x802b),
  'other-address': plainAddress('other-address', 0x802c),
};

const BY_CODE: ReadonlyMap<number, Codec<StunAttribute>> = new Map<number, Codec<StunAttribute>>([
  ...Object.values(CODECS).map((codec: Codec<StunAttribute>) => [codec.code, codec] as const),
  [0x8020, CODECS['xor-mapped-address']],
]);
