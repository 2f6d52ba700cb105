/**
 * NAT × NAT, many seeds: TCP opens exactly where the definitions of RFC 5382 allow it, whether NATs drop an unknown SYN or refuse
 * it, with ports told where they are counted, and nothing is left open.
 */
import { describe, expect, test } from 'vitest';
import { tcpOpen } from '../../machines/tcp-open/index.ts';
import { IS_FULL } from '../lab/full.ts';
import { runs } from '../runs.ts';
import { canMeetPlainly, canOpen, PAIRS_OF_TCP, refusing } from './oracle.ts';
import { play } from './play.ts';

test('the definitions allow the 28 ordered pairs that need no prediction, and three more whose ports are counted', () => {
  expect(PAIRS_OF_TCP.filter(([a, b]) => canMeetPlainly(a, b))).toHaveLength(28);
  expect(PAIRS_OF_TCP.filter(([a, b]) => canOpen(a, b) && !canMeetPlainly(a, b))).toEqual([
    ['port-restricted', 'symmetric-seq'],
    ['symmetric-seq', 'port-restricted'],
    ['symmetric-seq', 'symmetric-seq'],
  ]);
});

describe.each([
  ['that drop unknown SYNs', (name: string) => name, 20, runs(25, 2)],
  ['that refuse unknown SYNs', refusing, 20, runs(10, 1)],
  ['that refuse unknown SYNs, without latency', refusing, 0, runs(5, 1)],
] as const)('NATs %s', (_, flavour, latencyMs, seeds) => {
  // Without latency a pair that cannot meet is thousands of calls that are refused at once.
  const pairs = PAIRS_OF_TCP.filter(([a, b]) => IS_FULL || latencyMs > 0 || canOpen(a, b));
  test.each(pairs)('%s × %s is as the oracle says', (a, b) => {
    const met = canOpen(a, b);
    const worlds = met ? seeds : runs(2, 1);
    let both = 0;
    for (let seed = 1; seed <= worlds; seed += 1) {
      const played = play(tcpOpen, flavour(a), flavour(b), { seed, latencyMs });
      expect([played.oneSided, played.leaks], `seed ${seed}`).toEqual([false, []]);
      if (played.both) both += 1;
      if (!met) for (const outcome of [played.a, played.b]) expect(outcome).toMatchObject({ kind: 'failed', reason: [a, b].includes('port-restricted') ? 'no-reply' : 'no-path' });
    }
    expect(both).toBe(met ? worlds : 0);
  });
});

test('at 10 % loss with jitter and reordering a pair that needs no prediction opens in 99.5 % of worlds, and never one side alone', { timeout: 120_000 }, () => {
  const allowed = PAIRS_OF_TCP.filter(([a, b]) => canMeetPlainly(a, b));
  const worlds = runs(1_000, 50);
  let both = 0;
  const alone: string[] = [];
  for (let n = 0; n < worlds; n += 1) {
    const [a, b] = allowed[n % allowed.length] ?? ['open', 'open'];
    const played = play(tcpOpen, a, b, { seed: `lossy ${n}`, latencyMs: 20, loss: 0.1, jitterMs: 15, reorder: 0.05, duplicate: 0.02 });
    if (played.both) both += 1;
    if (played.oneSided) alone.push(`${a} × ${b}, seed 'lossy ${n}'`);
  }
  expect(alone).toEqual([]);
  expect(both).toBeGreaterThanOrEqual(Math.floor(0.995 * worlds));
});
