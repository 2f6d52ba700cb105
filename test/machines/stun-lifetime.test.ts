/** The search for a mapping's lifetime finds it, whatever it is, within what it promises to know. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isOver, newSearch, sampleOf, tried } from '../../machines/nat-check/stun-lifetime.ts';

const MAX_MS = 600_000;

/** Asks a mapping that lives so long until nothing is left to ask. */
function searched(lifetimeMs: number, maxMs = MAX_MS): ReturnType<typeof sampleOf> {
  let search = newSearch(maxMs);
  for (let asked = 0; !isOver(search); asked += 1) {
    expect(asked).toBeLessThan(100);
    search = tried(search, (search.ages[search.turn] ?? 0) < lifetimeMs);
  }
  return sampleOf(search);
}

test('a lifetime is between what lived and what did not, a twentieth or a second apart', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: MAX_MS }), (lifetimeMs) => {
      const { aliveMs = 0, deadMs = 0, trouble } = searched(lifetimeMs);
      expect(trouble).toBeUndefined();
      expect(aliveMs).toBeLessThan(lifetimeMs);
      expect(deadMs).toBeGreaterThanOrEqual(lifetimeMs);
      expect(deadMs - aliveMs).toBeLessThanOrEqual(Math.max(1_000, 0.05 * deadMs));
    }),
    { seed: 1 },
  );
});

test('one that outlives the search has no end', () => {
  expect(searched(Infinity)).toEqual({ aliveMs: MAX_MS, deadMs: undefined, trouble: undefined });
});

test('a server that does not answer to another port at once tells nothing of lifetimes', () => {
  expect(searched(0)).toMatchObject({ aliveMs: undefined, deadMs: undefined, trouble: expect.stringContaining('RESPONSE-PORT') });
});

test('a search for no time at all knows only that it is answered', () => {
  expect(searched(Infinity, 0)).toEqual({ aliveMs: undefined, deadMs: undefined, trouble: undefined });
});
