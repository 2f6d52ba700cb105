/**
 * The ICMP half of pwnat: echo requests to nobody, and the errors about them that callers forge. An error is read as far as it can
 * be, for the originals look no deeper than its type; one about anything else is somebody else's.
 *
 *     echo       08 00 ck id sequence
 *     exceeded   0b 00 ck rest + IPv4 header (listener → nobody) + the echo request
 * pypwnat writes the quoted length in its own byte order; ours is right, and nobody looks. Source: samyk/pwnat, blahgeek/pypwnat.
 */
import type { Decoded, IcmpCodec } from '../../effects/codec.ts';
import { Reader } from '../../effects/wire/bytes.ts';
import { encodeIcmp, type IcmpError, type IcmpMessage, internetChecksum, IP_PROTOCOL, quotedEcho, readIcmp } from '../../effects/wire/icmp.ts';
import type { PwnatMessage } from './messages.ts';
import type { Variant } from './variants.ts';

export function holeCodec(variant: Variant): IcmpCodec<PwnatMessage> {
  return {
    encode: (message) => encodeIcmp(asIcmp(message, variant)),
    decode(data) {
      const message = readUnsummed(data);
      const found = message && meaning(message, variant);
      return found ? { kind: 'message', message: found } : FOREIGN;
    },
  };
}

const FOREIGN: Decoded<PwnatMessage> = { kind: 'payload' };
const NOTHING = new Uint8Array(0);
/** Where the quoted packets of a `rejected` and of a forged error are cut: RFC 792's 64 bits. */
const QUOTED = 8;
const PORT_UNREACHABLE = 3;
/** Administratively prohibited: network, host, and in general (RFC 1812 §5.2.7.1). */
const PROHIBITED: readonly number[] = [9, 10, 13];

function asIcmp(message: PwnatMessage, { nobody: dst, id, sequence, rest, quotedId, quotedTtl }: Variant): IcmpMessage {
  const echo: IcmpMessage = { kind: 'echo-request', id, sequence, data: NOTHING };
  switch (message.type) {
    case 'echo':
      return echo;
    case 'exceeded':
      return { kind: 'time-exceeded', code: 0, rest, quoted: { src: message.about, dst, protocol: IP_PROTOCOL.icmp, id: quotedId, ttl: quotedTtl, data: encodeIcmp(echo) } };
    case 'ping':
    case 'pong':
      return { kind: message.type === 'ping' ? 'echo-request' : 'echo-reply', id: message.id, sequence: 1, data: NOTHING };
    case 'rejected': {
      const { source, to, why } = message;
      const code = why === 'port' ? PORT_UNREACHABLE : why === 'filtered' ? 13 : 1;
      const data = new Uint8Array(QUOTED);
      new DataView(data.buffer).setUint16(0, source.port);
      new DataView(data.buffer).setUint16(2, to.port);
      return { kind: 'unreachable', code, rest: 0, quoted: { src: source.host, dst: to.host, protocol: IP_PROTOCOL.udp, data } };
    }
    default:
      throw new Error(`a ${message.type} does not travel by ICMP`);
  }
}

function meaning(message: IcmpMessage, variant: Variant): PwnatMessage | undefined {
  switch (message.kind) {
    case 'echo-request':
      if (message.id === variant.id && message.sequence === variant.sequence && message.data.length === 0) return { type: 'echo' };
      return { type: 'ping', id: message.id };
    case 'echo-reply':
      return { type: 'pong', id: message.id };
    case 'time-exceeded':
      return isAboutEcho(message, variant) ? { type: 'exceeded', about: message.quoted.src } : undefined;
    case 'unreachable':
      return rejection(message);
  }
}

/** NATs rewrite the identifier along with the source, and not all of them undo it in a quote: only the place and the protocol are sure. */
function isAboutEcho({ quoted }: IcmpError, { nobody, id }: Variant): boolean {
  return quoted.dst === nobody && quotedEcho(quoted)?.kind === 'echo-request' && quotedEcho(quoted)?.id === id;
}

function rejection({ code, quoted: { src, dst, protocol, data } }: IcmpError): PwnatMessage | undefined {
  if (protocol !== IP_PROTOCOL.udp || data.length < QUOTED) return undefined;
  const ports = new Reader(data);
  const source = { host: src, port: ports.u16() };
  const why = code === PORT_UNREACHABLE ? 'port' : PROHIBITED.includes(code) ? 'filtered' : 'no-route';
  return { type: 'rejected', source, to: { host: dst, port: ports.u16() }, why };
}

/** A fork of pypwnat sums the outer header only: what came so far is believed to have come whole. */
function readUnsummed(data: Uint8Array): IcmpMessage | undefined {
  return readIcmp(data) ?? (data[0] === TIME_EXCEEDED && data.length >= 4 ? readIcmp(summed(data)) : undefined);
}

const TIME_EXCEEDED = 11;

function summed(data: Uint8Array): Uint8Array {
  // Not slice: on a Buffer that would share memory with the message.
  const copy = new Uint8Array(data);
  copy.fill(0, 2, 4);
  new DataView(copy.buffer).setUint16(2, internetChecksum(copy));
  return copy;
}
