/** What is thrown while bytes are read, and the one place where that becomes a value. */

/** Received bytes that do not follow their format. The message names the fault and the byte offset it was seen at. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
  /** Bytes from the start of the datagram or text under decoding. */
  readonly offset: number;

  constructor(what: string, offset: number) {
    super(`${what} at byte ${offset}`);
    this.offset = offset;
  }
}

/** What `read` makes of its bytes, or the DecodeError that says why it makes nothing. Whatever else it throws is a bug, and goes on. */
export function readable<T>(read: () => T): T | DecodeError {
  try {
    return read();
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
}
