/**
 * pwnat's bytes: ICMP in `hole-codec.ts`, udptunnel's messages in `tunnel-codec.ts`, those of our own ends in `link-codec.ts`, and
 * a question to a STUN server (RFC 8489). Holds the secret, and never shows it: with one, nothing of udptunnel's is read.
 */
import type { Codec, Decoded } from '../../effects/codec.ts';
import { DecodeError, fromHex, readable, toHex, utf8, Writer } from '../../effects/wire/bytes.ts';
import { attribute, decodeStun, encodeStun, isStun, stunMethod } from '../../effects/wire/stun.ts';
import { holeCodec } from './hole-codec.ts';
import { decodeLink, encodeLink, isLink } from './link-codec.ts';
import { linkKeys, type LinkKeys } from './link-keys.ts';
import { LINK_BODY, type PwnatMessage } from './messages.ts';
import { type Bodies, decodeTunnel, encodeTunnel, hasTunnelLength } from './tunnel-codec.ts';
import { GREETING, type VariantName, VARIANTS } from './variants.ts';

export interface CodecOptions {
  /** Default: pwnat. */
  readonly variant?: VariantName | undefined;
  /** What both ends know. Without one, whoever comes is served. */
  readonly secret?: string | undefined;
}

/** The codec of both ends. */
export function pwnatCodec({ variant = 'pwnat', secret }: CodecOptions = {}): Codec<PwnatMessage> {
  return codec(VARIANTS[variant], PLAIN, secret === undefined ? undefined : linkKeys(secret));
}

/**
 * What recordings use in the place of `pwnatCodec`: it knows no secret, and keeps of an application's bytes only how many there are.
 * One variant's serves for both: a log is read by whatever wrote it.
 */
export function publicPwnatCodec(variant: VariantName = 'pwnat'): Codec<PwnatMessage> {
  return codec(VARIANTS[variant], LENGTHS, undefined);
}

function codec(variant: (typeof VARIANTS)[VariantName], bodies: Bodies, keys: LinkKeys | undefined): Codec<PwnatMessage> {
  const read = (data: Uint8Array): PwnatMessage => {
    if (data.length === 0) return { type: 'punch' };
    if (isGreeting(data)) return { type: 'greeting' };
    // Bodies of applications may look like anything, so the length decides.
    if (isStun(data) && !hasTunnelLength(data)) return readMapped(data);
    if (isLink(data)) return decodeLink(data, bodies, keys);
    if (keys) throw new DecodeError('not proved with the secret of this end', 0);
    return decodeTunnel(data, bodies);
  };
  return {
    encode: (message) => write(message, bodies, keys),
    decode(data): Decoded<PwnatMessage> {
      const message = readable(() => read(data));
      return message instanceof Error ? { kind: 'unreadable', reason: message.message } : { kind: 'message', message };
    },
    icmp: holeCodec(variant),
    piece: (data) => ({ type: 'piece', data }),
    unreadable: new Uint8Array([0xff]),
  };
}

function write(message: PwnatMessage, bodies: Bodies, keys: LinkKeys | undefined): Uint8Array {
  switch (message.type) {
    case 'piece':
      return message.data;
    case 'punch':
      return new Uint8Array(0);
    case 'greeting':
      return GREETING_BYTES;
    case 'ask':
      return encodeStun({ class: 'request', method: stunMethod.binding, transactionId: fromHex(message.txid) ?? NO_TXID, attributes: [] });
    case 'mapped':
      return encodeStun({ class: 'success', method: stunMethod.binding, transactionId: fromHex(message.txid) ?? NO_TXID, attributes: [{ type: 'xor-mapped-address', endpoint: message.mapped }] });
    case 'hello':
    case 'helloAck':
    case 'keepAlive':
    case 'data':
    case 'ack':
    case 'goodbye':
      return encodeTunnel(message, bodies);
    case 'echo':
    case 'exceeded':
    case 'rejected':
    case 'ping':
    case 'pong':
      throw new Error(`a ${message.type} travels by ICMP`);
    default:
      return encodeLink(message, bodies, keys);
  }
}

function readMapped(data: Uint8Array): PwnatMessage {
  const message = decodeStun(data);
  const txid = toHex(message.transactionId);
  if (message.method !== stunMethod.binding) throw new DecodeError('a STUN message of another method', 0);
  if (message.class === 'request') return { type: 'ask', txid };
  const mapped = attribute(message, 'xor-mapped-address')?.endpoint ?? attribute(message, 'mapped-address')?.endpoint;
  if (message.class !== 'success' || !mapped) throw new DecodeError('a STUN message that tells no address', 0);
  return { type: 'mapped', txid, mapped };
}

function isGreeting(data: Uint8Array): boolean {
  return data.length === GREETING_BYTES.length && GREETING_BYTES.every((byte, at) => data[at] === byte);
}

const GREETING_BYTES = utf8(GREETING);
const NO_TXID = new Uint8Array(12);

const PLAIN: Bodies = { write: (body) => body, read: (body) => body };

const LENGTHS: Bodies = {
  write: (body) => new Writer(4).u32(body.length).finish(),
  read(body) {
    const length = body.length === 4 ? new DataView(body.buffer, body.byteOffset, 4).getUint32(0) : Infinity;
    if (length > LINK_BODY) throw new DecodeError('a length that no body has', 0);
    return new Uint8Array(length);
  },
};
