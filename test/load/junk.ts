/**
 * Datagrams that nobody should send a rendezvous, by kind and number: the same (seed, n) is the same datagram for ever.
 * Pure bytes; whoever sends them paces them.
 */
import { chance } from '../../effects/seed.ts';
import { fingerprintOf } from '../../effects/wire/stun-integrity.ts';
import { REGISTER_SIZE, rendezvousCodec } from '../../machines/udp-punch/codec.ts';

/** `spoofed` is a valid registration of a room of its own, from a sender that never proves its address. */
export const JUNK_KINDS = ['random', 'truncated', 'flipped', 'spoofed'] as const;
export type JunkKind = (typeof JUNK_KINDS)[number];

export function junk(kind: JunkKind, seed: number, n: number): Uint8Array {
  switch (kind) {
    case 'random':
      return noise(Math.floor(chance(seed, n) * REGISTER_SIZE), seed, n);
    case 'truncated':
      return registration(seed, n).subarray(0, Math.floor(chance(seed, n) * REGISTER_SIZE));
    case 'flipped': {
      const bytes = registration(seed, n);
      const bit = Math.floor(chance(seed, n) * REGISTER_SIZE * 8);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      return bytes;
    }
    case 'spoofed':
      return registration(seed, n);
  }
}

/** Each kind in its turn: the nth is `JUNK_KINDS[n % 4]`. */
export function anyJunk(seed: number, n: number): Uint8Array {
  return junk(JUNK_KINDS[n % JUNK_KINDS.length]!, seed, n);
}

const template = rendezvousCodec('the secret of a test').encode({
  type: 'register',
  txid: '0'.repeat(24),
  room: '0'.repeat(64),
  peer: '0'.repeat(16),
  round: 1,
  mapping: 'unknown',
  forecast: { kind: 'unknown' },
  candidates: [{ host: '10.0.0.2', port: 40_000 }],
});

/** By the layout of codec.ts: transaction id at 8, ROOM's value at 24, MEMBER's at 60, FINGERPRINT's at the end. */
function registration(seed: number, n: number): Uint8Array {
  const bytes = template.slice();
  bytes.set(noise(12, seed, n), 8);
  bytes.set(noise(32, seed + 1, n), 24);
  bytes.set(noise(8, seed + 2, n), 60);
  const at = bytes.length - 8;
  new DataView(bytes.buffer).setUint32(at + 4, fingerprintOf(bytes.subarray(0, at)));
  return bytes;
}

function noise(size: number, seed: number, n: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let word = Math.floor(chance(seed, n) * 0x1_0000_0000);
  for (let at = 0; at < size; at += 1) {
    // xorshift32, started at a place of its own for every n.
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    bytes[at] = word;
  }
  return bytes;
}
