/**
 * NAT × NAT, many seeds: TCP opens exactly where the definitions of RFC 5382 allow it, whether NATs drop an unknown SYN or refuse
 * it, with ports told where they are counted, and nothing is left open.
 */
import { describe, expect, test } from 'vitest';
import { tcpOpen } from '../../machines/tcp-open/index.ts';
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
  ['that drop unknown SYNs', (name: string) => name, 20, 25],
  ['that refuse unknown SYNs', refusing, 20, 10],
  ['that refuse unknown SYNs, without latency', refusing, 0, 5],
] as const)('NATs %s', (_, flavour, latencyMs, seeds) => {
  test.each(PAIRS_OF_TCP)('%s × %s is as the oracle says', (a, b) => {
    const met = canOpen(a, b);
    const runs = met ? seeds : 2;
    let both = 0;
    for (let seed = 1; seed <= runs; seed += 1) {
      const played = play(tcpOpen, flavour(a), flavour(b), { seed, latencyMs });
      expect([played.oneSided, played.leaks], `seed ${seed}`).toEqual([false, []]);
      if (played.both) both += 1;
      if (!met) for (const outcome of [played.a, played.b]) expect(outcome).toMatchObject({ kind: 'failed', reason: [a, b].includes('port-restricted') ? 'no-reply' : 'no-path' });
    }
    expect(both).toBe(met ? runs : 0);
  });
});

test('at 10 % loss with jitter and reordering a pair that needs no prediction opens in 995 of 1,000 worlds, and never one side alone', { timeout: 30_000 }, () => {
  const allowed = PAIRS_OF_TCP.filter(([a, b]) => canMeetPlainly(a, b));
  let both = 0;
  const alone: string[] = [];
  for (let n = 0; n < 1_000; n += 1) {
    const [a, b] = allowed[n % allowed.length] ?? ['open', 'open'];
    const played = play(tcpOpen, a, b, { seed: `lossy ${n}`, latencyMs: 20, loss: 0.1, jitterMs: 15, reorder: 0.05, duplicate: 0.02 });
    if (played.both) both += 1;
    if (played.oneSided) alone.push(`${a} × ${b}, seed 'lossy ${n}'`);
  }
  expect(alone).toEqual([]);
  expect(both).toBeGreaterThanOrEqual(995);
});
