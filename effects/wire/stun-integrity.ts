/**
 * The three attributes that vouch for the bytes in front of them: MESSAGE-INTEGRITY (0x0008, HMAC-SHA1, 20 bytes),
 * MESSAGE-INTEGRITY-SHA256 (0x001C, 32 bytes), FINGERPRINT (0x8028, CRC-32 XOR 0x5354554E). RFC 8489 §14.5 to §14.7,
 * keys §9.2.2; classic form RFC 3489 §11.2.8. Never changes the bytes it checks and never throws on them.
 */
import { hmac } from '@noble/hashes/hmac.js';
import { md5, sha1 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import crc32 from 'crc-32';
import { equalBytes, utf8 } from './bytes.ts';
import { headerSize, isClassic } from './stun-header.ts';

export type IntegrityAlgorithm = 'sha1' | 'sha256';

/**
 * Whether the MESSAGE-INTEGRITY ('sha1') or -SHA256 ('sha256') of a whole message was made with `key`. False when there
 * is none, when the message is malformed, and for a SHA-256 cut below 32 bytes, since no usage here allows that.
 * Compares in constant time. Attributes behind it are not covered; decodeStun leaves those out.
 */
export function verifyIntegrity(bytes: Uint8Array, key: Uint8Array, algorithm: IntegrityAlgorithm): boolean {
  const { code, size } = INTEGRITY[algorithm];
  const at = locate(bytes, code);
  if (at === undefined || u16(bytes, at + 2) !== size) return false;
  return equalBytes(integrityOf(bytes.subarray(0, at), key, algorithm), bytes.subarray(at + 4, at + 4 + size));
}

/** Whether a whole message ends with a FINGERPRINT that is right. False when there is none or the message is malformed. */
export function verifyFingerprint(bytes: Uint8Array): boolean {
  const at = locate(bytes, FINGERPRINT);
  if (at === undefined || at + 8 !== bytes.length || u16(bytes, at + 2) !== 4) return false;
  return fingerprintOf(bytes.subarray(0, at)) === (u16(bytes, at + 4) * 0x10000 + u16(bytes, at + 6));
}

/**
 * The long-term credential key: MD5 (16 bytes) or SHA-256 (32 bytes) of `username:realm:password` in UTF-8, RFC 8489
 * §9.2.2. The three are taken as they stand: pass them after OpaqueString (RFC 8265) or SASLprep where that matters.
 */
export function longTermKey(username: string, realm: string, password: string, algorithm: 'md5' | 'sha256' = 'md5'): Uint8Array {
  const text = utf8(`${username}:${realm}:${password}`);
  return algorithm === 'md5' ? md5(text) : sha256(text);
}

/** The value of USERHASH: SHA-256 of `username:realm`, RFC 8489 §14.4. */
export function userHash(username: string, realm: string): Uint8Array {
  return sha256(utf8(`${username}:${realm}`));
}

/**
 * The HMAC over `preceding`, a message up to but not with its integrity attribute, as if that attribute were the last:
 * the length field of `preceding` is ignored and counted anew. In the classic form zeros fill up to a multiple of 64.
 */
export function integrityOf(preceding: Uint8Array, key: Uint8Array, algorithm: IntegrityAlgorithm): Uint8Array {
  const length = preceding.length - headerSize + 4 + INTEGRITY[algorithm].size;
  // Not slice: on a Buffer that would share memory with the message.
  const header = new Uint8Array(preceding.subarray(0, headerSize));
  header[2] = length >> 8;
  header[3] = length;
  const mac = keyed(key, algorithm).clone().update(header).update(preceding.subarray(headerSize));
  if (isClassic(preceding)) mac.update(new Uint8Array(-preceding.length & 63));
  return mac.digest();
}

/** The value of FINGERPRINT behind `preceding`, whose length field must already count those 8 bytes. */
export function fingerprintOf(preceding: Uint8Array): number {
  return (crc32.buf(preceding) ^ 0x5354554e) >>> 0;
}

/** Where an attribute stands among the closing three: 1, 2, 3 in their order, 0 for any other code. */
export function closingRank(code: number): 0 | 1 | 2 | 3 {
  return code === INTEGRITY.sha1.code ? 1 : code === INTEGRITY.sha256.code ? 2 : code === FINGERPRINT ? 3 : 0;
}

const INTEGRITY = {
  sha1: { code: 0x0008, size: 20, hash: sha1 },
  sha256: { code: 0x001c, size: 32, hash: sha256 },
} as const;
const FINGERPRINT = 0x8028;

interface Keyed {
  /** What the key was then: an array reused for another key must not be taken for the first. */
  readonly key: Uint8Array;
  readonly mac: ReturnType<typeof hmac.create>;
}

const keyedBy = { sha1: new WeakMap<Uint8Array, Keyed>(), sha256: new WeakMap<Uint8Array, Keyed>() };

/** An HMAC that has taken in `key`, to be cloned. Kept as long as the key's array: this is 40 % of the work for a short message. */
function keyed(key: Uint8Array, algorithm: IntegrityAlgorithm): Keyed['mac'] {
  const known = keyedBy[algorithm].get(key);
  if (known && equalBytes(known.key, key)) return known.mac;
  const mac = hmac.create(INTEGRITY[algorithm].hash, key);
  keyedBy[algorithm].set(key, { key: new Uint8Array(key), mac });
  return mac;
}

/** Offset of the attribute `code`, one of the closing three, that counts: by the same rules as decodeStun. */
function locate(bytes: Uint8Array, code: number): number | undefined {
  if (bytes.length < headerSize || u16(bytes, 2) !== bytes.length - headerSize) return undefined;
  const wanted = closingRank(code);
  let at = headerSize;
  while (at + 4 <= bytes.length) {
    const size = u16(bytes, at + 2);
    if (at + 4 + size > bytes.length) return undefined;
    const rank = closingRank(u16(bytes, at));
    if (rank === wanted) return at;
    if (rank > wanted) return undefined;
    at += 4 + size + (-size & 3);
  }
  return undefined;
}

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}
