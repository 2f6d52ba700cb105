/** The map that is never changed, only succeeded: the laws of Map, and that what was keeps being so. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emptyMap, entries, getEntry, mapEntries, type PersistentMap, withEntry } from '../../machines/persistent-map.ts';

const SALT = 0x5eed;
const keys = fc.constantFrom('a', 'b', 'c', 'room', '', '\u0000', 'a'.repeat(64));
const changes = fc.array(fc.tuple(fc.oneof(keys, fc.string()), fc.option(fc.nat(), { nil: undefined })), { maxLength: 60 });

describe('like Map', () => {
  test('after any changes it has the same entries and size', () => {
    fc.assert(
      fc.property(changes, (given) => {
        const model = new Map<string, number>();
        let map = emptyMap<number>(SALT);
        for (const [key, value] of given) {
          map = withEntry(map, key, value);
          if (value === undefined) model.delete(key);
          else model.set(key, value);
          expect(getEntry(map, key)).toBe(value);
          expect(map.size).toBe(model.size);
        }
        expect([...entries(map)].toSorted(byKey)).toEqual([...model].toSorted(byKey));
        for (const [key] of given) expect(getEntry(map, key)).toBe(model.get(key));
      }),
    );
  });

  test('removing what is not there changes no entry', () => {
    const map = withEntry(emptyMap<number>(SALT), 'a', 1);
    expect([...entries(withEntry(map, 'b', undefined))]).toEqual([['a', 1]]);
  });
});

test('a map that was succeeded is as it was', () => {
  fc.assert(
    fc.property(changes, changes, (before, after) => {
      const map = changed(emptyMap(SALT), before);
      const seen = [...entries(map)];
      changed(map, after);
      expect([...entries(map)]).toEqual(seen);
      expect(map.size).toBe(seen.length);
    }),
  );
});

test('a change copies one part in 256 of the map', () => {
  const map = changed(emptyMap(SALT), Array.from({ length: 4096 }, (_, n) => [`room ${n}`, n]));
  const next = withEntry(map, 'one more', 1);
  const shared = map.shards.filter((shard, n) => shard !== undefined && shard === next.shards[n]);
  expect(shared).toHaveLength(255);
  expect(Math.max(...sizes(map))).toBeLessThan(40);
});

test('a map of all entries is that of each, and the same map where nothing changes', () => {
  fc.assert(
    fc.property(changes, fc.integer({ min: 1, max: 5 }), (given, divisor) => {
      const map = changed(emptyMap(SALT), given);
      const change = (value: number): number | undefined => (value % divisor === 0 ? undefined : value - (value % 2));
      const expected = [...entries(map)].flatMap(([key, value]) => (change(value) === undefined ? [] : [[key, change(value)]]));
      const next = mapEntries(map, change);
      expect([...entries(next)]).toEqual(expected);
      expect(next.size).toBe(expected.length);
      expect(mapEntries(map, (value) => value)).toBe(map);
    }),
  );
});

test('keys that crowd one shard under one salt are spread under another', () => {
  const chosen: string[] = [];
  for (let n = 0; chosen.length < 500; n += 1) {
    const key = `room ${n}`;
    if (withEntry(emptyMap<number>(SALT), key, 1).shards[7] !== undefined) chosen.push(key);
  }
  const map = changed(emptyMap(SALT + 1), chosen.map((key) => [key, 1]));
  expect(Math.max(...sizes(map))).toBeLessThan(50);
});

function changed(map: PersistentMap<number>, given: readonly (readonly [string, number | undefined])[]): PersistentMap<number> {
  return given.reduce((before, [key, value]) => withEntry(before, key, value), map);
}

function sizes(map: PersistentMap<number>): number[] {
  return Array.from(map.shards, (shard) => shard?.size ?? 0);
}

function byKey([one]: readonly [string, number], [other]: readonly [string, number]): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
