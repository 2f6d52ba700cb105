/** Sweeps against their arithmetic: how many of so many simulated worlds met, beside the closed form and its band. */
import { isInside, type Measured, measurePoint, type Point, POINTS } from './sweep-points.ts';
import { count, type Row } from './table.ts';

export function sweepRows(worlds: number): readonly Row[] {
  return POINTS.map((point) => rowOf(measurePoint(point, worlds)));
}

/** `k 256 held × n 577 tried, B 2,048`, or `λ 300/s …`. */
export function pointName({ a, b, budgets, block, noise }: Point): string {
  if (block !== undefined) return `sweep by chance: k ${budgets.a} held, n ${budgets.b} tried, of ${a.includes('block') ? `a block of B ${count(block)}` : 'all ports'}`;
  const limit = budgets.a < 600 ? `, at most ${budgets.a} of a row or a comb` : '';
  return `aimed sweep: λ ${count(noise ?? 0)}/s on ${b.startsWith('symmetric') ? 'both sides' : 'one side'}${limit}`;
}

function rowOf(measured: Measured): Row {
  const { point, worlds, met, closed, band } = measured;
  return {
    what: pointName(point),
    figure: `${percent(met / worlds)} met`,
    baseline: { name: 'closed form', figure: percent(closed), ratio: met / worlds / closed },
    note: `${count(worlds)} worlds; 99 % band ${percent(Math.max(0, band[0]))} to ${percent(Math.min(1, band[1]))}: ${isInside(measured) ? 'inside' : 'OUTSIDE'}`,
  };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
