/**
 * What two ends that share a secret prove it with: HMAC-SHA256, cut to 16 bytes, under a key that is made of the secret for each
 * link. Nothing is encrypted.
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { equalBytes } from '../../effects/wire/bytes.ts';
import { keyFor } from '../keys.ts';

export const TAG = 16;

export interface LinkKeys {
  /** `TAG` bytes that vouch for a message of the link `pair`. */
  tag(pair: string, message: Uint8Array): Uint8Array;
  isTag(pair: string, message: Uint8Array, tag: Uint8Array): boolean;
}

/** A listener's links, and some more; forged ones take no place. */
const CACHE_LIMIT = 512;

type Keyed = ReturnType<typeof hmac.create>;

export function linkKeys(secret: string): LinkKeys {
  const shared = keyFor(secret, 'natpunch pwnat 1', 'links');
  const known = new Map<string, Keyed>();

  const keyed = (pair: string): Keyed => known.get(pair) ?? hmac.create(sha256, keyFor(shared, pair, 'link'));
  const remember = (pair: string, key: Keyed): void => {
    if (known.has(pair)) return;
    if (known.size >= CACHE_LIMIT) known.clear();
    known.set(pair, key);
  };
  const sum = (key: Keyed, message: Uint8Array): Uint8Array => key.clone().update(message).digest().subarray(0, TAG);

  return {
    tag(pair, message) {
      const key = keyed(pair);
      remember(pair, key);
      return sum(key, message);
    },
    isTag(pair, message, tag) {
      const key = keyed(pair);
      const isRight = equalBytes(sum(key, message), tag);
      if (isRight) remember(pair, key);
      return isRight;
    },
  };
}
