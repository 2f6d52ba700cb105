/** Both sides' plans from the same two forecasts: that they fit together, keep to their budget, and obey no hostile word. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Forecast } from '../../machines/port-forecast.ts';
import { planFor, planKind, type Plan, type Sweep, SWEEP_BUDGET } from '../../machines/port-strategy.ts';
import { anyForecast } from './punch-messages.ts';
import { COUNTING, RANDOM, STEADY } from './punch-peer.ts';

const UNKNOWN: Forecast = { kind: 'unknown' };
const busy = (perSecond: number, step = 1): Forecast => ({ kind: 'counting', step, perSecond, rttMs: 40 });
const HERE = { port: 20_000, ageMs: 0 };

/** Forecasts as honest sides make them. */
const counting = fc.record({ kind: fc.constant('counting' as const), step: fc.constantFrom(-2, -1, 1, 2), perSecond: fc.nat(1_500), rttMs: fc.integer({ min: 0, max: 150 }) });

function sweepOf(plan: Plan): Sweep {
  if (plan.kind === 'plain' || plan.kind === 'hopeless') return expect.fail(`a plan that is ${plan.kind}`);
  return plan;
}

describe('the kind of plan', () => {
  test.each([
    [UNKNOWN, UNKNOWN, 'plain'], [UNKNOWN, COUNTING, 'plain'], [STEADY, UNKNOWN, 'plain'], [STEADY, STEADY, 'plain'],
    [COUNTING, STEADY, 'aimed'], [COUNTING, COUNTING, 'aimed'], [RANDOM, STEADY, 'birthday'], [RANDOM, RANDOM, 'hopeless'], [RANDOM, COUNTING, 'hopeless'],
  ] as const)('%j and %j: %s, whichever is ours', (one, other, kind) => {
    expect([planKind(one, other), planKind(other, one)]).toEqual([kind, kind]);
  });

  test('is that of the plan, for any two forecasts', () => {
    fc.assert(fc.property(anyForecast, anyForecast, fc.nat(65_535), (self, peer, port) => {
      expect(planFor(self, peer, { port, ageMs: 0 }, 'seed').kind).toBe(planKind(self, peer));
      expect(planKind(self, peer)).toBe(planKind(peer, self));
    }), { numRuns: 200 });
  });

  test('that is hopeless says how hopeless', () => {
    expect(planFor(RANDOM, RANDOM, HERE, 'seed')).toEqual({ kind: 'hopeless', odds: expect.closeTo(1 / 11_561, 7) });
  });
});

describe('two NATs that count', () => {
  /** Whether the aim at the peer is in the row that the peer occupies, `foreign` ports after the one that was seen. */
  function hits(ours: Plan, theirs: Plan, step: number, foreign: number): boolean {
    const row = Array.from({ length: sweepOf(theirs).sockets }, (_, i) => wrapped(HERE.port + step * (1 + foreign + i)));
    return sweepOf(ours).aims.some((aim) => row.includes(aim));
  }

  test('meet for any foreign counts within two deviations of what is expected', () => {
    fc.assert(fc.property(counting, counting, fc.double({ min: -1, max: 1, noNaN: true }), (self, peer, off) => {
      const [ours, theirs] = [planFor(self, peer, HERE, 'a'), planFor(peer, self, HERE, 'b')];
      const expected = (peer.perSecond * (peer.rttMs + 5)) / 1000;
      // As far as the widest row goes.
      const spread = expected < 0.5 ? 0.5 : Math.min(30, 2 * Math.sqrt(expected));
      expect(hits(ours, theirs, peer.step, Math.max(0, Math.round(expected + off * spread)))).toBe(true);
    }), { numRuns: 1_000 });
  });

  test('in quiet meet with no foreign flow and with one, by three packets each', () => {
    const [ours, theirs] = [planFor(COUNTING, COUNTING, HERE, 'a'), planFor(COUNTING, COUNTING, HERE, 'b')];
    expect([sweepOf(ours).sockets, sweepOf(theirs).aims]).toEqual([3, [20_002]]);
    for (const foreign of [0, 1]) expect(hits(ours, theirs, 1, foreign)).toBe(true);
  });

  test('the older the sight, the farther the aim; the row is as wide, so that both know it', () => {
    const [fresh, old] = [0, 100].map((ageMs) => sweepOf(planFor(busy(1_000), busy(1_000), { ...HERE, ageMs }, 'a'))) as [Sweep, Sweep];
    expect(old.aims[0]! - fresh.aims[0]!).toBe(100);
    expect(old.sockets).toBe(fresh.sockets);
  });

  test('aims go round the usable ports', () => {
    expect(sweepOf(planFor(COUNTING, COUNTING, { port: 65_535, ageMs: 0 }, 'a')).aims).toEqual([1_025]);
    expect(sweepOf(planFor(COUNTING, busy(0, -1), { port: 1_024, ageMs: 0 }, 'a')).aims).toEqual([65_534]);
  });
});

