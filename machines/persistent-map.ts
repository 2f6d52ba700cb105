/** A map that is never changed, only succeeded: a context of thousands of entries can be kept pure at the cost of one small copy. */

/** Copying a shard of n/256 entries and a list of 256 is some microseconds at 16,384 entries. */
const SHARDS = 256;

export interface PersistentMap<V> {
  readonly size: number;
  readonly shards: readonly (ReadonlyMap<string, V> | undefined)[];
}

export function emptyMap<V>(): PersistentMap<V> {
  return { size: 0, shards: [] };
}

export function getEntry<V>(map: PersistentMap<V>, key: string): V | undefined {
  return map.shards[shardOf(key)]?.get(key);
}

/** `map` with `value` at `key`, or without `key` where `value` is undefined. */
export function withEntry<V>(map: PersistentMap<V>, key: string, value: V | undefined): PersistentMap<V> {
  const index = shardOf(key);
  const before = map.shards[index];
  const shard = new Map(before);
  if (value === undefined) shard.delete(key);
  else shard.set(key, value);
  const shards = map.shards.slice();
  shards[index] = shard;
  return { size: map.size + shard.size - (before?.size ?? 0), shards };
}

export function* entries<V>(map: PersistentMap<V>): Generator<[string, V]> {
  for (const shard of map.shards) if (shard) yield* shard;
}

function shardOf(key: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < key.length; i += 1) h = Math.imul(h ^ key.charCodeAt(i), 0x01000193);
  return (h ^ (h >>> 15)) & (SHARDS - 1);
}
