/** When a call that failed is repeated: at a moment that both sides share, but after whoever calls us has had their time. */
import { describe, expect, test } from 'vitest';
import { endsVolley, type Retry, retryMs } from '../../machines/tcp-open/timing.ts';
import { OpenBench, PEER } from './open-peer.ts';

/** Round trips of 20 ms to the rendezvous, each side's: 40 ms to the peer, at the most. */
const PATH_MS = 40;

function waitOf(bench: OpenBench): number {
  return Number(/retryDelay in ([\d.]+)/.exec(bench.timers().join(' '))?.[1]);
}

describe('a call', () => {
  test('that was accepted by a listener which did not last waits until all that was said of it has come', () => {
    for (const [rttMs, least] of [[20, PATH_MS], [1, 20]] as const) {
      const bench = new OpenBench().connected().answered(rttMs).answered(rttMs).introduced({ rttMs });
      bench.elapse('startDelay');
      bench.connected('c1/0', PEER).failed('c1/0', 'reset');
      expect([bench.asked, bench.rounds]).toEqual([[], 'pausing']);
      expect(waitOf(bench)).toBeGreaterThanOrEqual(least);
    }
  });

  test('that finds its ends in use leaves the listener to whoever is calling, for three round trips', () => {
    const bench = new OpenBench().punching().failed('c1/0', 'address-in-use');
    expect([bench.asked, bench.rounds]).toEqual([[], 'pausing']);
    expect(waitOf(bench)).toBeGreaterThanOrEqual(3 * PATH_MS);
    expect(waitOf(new OpenBench().punching().failed('c1/0', 'unreachable'))).toBeLessThan(2 * PATH_MS);
  });
});

describe('the moment of the next volley', () => {
  const RETRY: Retry = { sinceStartMs: 103, rttMs: PATH_MS, failure: 'other' };
  const waits = (retry: Retry): readonly number[] => Array.from({ length: 1_000 }, (_, round) => retryMs(1, round, retry));

  test('is the same for both sides, three times in four, and any other else', () => {
    const common = waits(RETRY).filter((ms) => ms === 144 - 103);
    expect(common.length / 1_000).toBeCloseTo(0.75, 1);
    expect(new Set(waits(RETRY)).size).toBeGreaterThan(200);
  });

  test('never comes before a round trip is over, nor much later', () => {
    for (const [failure, restMs] of [['other', PATH_MS], ['cut-off', PATH_MS], ['called', 3 * PATH_MS + 20]] as const) {
      const all = waits({ ...RETRY, failure });
      expect([Math.min(...all) >= restMs, Math.max(...all) <= restMs + 8]).toEqual([true, true]);
    }
  });

  test('comes less often on the shortest lines, once the first second is over', () => {
    const mean = (sinceStartMs: number): number => waits({ ...RETRY, rttMs: 1, sinceStartMs }).reduce((sum, ms) => sum + ms, 0) / 1_000;
    expect([mean(103) < 8, mean(1_103) > 16]).toEqual([true, true]);
  });
});

test('a volley is of four calls, and of sixteen on the shortest lines', () => {
  const ends = (rttMs: number): readonly number[] => Array.from({ length: 32 }, (_, n) => n + 1).filter((round) => endsVolley(round, rttMs));
  expect([ends(PATH_MS), ends(1)]).toEqual([[4, 8, 12, 16, 20, 24, 28, 32], [16, 32]]);
});
