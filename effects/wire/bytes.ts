/**
 * Big-endian bytes in and out: what every wire codec here reads and writes through.
 * A Reader never reads outside its window and never copies; a Writer never truncates a number silently.
 * Runs anywhere: only typed arrays and TextEncoder/TextDecoder, no `node:` module and no Buffer.
 */

import { DecodeError } from './decode-error.ts';

export { DecodeError, readable } from './decode-error.ts';

/**
 * Reads `source` from `start` (inclusive) to `end` (exclusive), forwards. Offsets are those of `source`, so that an
 * error inside a window still names the place in the whole datagram. Every read past `end` throws DecodeError.
 */
export class Reader {
  readonly #source: Uint8Array;
  readonly #end: number;
  #offset: number;

  /** Throws RangeError when `start` to `end` is not inside `source`. */
  constructor(source: Uint8Array, start = 0, end: number = source.length) {
    if (!(start >= 0 && start <= end && end <= source.length)) throw new RangeError(`no window ${start}..${end} in ${source.length} bytes`);
    this.#source = source;
    this.#offset = start;
    this.#end = end;
  }

  /** Where the next read starts, in bytes of the whole source. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes left in this window. */
  get remaining(): number {
    return this.#end - this.#offset;
  }

  u8(): number {
    return this.#source[this.#advance(1)]!;
  }

  u16(): number {
    const at = this.#advance(2);
    return (this.#source[at]! << 8) | this.#source[at + 1]!;
  }

  u32(): number {
    const at = this.#advance(4);
    const source = this.#source;
    return ((source[at]! << 24) | (source[at + 1]! << 16) | (source[at + 2]! << 8) | source[at + 3]!) >>> 0;
  }

  /** The next `count` bytes as a view: it shares memory with the source. Always a plain Uint8Array. */
  bytes(count: number): Uint8Array {
    const at = this.#advance(count);
    return new Uint8Array(this.#source.buffer, this.#source.byteOffset + at, count);
  }

  /** The next `count` bytes as UTF-8 text; DecodeError when they are not well-formed. */
  utf8(count: number): string {
    const at = this.#advance(count);
    return decodeText(this.#source, at, at + count);
  }

  skip(count: number): void {
    this.#advance(count);
  }

  /** A Reader over just the next `count` bytes, which this one thereby skips. */
  window(count: number): Reader {
    const at = this.#advance(count);
    return new Reader(this.#source, at, at + count);
  }

  #advance(count: number): number {
    const at = this.#offset;
    if (!(count >= 0 && count <= this.#end - at)) throw new DecodeError(`${count} bytes wanted, ${this.#end - at} left`, at);
    this.#offset = at + count;
    return at;
  }
}

/** Collects bytes in a buffer that grows by itself. A value that does not fit its field is a RangeError. */
export class Writer {
  #buffer: Uint8Array;
  #length = 0;

  /** `capacity` in bytes is only a first guess. */
  constructor(capacity = 256) {
    this.#buffer = new Uint8Array(capacity);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    if ((value & 0xff) !== value) throw unfit(value, 8);
    const at = this.#claim(1);
    this.#buffer[at] = value;
    return this;
  }

  u16(value: number): this {
    this.setU16(this.#claim(2), value);
    return this;
  }

  u32(value: number): this {
    if (value >>> 0 !== value) throw unfit(value, 32);
    return this.u16(value >>> 16).u16(value & 0xffff);
  }

  bytes(value: Uint8Array): this {
    const at = this.#claim(value.length);
    this.#buffer.set(value, at);
    return this;
  }

  zeros(count: number): this {
    if (!(Number.isSafeInteger(count) && count >= 0)) throw new RangeError(`${count} zero bytes`);
    const at = this.#claim(count);
    this.#buffer.fill(0, at, at + count);
    return this;
  }

  /** Text as UTF-8, without a length or terminator. A lone surrogate becomes U+FFFD. */
  utf8(text: string): this {
    const start = this.#claim(text.length);
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) {
        this.#length = start;
        return this.bytes(utf8(text));
      }
      this.#buffer[start + index] = unit;
    }
    return this;
  }

  /** Overwrites the two bytes at `offset`, which must have been written already. */
  setU16(offset: number, value: number): void {
    if ((value & 0xffff) !== value) throw unfit(value, 16);
    if (!(offset >= 0 && offset + 2 <= this.#length)) throw new RangeError(`no 16-bit field at byte ${offset} of ${this.#length}`);
    this.#buffer[offset] = value >>> 8;
    this.#buffer[offset + 1] = value;
  }

  /** A view of what is written so far, good until the next write. */
  written(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Hands over what was written, uncopied, and leaves this Writer empty. */
  finish(): Uint8Array {
    const result = this.written();
    this.#buffer = new Uint8Array(0);
    this.#length = 0;
    return result;
  }

  #claim(count: number): number {
    const at = this.#length;
    if (at + count > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(at + count, this.#buffer.length * 2, 64));
      grown.set(this.written());
      this.#buffer = grown;
    }
    this.#length = at + count;
    return at;
  }
}

/** Lower-case hex, two digits a byte, no separators. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX[byte >> 4]! + HEX[byte & 15]!;
  return text;
}

/** The bytes that `text` spells, either case; undefined when it has an odd length or anything but hex digits. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let index = 0; index < text.length; index++) {
    const digit = HEX.indexOf(text[index]!.toLowerCase());
    if (digit < 0) return undefined;
    bytes[index >> 1] = (bytes[index >> 1]! << 4) | digit;
  }
  return bytes;
}

/** Same length and content. Takes the same time wherever two contents of one length differ, so it may compare secrets. */
export function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  let difference = 0;
  for (let index = 0; index < one.length; index++) difference |= one[index]! ^ other[index]!;
  return difference === 0;
}

/** All `parts` in one new array. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Writer(parts.reduce((length, part) => length + part.length, 0));
  for (const part of parts) out.bytes(part);
  return out.finish();
}

/** `text` in UTF-8. A lone surrogate becomes U+FFFD. */
export function utf8(text: string): Uint8Array {
  return ENCODER.encode(text);
}

/** The text that `bytes` hold; a leading U+FEFF is kept. DecodeError when they are not well-formed UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  return decodeText(bytes, 0, bytes.length);
}

const HEX = '0123456789abcdef';
const ENCODER = new TextEncoder();
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Above this many bytes TextDecoder beats building ASCII by hand. */
const SHORT_TEXT = 48;

function decodeText(source: Uint8Array, start: number, end: number): string {
  if (end - start <= SHORT_TEXT) {
    let [text, at] = ['', start];
    for (; at < end && source[at]! < 0x80; at++) text += String.fromCharCode(source[at]!);
    if (at === end) return text;
  }
  try {
    return DECODER.decode(source.subarray(start, end));
  } catch {
    throw new DecodeError('malformed UTF-8 in the text', start);
  }
}

function unfit(value: number, bits: number): RangeError {
  return new RangeError(`${value} is not an unsigned ${bits}-bit integer`);
}
