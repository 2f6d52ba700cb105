/**
 * What is derived from a room's name, by HKDF-SHA256 (RFC 5869): an identifier for the rendezvous, which gives nothing else
 * away, and a key for each pair of sessions. A short name can be guessed by trying; a long random one cannot.
 */
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8 } from '../../effects/wire/bytes.ts';

export interface RoomKeys {
  /** 32 bytes. */
  readonly id: Uint8Array;
  /** 32 bytes: where the two meet for a later attempt, from 1. Nobody else can tell that it belongs to this room. */
  again(attempt: number): Uint8Array;
  /** 32 bytes; the same for both directions, and of no use in any other pair of sessions. */
  sessionKey(one: string, other: string): Uint8Array;
}

/** A peer has one pair; more come only from replayed or forged datagrams, and must not grow the cache. */
const CACHE_LIMIT = 8;

/** `label` keeps the keys of protocols apart. */
export function roomKeys(name: string, label = 'natpunch udp-punch 1'): RoomKeys {
  const secret = utf8(name);
  const derive = (info: string): Uint8Array => hkdf(sha256, secret, utf8(label), utf8(info), 32);
  const peers = derive('peers');
  const known = new Map<string, Uint8Array>();
  return {
    id: derive('room'),
    again: (attempt) => derive(`room again ${attempt}`),
    sessionKey(one, other) {
      const pair = one < other ? one + other : other + one;
      let key = known.get(pair);
      if (!key) {
        key = hkdf(sha256, peers, utf8(pair), utf8('probe'), 32);
        if (known.size >= CACHE_LIMIT) known.clear();
        known.set(pair, key);
      }
      return key;
    },
  };
}
