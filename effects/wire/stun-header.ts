/**
 * The 20 bytes that open every STUN message (RFC 8489 §5), and how to tell them from other datagrams.
 * Layout: type(2, top bits 00) length(2, of what follows the 20 bytes) magic cookie 2112A442(4) id(12).
 * Classic form (RFC 3489 §11.1): no cookie, an id of 16 bytes in its place; whatever lacks the cookie is classic.
 */
import { DecodeError } from './bytes.ts';
import type { Reader } from './bytes.ts';

export type StunClass = 'request' | 'indication' | 'success' | 'error';

export interface StunHeader {
  readonly class: StunClass;
  /** 0 to 0xFFF, see `stunMethod`. Only methods up to 0xFF can share a port with other protocols (RFC 7983). */
  readonly method: number;
  /** 12 bytes; 16 bytes make it the classic RFC 3489 form, which must then not begin with the magic cookie. */
  readonly transactionId: Uint8Array;
}

/** Methods by name: RFC 8489 §18.2, shared-secret RFC 3489, the rest TURN (RFC 8656 §17, RFC 6062 §6.1). */
export const stunMethod = {
  binding: 0x001,
  sharedSecret: 0x002,
  allocate: 0x003,
  refresh: 0x004,
  send: 0x006,
  data: 0x007,
  createPermission: 0x008,
  channelBind: 0x009,
  connect: 0x00a,
  connectionBind: 0x00b,
  connectionAttempt: 0x00c,
} as const;

export const headerSize = 20;

/**
 * Whether a datagram looks like STUN on a port shared with other protocols: at least 20 bytes, first byte 0 to 3
 * (RFC 7983 §7), magic cookie in place. Looks no further, so decodeStun may still refuse it. False for the classic form.
 */
export function isStun(bytes: Uint8Array): boolean {
  return bytes.length >= headerSize && bytes[0]! <= 3 && hasCookie(bytes);
}

/** Whether a message, of at least 20 bytes, is in the classic form. */
export function isClassic(header: Uint8Array): boolean {
  return !hasCookie(header);
}

/** Reads and checks the header of the whole datagram that `reader` stands at the start of; DecodeError on any fault. */
export function readHeader(reader: Reader): StunHeader {
  const type = reader.u16();
  if (type > 0x3fff) throw new DecodeError('top two bits of the message type not zero', 0);
  const length = reader.u16();
  if (length % 4 !== 0) throw new DecodeError(`message length ${length}, not a multiple of 4,`, 2);
  if (length !== reader.remaining - 16) throw new DecodeError(`message length ${length} for a body of ${reader.remaining - 16} bytes`, 2);
  const mask = reader.bytes(16);
  return {
    class: CLASSES[((type >> 7) & 2) | ((type >> 4) & 1)]!,
    method: (type & 0x000f) | ((type & 0x00e0) >> 1) | ((type & 0x3e00) >> 2),
    transactionId: startsWithCookie(mask, 0) ? mask.subarray(4) : mask,
  };
}

/** The 20 bytes of a header, its length field 0. RangeError for a method or an id that cannot be one. */
export function headerBytes({ class: kind, method, transactionId }: StunHeader): Uint8Array {
  if ((method & 0xfff) !== method) throw new RangeError(`${method} is not a 12-bit STUN method`);
  const classic = transactionId.length === 16;
  if (!classic && transactionId.length !== 12) throw new RangeError(`a transaction id of ${transactionId.length} bytes`);
  if (classic && startsWithCookie(transactionId, 0)) throw new RangeError('a classic transaction id that begins with the magic cookie');
  const bits = CLASSES.indexOf(kind);
  const type = (method & 0x00f) | ((method & 0x070) << 1) | ((method & 0xf80) << 2) | ((bits & 1) << 4) | ((bits & 2) << 7);
  const bytes = new Uint8Array(headerSize);
  bytes[0] = type >> 8;
  bytes[1] = type;
  if (!classic) bytes.set(COOKIE_BYTES, 4);
  bytes.set(transactionId, classic ? 4 : 8);
  return bytes;
}

/** In the order of the two class bits C1 C0. */
const CLASSES: readonly StunClass[] = ['request', 'indication', 'success', 'error'];
const COOKIE_BYTES = new Uint8Array([0x21, 0x12, 0xa4, 0x42]);

function hasCookie(bytes: Uint8Array): boolean {
  return startsWithCookie(bytes, 4);
}

function startsWithCookie(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x21 && bytes[at + 1] === 0x12 && bytes[at + 2] === 0xa4 && bytes[at + 3] === 0x42;
}
