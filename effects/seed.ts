/**
 * Chance as a pure function: the same (seed, label, n) gives the same bytes for ever, and no generator is passed around.
 * `derive` is for identifiers that others must not guess; `chance` is fast, for simulated losses and jitter.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { toHex, utf8 } from './wire/bytes.ts';

/** 32 bytes. Unpredictable to whoever does not know `seed`. */
export function derive(seed: string, label: string, n: number): Uint8Array {
  return sha256(utf8(`${seed}\u0000${label}\u0000${n}`));
}

/** `bytes` bytes of `derive` as hex: of a session, or a transaction. */
export function identifier(seed: string, label: string, n: number, bytes: 8 | 12): string {
  return toHex(derive(seed, label, n).subarray(0, bytes));
}

/** A number in [0, 1). Well spread over `n`; predictable, so never for identifiers. */
export function chance(seed: number, n: number): number {
  let h = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(n + 0x7f4a7c15, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  h ^= h >>> 15;
  return (h >>> 0) / 0x1_0000_0000;
}

/** A 32-bit seed for `chance`, from any seed and a label. FNV-1a. */
export function seedOf(seed: string, label: string): number {
  let h = 0x811c9dc5;
  for (const text of [seed, '\u0000', label]) {
    for (let i = 0; i < text.length; i += 1) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  }
  return h >>> 0;
}
