/**
 * The recurring layouts of STUN attribute values, from which stun-values.ts makes its table. Each builder takes the
 * attribute's `type` and code and gives the codec of that attribute. Reads nothing but the value's own window.
 * Sources: RFC 8489 §14, RFC 3489 §11.2, RFC 8445 §16.1.
 */
import type { Endpoint } from '../endpoint.ts';
import { DecodeError } from './bytes.ts';
import type { Reader, Writer } from './bytes.ts';
import { readAddress, writeAddress } from './stun-address.ts';
import type { PasswordAlgorithm, StunAttributeOf } from './stun-attributes.ts';
import { isClassic } from './stun-header.ts';

export function plainAddress<T extends string>(type: T, code: number) {
  return {
    code,
    read: (value: Reader) => ({ type, endpoint: readAddress(value) }),
    write: (out: Writer, { endpoint }: { endpoint: Endpoint }) => writeAddress(out, endpoint),
  };
}

export function xorAddress<T extends string>(type: T, code: number) {
  return {
    code,
    read: (value: Reader, message: Uint8Array) => ({ type, endpoint: readAddress(value, message) }),
    write: (out: Writer, { endpoint }: { endpoint: Endpoint }, header: Uint8Array) => writeAddress(out, endpoint, header),
  };
}

export function text<T extends string>(type: T, code: number) {
  return {
    code,
    read: (value: Reader) => ({ type, value: value.utf8(value.remaining) }),
    write: (out: Writer, attribute: { value: string }) => out.utf8(attribute.value),
  };
}

export function octets<T extends string>(type: T, code: number, fits: (size: number) => boolean) {
  return {
    code,
    read: (value: Reader) => {
      if (!fits(value.remaining)) throw new DecodeError(`${value.remaining} bytes of ${type}`, value.offset);
      return { type, value: value.bytes(value.remaining) };
    },
    write: (out: Writer, attribute: { value: Uint8Array }) => {
      if (!fits(attribute.value.length)) throw new RangeError(`${attribute.value.length} bytes of ${type}`);
      out.bytes(attribute.value);
    },
  };
}

export function number<T extends string>(type: T, code: number) {
  return {
    code,
    read: (value: Reader) => ({ type, value: value.u32() }),
    write: (out: Writer, attribute: { value: number }) => out.u32(attribute.value),
  };
}

export function flag<T extends string>(type: T, code: number) {
  return { code, read: () => ({ type }), write: () => undefined };
}

export function tieBreaker<T extends string>(type: T, code: number) {
  return {
    code,
    read: (value: Reader) => ({ type, tieBreaker: (BigInt(value.u32()) << 32n) | BigInt(value.u32()) }),
    write: (out: Writer, attribute: { tieBreaker: bigint }) => {
      if (BigInt.asUintN(64, attribute.tieBreaker) !== attribute.tieBreaker) throw new RangeError(`${attribute.tieBreaker} is not an unsigned 64-bit integer`);
      out.u32(Number(attribute.tieBreaker >> 32n)).u32(Number(attribute.tieBreaker & 0xffffffffn));
    },
  };
}

/** `first`, after skipping the `reserved` bytes behind it. */
export function lead(value: Reader, first: number, reserved: number): number {
  value.skip(reserved);
  return first;
}

/** RFC 8489 §14.8: 21 reserved bits, class(3) of 3 to 6, number(8) of 0 to 99, reason phrase. */
export function readErrorCode(value: Reader, message: Uint8Array): StunAttributeOf<'error-code'> {
  const at = value.offset;
  const word = value.u32();
  const [hundreds, rest] = [(word >> 8) & 7, word & 0xff];
  if (hundreds < 3 || hundreds > 6 || rest > 99) throw new DecodeError(`error class ${hundreds} number ${rest}`, at);
  const reason = value.utf8(value.remaining);
  return { type: 'error-code', code: hundreds * 100 + rest, reason: isClassic(message) ? trimSpaces(reason) : reason };
}

export function writeErrorCode(out: Writer, { code, reason }: StunAttributeOf<'error-code'>, header: Uint8Array): void {
  if (!(Number.isInteger(code) && code >= 300 && code <= 699)) throw new RangeError(`${code} is not an error code of 300 to 699`);
  out.u16(0).u8(Math.floor(code / 100)).u8(code % 100);
  const start = out.length;
  out.utf8(reason);
  // RFC 3489 §11.2.9: the phrase itself is a multiple of 4 bytes long, filled with spaces.
  if (isClassic(header)) out.utf8(' '.repeat((start - out.length) & 3));
}

/** RFC 8489 §14.11, §14.12: algorithm(2) length(2) parameters, padded to 4; the last padding may be left out of the length. */
export function readAlgorithm(value: Reader): PasswordAlgorithm {
  const algorithm = value.u16();
  const size = value.u16();
  const parameters = value.bytes(size);
  value.skip(Math.min(-size & 3, value.remaining));
  return { algorithm, parameters };
}

export function writeAlgorithm(out: Writer, { algorithm, parameters }: PasswordAlgorithm): void {
  out.u16(algorithm).u16(parameters.length).bytes(parameters).zeros(-parameters.length & 3);
}

function trimSpaces(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === ' ') end--;
  return text.slice(0, end);
}
