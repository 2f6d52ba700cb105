/** A map that is never changed, only succeeded: a context of thousands of entries can be kept pure at the cost of one small copy. */

/** Copying a shard of n/256 entries and a list of 256 is some microseconds at 16,384 entries. */
const SHARDS = 256;

export interface PersistentMap<V> {
  readonly size: number;
  readonly shards: readonly (ReadonlyMap<string, V> | undefined)[];
  /** Decides which key goes where, so that nobody outside can choose keys that crowd one shard. */
  readonly salt: number;
}

/** `salt` is 32 bits that outsiders do not know. */
export function emptyMap<V>(salt: number): PersistentMap<V> {
  return { size: 0, shards: [], salt };
}

export function getEntry<V>(map: PersistentMap<V>, key: string): V | undefined {
  return map.shards[shardOf(map, key)]?.get(key);
}

/** `map` with `value` at `key`, or without `key` where `value` is undefined. */
export function withEntry<V>(map: PersistentMap<V>, key: string, value: V | undefined): PersistentMap<V> {
  const index = shardOf(map, key);
  const before = map.shards[index];
  const shard = new Map(before);
  if (value === undefined) shard.delete(key);
  else shard.set(key, value);
  const shards = map.shards.slice();
  shards[index] = shard;
  return { ...map, size: map.size + shard.size - (before?.size ?? 0), shards };
}

/** `map` with what `change` makes of each value; undefined takes it out. What does not change is not copied. */
export function mapEntries<V>(map: PersistentMap<V>, change: (value: V, key: string) => V | undefined): PersistentMap<V> {
  let size = 0;
  const shards = map.shards.map((before) => {
    const after = before && changed(before, change);
    size += after?.size ?? 0;
    return after;
  });
  return shards.every((shard, index) => shard === map.shards[index]) ? map : { ...map, size, shards };
}

export function* entries<V>(map: PersistentMap<V>): Generator<[string, V]> {
  for (const shard of map.shards) if (shard) yield* shard;
}

function changed<V>(before: ReadonlyMap<string, V>, change: (value: V, key: string) => V | undefined): ReadonlyMap<string, V> {
  const after = new Map<string, V>();
  let isSame = true;
  for (const [key, value] of before) {
    const next = change(value, key);
    if (next !== value) isSame = false;
    if (next !== undefined) after.set(key, next);
  }
  return isSame ? before : after;
}

/** Every character stirs all bits, so that without the salt no two keys are known to fall together. */
function shardOf({ salt }: { readonly salt: number }, key: string): number {
  let h = salt | 0;
  for (let i = 0; i < key.length; i += 1) {
    h = Math.imul(h ^ key.charCodeAt(i), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 15), 0xc2b2ae35);
    h ^= h >>> 13;
  }
  return h & (SHARDS - 1);
}
