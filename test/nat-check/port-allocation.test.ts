/** Which words a NAT's ports get, from samples of every kind of NAT, with noise, losses and the end of the range. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chance, seedOf } from '../../effects/seed.ts';
import { allocationOf, type PortAllocation } from '../../machines/nat-check/port-allocation.ts';
import type { PortSample } from '../../machines/nat-check/samples.ts';
import { runs } from '../runs.ts';

const FIRST = 1024;
const USABLE = 64_512;
const SAMPLES = 12;

describe('a sequence', () => {
  const step = fc.integer({ min: -512, max: 512 }).filter((n) => n !== 0);

  test('has its step, rising or falling, wherever it begins and past the end of the range', () => {
    fc.assert(
      fc.property(step, fc.integer({ min: FIRST, max: 65_535 }), (by, first) => {
        expect(nameOf(sampled(asSent(), (nth) => round(first + nth * by)))).toBe(`sequential ${by}`);
      }),
      { numRuns: runs(2_000, 400) },
    );
  });

  test('has its step with the flows of others between', () => {
    fc.assert(
      fc.property(step.filter((by) => Math.abs(by) <= 16), fc.nat(), fc.double({ min: 0, max: 3, noNaN: true }), (by, seed, foreign) => {
        const draw = dice(seed);
        let last = 20_000 + Math.floor(draw() * 20_000);
        const name = nameOf(sampled(asSent(), () => (last = round(last + by * (1 + Math.floor(-Math.log(1 - draw()) * foreign))))));
        // Foreign flows take whole steps, so that a multiple of the step is all that can be claimed.
        expect(Math.abs(Number(name.replace('sequential ', '')) % by)).toBe(0);
        expect(name).toMatch(by > 0 ? /^sequential \d/ : /^sequential -/);
      }),
      { numRuns: runs(1_000, 200) },
    );
  });

  test.each([0.05, 0.1, 0.15])('is not taken for a block when %d of the datagrams are lost each way', (loss) => {
    const names = many(2_000, (draw) => {
      const first = FIRST + Math.floor(draw() * USABLE);
      return nameOf(sampled(lossy(draw, loss), (nth) => round(first + nth)));
    });
    expect([...names.keys()].filter((name) => name !== 'sequential 1' && name !== 'null')).toEqual([]);
    expect(names.get('null') ?? 0).toBeLessThanOrEqual(loss > 0.1 ? 2 : 0);
  });

  test('of which hardly one was answered at once is not taken for a block, rising or falling', () => {
    for (const by of [1, -1]) {
      for (let prompt = -1; prompt < SAMPLES; prompt += 1) {
        const samples = Array.from({ length: SAMPLES }, (_, i) => ({ ...sample(1, 40_000 + by * i), isPrompt: i === prompt }));
        expect(nameOf(samples)).toBe('null');
      }
    }
  });

  test('of which the path swapped two neighbours is one still', () => {
    for (let swapped = 0; swapped < SAMPLES - 1; swapped += 1) {
      const nth = (i: number): number => (i === swapped ? i + 1 : i === swapped + 1 ? i - 1 : i);
      expect(nameOf(Array.from({ length: SAMPLES }, (_, i) => sample(30_000 + i, 50_000 + 2 * nth(i))))).toBe('sequential 2');
    }
  });

  test('of too few samples is not told from a block', () => {
    expect(nameOf([3, 7, 20, 41, 90].map((port, i) => sample(i, 5_000 + port)))).toBe('null');
  });
});

describe('ports at random', () => {
  test.each([64, 128, 256, 512, 1_024, 2_048, 4_096])('in a block of %d are a block of about so many, within it', (size) => {
    const names = many(1_500, (draw) => {
      const first = FIRST + Math.floor((draw() * USABLE) / size) * size;
      const found = allocationOf(sampled(lossy(draw, 0.1), distinct(() => first + Math.floor(draw() * size)))).allocation;
      if (found?.kind !== 'block') return nameOf(found);
      expect(found.first).toBeGreaterThanOrEqual(first);
      expect(found.last).toBeLessThan(first + size);
      expect(found.size).toBeLessThanOrEqual(size * 1.3);
      return 'block';
    });
    expect(Object.fromEntries(names)).toEqual({ block: 1_500 });
  });

  test('anywhere are random, lossy or not', () => {
    for (const loss of [0, 0.1, 0.2]) {
      const names = many(2_000, (draw) => nameOf(sampled(lossy(draw, loss), distinct(() => FIRST + Math.floor(draw() * USABLE)))));
      expect(Object.fromEntries(names)).toEqual({ random: 2_000 });
    }
  });
});

describe('kept ports', () => {
  test('are preserved, whichever were taken and given others', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 20_000, max: 59_999 }), { minLength: SAMPLES, maxLength: SAMPLES }), fc.integer({ min: 0, max: SAMPLES - 2 }), (locals, taken) => {
        const samples = locals.map((local, i) => sample(local, i < taken ? 1_024 + 37 * i : local));
        expect(nameOf(samples)).toBe('preserved');
      }),
    );
  });

  test('one of them is an accident', () => {
    const ports = [61_000, 2_000, 33_333, 47_123, 9_000, 25_001, 55_555, 12_345, 38_000, 5_001, 64_000, 18_000];
    expect(nameOf(ports.map((port, i) => sample(i === 4 ? port : 20_000 + i, port)))).toBe('random');
  });
});

describe('what says too little', () => {
  test('is null: fewer than five answers, or always the same port', () => {
    for (let n = 0; n < 5; n += 1) expect(nameOf(Array.from({ length: n }, (_, i) => sample(20_000 + i, 50_000 + i)))).toBe('null');
    expect(nameOf(Array.from({ length: SAMPLES }, (_, i) => sample(20_000 + 7 * i, 4_500)))).toBe('null');
  });

  test('whatever the samples are it answers, with a reason and a confidence that fits', () => {
    const any = fc.record({ local: fc.integer({ min: 0, max: 65_535 }), port: fc.option(fc.integer({ min: 1, max: 65_535 })), isPrompt: fc.boolean() });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 40 }), (list) => {
        const samples = list.map(({ local, port, isPrompt }): PortSample => ({ local, mapped: port === null ? undefined : { host: '198.18.1.2', port }, isPrompt }));
        const { allocation, confidence, because } = allocationOf(samples);
        expect(because).not.toBe('');
        expect(confidence === 0).toBe(allocation === null);
        expect(confidence).toBeLessThan(1);
        if (allocation?.kind === 'sequential') expect(Math.abs(allocation.step)).toBeGreaterThan(0);
        if (allocation?.kind === 'block') expect(allocation.size).toBeGreaterThan(0);
      }),
      { numRuns: runs(2_000, 400) },
    );
  });
});

/** How one socket's first mapping came about: in which round of requests, and whether the first was answered. */
interface Sending {
  readonly round: number;
  readonly isPrompt: boolean;
  readonly isAnswered: boolean;
}

