/** What the command line foretells of two NATs, by what each does, is what definitions say of their kinds. */
import { describe, expect, test } from 'vitest';
import { reachOf } from '../../cli/words.ts';
import { canSweep } from '../../machines/n4/prospects.ts';
import { canCall } from '../../machines/pwnat/prospects.ts';
import { canForetell, canMeet } from '../../machines/reach.ts';
import { canMeet as canHole, sideOf } from '../pwnat/oracle.ts';
import * as n4 from './n4-oracle.ts';
import { canMeet as canReach, canOpen, PAIRS, PAIRS_OF_TCP } from './oracle.ts';

describe.each(PAIRS)('%s × %s', (a, b) => {
  const [one, other] = [reachOf(a), reachOf(b)];
  test('by UDP, by sweeps of n4, and by a hole without a server', () => {
    expect([canMeet(one, other), canSweep(one, other), canCall(one, other)]).toEqual([canReach(a, b), n4.canSweep(a, b), canHole(sideOf(a), sideOf(b))]);
  });
});

test.each(PAIRS_OF_TCP)('%s × %s by TCP', (a, b) => {
  expect(canForetell(reachOf(a), reachOf(b))).toBe(canOpen(a, b));
});
