/** n4 between every two kinds of NAT, against what definitions say of a sweep. */
import { describe, expect, test } from 'vitest';
import { n4 } from '../../machines/n4/index.ts';
import { runs } from '../runs.ts';
import { canSweep } from './n4-oracle.ts';
import { PAIRS } from './oracle.ts';
import { play } from './play.ts';

const SEEDS = runs(5, 2);

test('the definitions add the counting NATs to what plain punching joins, and no random ones', () => {
  expect(canSweep('symmetric-seq', 'symmetric-seq')).toBe(true);
  expect(canSweep('symmetric-seq', 'port-restricted')).toBe(true);
  expect(canSweep('symmetric', 'restricted')).toBe(true);
  expect(canSweep('symmetric', 'port-restricted')).toBe(false);
  expect(canSweep('symmetric', 'symmetric-seq')).toBe(false);
});

describe.each(PAIRS)('%s × %s', (a, b) => {
  const met = canSweep(a, b);
  test(met ? 'meet' : 'do not', () => {
    for (let seed = 1; seed <= (met ? SEEDS : 1); seed += 1) {
      const played = play(n4, a, b, { seed, latencyMs: 20 });
      expect([played.both, played.oneSided, played.leaks]).toEqual([met, false, []]);
      if (met) continue;
      for (const outcome of [played.a, played.b]) expect(outcome).toMatchObject({ kind: 'failed', detail: expect.stringMatching(/^Nothing came from|^Nobody else|^The /) });
    }
  });
});
