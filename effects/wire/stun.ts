/**
 * STUN messages, both ways: RFC 8489 with its RFC 5389 subset, and the classic RFC 3489 form. One datagram is one message.
 * Layout: header (stun-header.ts), then attributes, each type(2) length(2) value, filled up to a multiple of 4 bytes.
 * Decoding checks form only, never integrity or fingerprint: ask verifyIntegrity and verifyFingerprint with the bytes.
 */
import { DecodeError, Reader, Writer } from './bytes.ts';
import type { StunAttribute, StunAttributeOf, StunAttributeType } from './stun-attributes.ts';
import { headerBytes, headerSize, readHeader } from './stun-header.ts';
import type { StunHeader } from './stun-header.ts';
import { closingRank, fingerprintOf, integrityOf } from './stun-integrity.ts';
import type { IntegrityAlgorithm } from './stun-integrity.ts';
import { readValue, writeAttribute } from './stun-values.ts';

export type { StunAttribute, StunAttributeOf, StunAttributeType } from './stun-attributes.ts';
export { isStun, stunMethod } from './stun-header.ts';
export type { StunClass } from './stun-header.ts';
export { longTermKey, userHash, verifyFingerprint, verifyIntegrity } from './stun-integrity.ts';
export type { IntegrityAlgorithm } from './stun-integrity.ts';

export interface StunMessage extends StunHeader {
  readonly attributes: readonly StunAttribute[];
}

export interface StunIntegrity {
  readonly key: Uint8Array;
  readonly algorithm: IntegrityAlgorithm;
}

export interface StunEncodeOptions {
  /** Keys for MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256 or, in either order, both. */
  readonly integrity?: StunIntegrity | readonly StunIntegrity[];
  readonly fingerprint?: boolean;
}

/**
 * The bytes of a message. MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256 and FINGERPRINT always close it, in that order.
 * Those three in `attributes` are written as they stand, but dropped as stale where `options` has integrity or, for the
 * fingerprint, any of the two made anew. RangeError for a value that does not fit its field and a body over 65532 bytes.
 */
export function encodeStun(message: StunMessage, options: StunEncodeOptions = {}): Uint8Array {
  const signers = byAlgorithm(options.integrity);
  const kept: Closing = {};
  const header = headerBytes(message);
  const out = new Writer();
  out.bytes(header);
  for (const one of message.attributes) {
    if (!keepClosing(kept, one)) writeAttribute(out, one, header);
  }
  for (const [algorithm, type] of INTEGRITY_TYPES) {
    const key = signers.get(algorithm);
    const closing = key ? ({ type, value: integrityOf(out.written(), key, algorithm) } as const) : signers.size === 0 ? kept[type] : undefined;
    if (closing) writeAttribute(out, closing, header);
  }
  if (options.fingerprint) {
    setLength(out, out.length - headerSize + 8);
    writeAttribute(out, { type: 'fingerprint', value: fingerprintOf(out.written()) }, header);
  } else if (kept.fingerprint && signers.size === 0) {
    writeAttribute(out, kept.fingerprint, header);
  }
  setLength(out, out.length - headerSize);
  return out.finish();
}

/**
 * The message that a whole datagram is. Throws only DecodeError: length field not that of the datagram or not a multiple
 * of 4, attribute beyond the body, value of a wrong size or content, anything behind FINGERPRINT. What follows an
 * integrity attribute is left out unless it is one of the closing three in their order (RFC 8489 §14.5, §14.6), since
 * no key vouches for it. Of attributes that occur twice all are kept and the first counts; see `attribute`.
 * The id and byte values are views of `bytes`.
 */
export function decodeStun(bytes: Uint8Array): StunMessage {
  const reader = new Reader(bytes);
  const { class: kind, method, transactionId } = readHeader(reader);
  const attributes: StunAttribute[] = [];
  let closed = 0;
  while (reader.remaining > 0) {
    if (closed === 3) throw new DecodeError('attribute behind FINGERPRINT', reader.offset);
    const code = reader.u16();
    const size = reader.u16();
    const value = reader.window(size);
    reader.skip(-size & 3);
    const rank = closingRank(code);
    if (closed > 0 && rank <= closed) continue;
    closed = rank;
    attributes.push(readValue(code, value, bytes));
  }
  return { class: kind, method, transactionId, attributes };
}

/** The first attribute of this type, the one that counts (RFC 8489 §14). */
export function attribute<T extends StunAttributeType>(message: StunMessage, type: T): StunAttributeOf<T> | undefined {
  for (const one of message.attributes) {
    if (isOfType(one, type)) return one;
  }
  return undefined;
}

/** The value of the first attribute with a code that has no type of its own, such as a private one of 0xC000 and up. */
export function unknownAttribute(message: StunMessage, code: number): Uint8Array | undefined {
  for (const one of message.attributes) {
    if (one.type === 'unknown' && one.code === code) return one.value;
  }
  return undefined;
}

/** The codes, once each, that the receiver was required to know (below 0x8000) and does not: for error 420. */
export function unknownRequired(message: StunMessage): number[] {
  const codes = new Set<number>();
  for (const one of message.attributes) {
    if (one.type === 'unknown' && one.code < 0x8000) codes.add(one.code);
  }
  return [...codes];
}

type Closing = { [T in 'message-integrity' | 'message-integrity-sha256' | 'fingerprint']?: StunAttributeOf<T> };

const INTEGRITY_TYPES = [
  ['sha1', 'message-integrity'],
  ['sha256', 'message-integrity-sha256'],
] as const;

function byAlgorithm(integrity: StunEncodeOptions['integrity']): ReadonlyMap<IntegrityAlgorithm, Uint8Array> {
  if (!integrity) return NO_SIGNERS;
  const keys = new Map<IntegrityAlgorithm, Uint8Array>();
  for (const { key, algorithm } of 'algorithm' in integrity ? [integrity] : integrity) {
    if (keys.has(algorithm)) throw new RangeError(`two keys for ${algorithm}`);
    keys.set(algorithm, key);
  }
  return keys;
}

const NO_SIGNERS: ReadonlyMap<IntegrityAlgorithm, Uint8Array> = new Map();

/** Whether `one` is of the closing three; the first of each is then in `kept`. */
function keepClosing(kept: Closing, one: StunAttribute): boolean {
  if (one.type === 'message-integrity') kept[one.type] ??= one;
  else if (one.type === 'message-integrity-sha256') kept[one.type] ??= one;
  else if (one.type === 'fingerprint') kept[one.type] ??= one;
  else return false;
  return true;
}

function setLength(out: Writer, length: number): void {
  if (length > 0xffff) throw new RangeError(`a STUN body of ${length} bytes`);
  out.setU16(2, length);
}

function isOfType<T extends StunAttributeType>(one: StunAttribute, type: T): one is StunAttributeOf<T> {
  return one.type === type;
}
