/**
 * What is derived from a room's name: an identifier for the rendezvous, which gives nothing else away, and a key for each pair
 * of sessions.
 */
import { keyFor } from '../keys.ts';

/** The room of recordings: its name is public, so that a log shows nothing of the real one and yet refolds. */
export const PUBLIC_ROOM = 'natpunch-log';

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
export function roomKeys(name: string, label: string): RoomKeys {
  const peers = keyFor(name, label, 'peers');
  const known = new Map<string, Uint8Array>();
  return {
    id: keyFor(name, label, 'room'),
    again: (attempt) => keyFor(name, label, `room again ${attempt}`),
    sessionKey(one, other) {
      const pair = one < other ? one + other : other + one;
      let key = known.get(pair);
      if (!key) {
        key = keyFor(peers, pair, 'probe');
        if (known.size >= CACHE_LIMIT) known.clear();
        known.set(pair, key);
      }
      return key;
    },
  };
}
