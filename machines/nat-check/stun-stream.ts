/**
 * STUN messages in a TCP stream: one after the other, told apart by their length fields (RFC 8489 §6.2.2). Keeps at most the
 * beginning of one message, and gives up on a stream that is not STUN or wants more memory than a request needs.
 */
import { concatBytes } from '../../effects/wire/bytes.ts';
import { headerSize, isStun } from '../../effects/wire/stun-header.ts';

export interface Split {
  /** Whole messages, in their order. Views of what was given. */
  readonly messages: readonly Uint8Array[];
  /** The beginning of the next message; memory of its own. */
  readonly rest: Uint8Array;
}

/** A request with a padding of 1500 bytes and room for credentials; a guess. */
export const STREAM_MESSAGE_LIMIT = 2048;

/** What `rest`, of the last call, and then `data` amount to. Undefined for what can never become STUN: the stream is over. */
export function splitStream(rest: Uint8Array, data: Uint8Array): Split | undefined {
  const bytes = rest.length === 0 ? data : concatBytes(rest, data);
  const messages: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const next = bytes.subarray(at);
    if (!canBegin(next)) return undefined;
    const size = next.length < headerSize ? Infinity : headerSize + lengthOf(next);
    if (size > next.length) break;
    messages.push(next.subarray(0, size));
    at += size;
  }
  return { messages, rest: new Uint8Array(bytes.subarray(at)) };
}

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