function asSent(): readonly Sending[] {
  return Array.from({ length: SAMPLES }, () => ({ round: 1, isPrompt: true, isAnswered: true }));
}

/** Fourteen tries each, of which requests and answers get lost. */
function lossy(draw: () => number, loss: number): readonly Sending[] {
  return Array.from({ length: SAMPLES }, () => {
    let made: number | undefined;
    for (let attempt = 1; attempt <= 14; attempt += 1) {
      if (draw() < loss) continue;
      made ??= attempt;
      if (draw() >= loss) return { round: made, isPrompt: attempt === 1, isAnswered: true };
    }
    return { round: made ?? 99, isPrompt: false, isAnswered: false };
  });
}

/** Mappings are made round by round, in each round in the order of sending; `port` gives the nth its port. */
function sampled(sendings: readonly Sending[], port: (nth: number) => number): PortSample[] {
  const order = sendings.map((_, i) => i).toSorted((one, other) => (sendings[one]?.round ?? 0) - (sendings[other]?.round ?? 0) || one - other);
  const ports = new Map(order.map((i, nth) => [i, port(nth)]));
  return sendings.map(({ isPrompt, isAnswered }, i) => ({ ...sample(20_000, ports.get(i) ?? 0), local: 1, isPrompt, ...(isAnswered ? {} : { mapped: undefined }) }));
}

function sample(local: number, port: number): PortSample {
  return { local, mapped: { host: '198.18.1.2', port }, isPrompt: true };
}

function nameOf(given: readonly PortSample[] | PortAllocation | null): string {
  const found = given !== null && 'kind' in given ? given : given && allocationOf(given).allocation;
  return found?.kind === 'sequential' ? `sequential ${found.step}` : (found?.kind ?? 'null');
}

function round(port: number): number {
  return FIRST + ((((port - FIRST) % USABLE) + USABLE) % USABLE);
}

function dice(seed: number): () => number {
  const from = seedOf(String(seed), 'ports');
  let n = 0;
  return () => chance(from, n++);
}

/** No port is given twice. */
function distinct(draw: () => number): () => number {
  const given = new Set<number>();
  return () => {
    for (;;) {
      const port = draw();
      if (!given.has(port)) return given.add(port) && port;
    }
  };
}

function many(runs: number, name: (draw: () => number) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (let run = 0; run < runs; run += 1) {
    const said = name(dice(run));
    counts.set(said, (counts.get(said) ?? 0) + 1);
  }
  return counts;
}
