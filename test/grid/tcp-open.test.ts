/**
 * NAT × NAT, many seeds: TCP opens exactly where the definitions of RFC 5382 allow it, whether NATs drop an unknown SYN or refuse
 * it, with ports told where they are counted, and nothing is left open.
 */
import { describe, expect, test } from 'vitest';
import { tcpOpen } from '../../machines/tcp-open/index.ts';
import { runs } from '../runs.ts';
import { canMeet, canMeetPlainly, isLeftToChance, PAIRS } from './oracle.ts';
import { play } from './play.ts';

/** UDP's oracle serves for TCP, where mapping and filtering are the same (RFC 5382 REQ-1, REQ-3); but nothing is left to chance. */
const OF_TCP = PAIRS.filter((pair) => !pair.includes('udp-blocked'));

function canOpen(a: string, b: string): boolean {
  return canMeet(a, b) && !isLeftToChance(a, b);
}

test('the definitions allow the 28 ordered pairs that need no prediction, and three more whose ports are counted', () => {
  expect(OF_TCP.filter(([a, b]) => canMeetPlainly(a, b))).toHaveLength(28);
  expect(OF_TCP.filter(([a, b]) => canOpen(a, b) && !canMeetPlainly(a, b))).toEqual([
    ['port-restricted', 'symmetric-seq'],
    ['symmetric-seq', 'port-restricted'],
    ['symmetric-seq', 'symmetric-seq'],
  ]);
});

const refusing = (name: string): string => (name === 'open' ? name : `${name}+rst`);

describe.each([
  ['that drop unknown SYNs', (name: string) => name, 20, runs(25, 4)],
  ['that refuse unknown SYNs', refusing, 20, runs(10, 2)],
  ['that refuse unknown SYNs, without latency', refusing, 0, runs(5, 1)],
] as const)('NATs %s', (_, flavour, latencyMs, seeds) => {
  test.each(OF_TCP)('%s × %s is as the oracle says', (a, b) => {
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
  const allowed = OF_TCP.filter(([a, b]) => canMeetPlainly(a, b));
  const worlds = runs(1_000, 100);
  let both = 0;
  const alone: string[] = [];
  for (let n = 0; n < worlds; n += 1) {
    const [a, b] = allowed[n % allowed.length] ?? ['open', 'open'];
    const played = play(tcpOpen, a, b, { seed: `lossy ${n}`, latencyMs: 20, loss: 0.1, jitterMs: 15, reorder: 0.05, duplicate: 0.02 });
    if (played.both) both += 1;
    if (played.oneSided) alone.push(`${a} × ${b}, seed 'lossy ${n}'`);
  }
  expect(alone).toEqual([]);
  expect(both).toBeGreaterThanOrEqual(0.995 * worlds);
});
