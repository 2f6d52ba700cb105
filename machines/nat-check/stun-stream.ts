/**
 * STUN messages in a TCP stream: one after the other, told apart by their length fields (RFC 8489 §6.2.2). What is left is at
 * most the beginning of one message. Gives up on a stream that is not STUN, or wants more of the server than a request needs.
 */
import type { Framing } from '../../effects/codec.ts';
import { headerSize, isStun } from '../../effects/wire/stun-header.ts';

/** A request with a padding of 1500 bytes and room for credentials; a guess. */
export const STREAM_MESSAGE_LIMIT = 2048;

/**
 * Messages in one piece, which are all answered before anybody else is. A client asks for one thing at a time, and again after
 * an answer; a guess. A whole read of 64 KiB would be 3,000 requests.
 */
export const STREAM_MESSAGES = 32;

/** Undefined for what can never become STUN, or is a flood of it: the stream is over. */
export const cutStun: Framing = (bytes) => {
  const frames: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const next = bytes.subarray(at);
    if (!canBegin(next)) return undefined;
    const size = next.length < headerSize ? Infinity : headerSize + lengthOf(next);
    if (size > next.length) break;
    frames.push(next.subarray(0, size));
    if (frames.length > STREAM_MESSAGES) return undefined;
    at += size;
  }
  return { frames, rest: bytes.subarray(at) };
};

/** Whether these first bytes are those of a header, as far as they go. RFC 3489 had no Binding over TCP, so there is a cookie. */
function canBegin(bytes: Uint8Array): boolean {
  if (bytes.length >= headerSize && !isStun(bytes)) return false;
  if (bytes[0]! > 3 || COOKIE.some((byte, n) => n + 4 < bytes.length && bytes[n + 4] !== byte)) return false;
  return bytes.length < 4 || (lengthOf(bytes) % 4 === 0 && headerSize + lengthOf(bytes) <= STREAM_MESSAGE_LIMIT);
}

function lengthOf(bytes: Uint8Array): number {
  return (bytes[2]! << 8) | bytes[3]!;
}

const COOKIE = [0x21, 0x12, 0xa4, 0x42];

/** Begins no STUN message: the two highest bits of one are zero. */
export const NOT_STUN = new Uint8Array([0xff]);