describe('one that counts and one that stays', () => {
  test('a comb meets the row for any foreign count that it covers', () => {
    fc.assert(fc.property(counting, fc.double({ min: -1, max: 1, noNaN: true }), (peer, off) => {
      const [seeker, holder] = [sweepOf(planFor(STEADY, peer, HERE, 'a')), sweepOf(planFor(peer, STEADY, HERE, 'b'))];
      const expected = (peer.perSecond * (peer.rttMs + 5)) / 1000;
      const reach = 4 * Math.sqrt(expected + (0.15 * expected) ** 2);
      const foreign = Math.max(0, Math.round(expected + off * (expected < 0.5 ? 0 : reach)));
      const row = Array.from({ length: holder.sockets }, (_, i) => wrapped(HERE.port + peer.step * (1 + foreign + i)));
      expect(seeker.aims.some((aim) => row.includes(aim))).toBe(true);
      expect([seeker.sockets, holder.aims]).toEqual([1, [HERE.port]]);
    }), { numRuns: 1_000 });
  });
});

describe('chance', () => {
  test('as many ports are held as tried, and none is tried twice', () => {
    fc.assert(fc.property(fc.integer({ min: 1024, max: 65_535 }), fc.integer({ min: 0, max: 64_000 }), fc.string(), (first, size, seed) => {
      const random: Forecast = { kind: 'random', first, last: Math.min(65_535, first + size) };
      const [holder, seeker] = [sweepOf(planFor(random, STEADY, HERE, seed)), sweepOf(planFor(STEADY, random, HERE, seed))];
      expect(seeker.aims).toHaveLength(holder.sockets);
      expect(new Set(seeker.aims).size).toBe(seeker.aims.length);
      expect(seeker.aims.every((port) => port >= random.first && port <= random.last)).toBe(true);
      expect(seeker.odds).toBe(holder.odds);
    }), { numRuns: 300 });
  });

  test('each session tries others, in another order', () => {
    const [one, again, other] = ['a', 'a', 'b'].map((seed) => sweepOf(planFor(STEADY, RANDOM, HERE, seed)).aims) as [number[], number[], number[]];
    expect(one).toEqual(again);
    expect(one).not.toEqual(other);
    expect(one).not.toEqual(one.toSorted((x, y) => x - y));
  });

  test('every port of a small block is as likely to come first', () => {
    const counts = new Map<number, number>();
    const block: Forecast = { kind: 'random', first: 30_000, last: 30_009 };
    for (let n = 0; n < 5_000; n += 1) {
      const [first = 0] = sweepOf(planFor(STEADY, block, HERE, `seed ${n}`)).aims;
      counts.set(first, (counts.get(first) ?? 0) + 1);
    }
    // 500 each; four deviations are 85.
    expect([...counts.values()].every((count) => count > 415 && count < 585)).toBe(true);
    expect(counts.size).toBe(10);
  });
});

describe('the budget', () => {
  const extreme = fc.record({
    kind: fc.constant('counting' as const),
    step: fc.constantFrom(-32_768, -32_767, -1, 1, 32_767),
    perSecond: fc.constantFrom(0, 1, 4_000, 65_535),
    rttMs: fc.constantFrom(0, 40, 65_535),
  });
  const range = fc.tuple(fc.nat(65_535), fc.nat(65_535)).map(([first, last]): Forecast => ({ kind: 'random', first, last }));
  const hostile: fc.Arbitrary<Forecast> = fc.oneof(anyForecast, extreme, range, fc.constantFrom<Forecast>(RANDOM, STEADY));

  test('is never exceeded, and no port outside of 1024 to 65535 is aimed at, whatever the peer claims', () => {
    const own = fc.oneof(counting, fc.constantFrom<Forecast>(STEADY, RANDOM, COUNTING));
    fc.assert(fc.property(own, hostile, fc.nat(65_535), fc.integer({ min: 1, max: SWEEP_BUDGET }), (self, peer, ageMs, budget) => {
      const plan = planFor(self, peer, { ...HERE, ageMs }, 'seed', budget);
      if (plan.kind === 'plain' || plan.kind === 'hopeless') return;
      expect(Math.max(plan.sockets, plan.aims.length)).toBeLessThanOrEqual(budget);
      if (plan.kind === 'aimed') expect(Math.max(plan.sockets, plan.aims.length)).toBeLessThanOrEqual(64);
      expect(plan.sockets === 1 || plan.aims.length === 1).toBe(true);
      expect(plan.aims.every((port) => Number.isInteger(port) && port >= 1024 && port <= 65_535)).toBe(true);
      expect(new Set(plan.aims).size).toBe(plan.aims.length);
      expect(plan.odds).toBeGreaterThanOrEqual(0);
      expect(plan.odds).toBeLessThanOrEqual(1);
    }), { numRuns: 3_000 });
  });

  test('a peer of one port, first and last the same, is tried there once', () => {
    expect(planFor(STEADY, { kind: 'random', first: 7_000, last: 7_000 }, HERE, 'seed')).toMatchObject({ kind: 'birthday', aims: [7_000], odds: 1 });
  });

  test('a peer that claims only ports that no NAT gives is not swept', () => {
    expect(planFor(STEADY, { kind: 'random', first: 1, last: 1_023 }, HERE, 'seed')).toEqual({ kind: 'plain' });
  });
});

function wrapped(port: number): number {
  return 1024 + ((((port - 1024) % 64_512) + 64_512) % 64_512);
}
