/**
 * How often something can be done. Work on this thread is counted by the second of processor, not of the wall, so that a busy
 * machine distorts little; what is compared takes turns.
 */

/** What can be repeated, and how many items one call does. */
export interface Work {
  readonly items: number;
  once(): void;
}

export interface Rates {
  readonly ours: number;
  readonly baseline: number;
  /** The median over the turns. */
  readonly ratio: number;
}

const TURNS = 5;

/** Items a second of processor. A fifth more comes first, to warm up, and is not counted. */
export function rate(work: Work, budgetMs: number): number {
  repeat(work, budgetMs / 5);
  return repeat(work, budgetMs);
}

export function compare(ours: Work, baseline: Work, budgetMs: number): Rates {
  return inTurns([baseline, ours], budgetMs)[1]!;
}

/** Each beside the first, which takes its turn as often. `budgetMs` is for all of them, without a fifth more to warm up. */
export function inTurns(works: readonly Work[], budgetMs: number): readonly Rates[] {
  const slice = budgetMs / works.length / TURNS;
  for (const work of works) repeat(work, slice);
  const turns = Array.from({ length: TURNS }, () => works.map((work) => repeat(work, slice)));
  return works.map((_, n) => ({
    ours: median(turns.map((turn) => turn[n]!)),
    baseline: median(turns.map((turn) => turn[0]!)),
    ratio: median(turns.map((turn) => turn[n]! / turn[0]!)),
  }));
}

/** Of a list that need not be sorted; `share` from 0 to 1, nearest rank. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** Ms of this process's threads together: collecting garbage counts. */
export function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function repeat({ items, once }: Work, budgetMs: number): number {
  const until = performance.now() + budgetMs;
  const from = processorMs();
  let done = 0;
  do {
    once();
    done += items;
  } while (performance.now() < until);
  return (done / (processorMs() - from)) * 1000;
}
