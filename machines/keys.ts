/**
 * Keys of what two ends share, by HKDF-SHA256 (RFC 5869). A short secret can be guessed by trying; a long random one cannot.
 * Every protocol has a label of its own, so that one secret used in two gives keys that have nothing in common.
 */
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8 } from '../effects/wire/bytes.ts';

/** 32 bytes for one purpose. `label` is the protocol's, or where the secret is such a key itself, who it is for. */
export function keyFor(secret: string | Uint8Array, label: string, purpose: string): Uint8Array {
  return hkdf(sha256, typeof secret === 'string' ? utf8(secret) : secret, utf8(label), utf8(purpose), 32);
}
