/** Where lanes stand from left to right, and what of their labels fits. Arithmetic only. */
import type { Lane } from '../model/picture.ts';

export interface Columns {
  readonly width: number;
  /** The x of each lane. */
  readonly xs: readonly number[];
  /** Room for the times at the left edge. */
  readonly gutter: number;
  /** Room beside the outermost lanes, for what their actors do; 0 where the page is too narrow. */
  readonly margin: number;
  readonly isNarrow: boolean;
}

/** A margin above this has room for marks. */
export const ROOMY = 60;
/** How far apart neighbours stand, in units that the width is divided into: a NAT keeps close to what it hides. */
const NEAR = 0.62;
const FAR = 1;
/** Lanes closer than this are not told apart: the sequence then scrolls sideways. */
const LEAST_GAP = 54;

export function columnsFor(lanes: readonly Lane[], available: number): Columns {
  const isNarrow = available < 620;
  const gutter = isNarrow ? 46 : 64;
  const margin = isNarrow ? 22 : Math.min(180, Math.max(104, available * 0.15));
  const gaps = lanes.slice(1).map((lane, index) => {
    const before = lanes[index]!;
    return before.side === lane.side && (before.kind === 'nat' || lane.kind === 'nat') ? NEAR : FAR;
  });
  const units = gaps.reduce((sum, gap) => sum + gap, 0) || 1;
  const usable = Math.max(available - gutter - 2 * margin, gaps.length * LEAST_GAP);
  // One lane alone, or two, would stand lost in a wide page.
  const spread = Math.min(usable, units * 420);
  const xs: number[] = [gutter + margin + (lanes.length === 1 ? 0 : (usable - spread) / 2)];
  for (const gap of gaps) xs.push(xs.at(-1)! + (gap / units) * spread);
  return { width: gutter + 2 * margin + usable, xs, gutter, margin, isNarrow };
}

/** The x of a place that may be between two lanes. */
export function xOf({ xs }: Columns, lane: number): number {
  const low = Math.floor(lane);
  const left = xs[low] ?? xs.at(-1) ?? 0;
  const right = xs[low + 1] ?? left;
  return left + (right - left) * (lane - low);
}

/** Lanes of one side, as boxes around them. */
export function sidesOf(lanes: readonly Lane[], columns: Columns): { readonly side: string; readonly from: number; readonly to: number }[] {
  const sides: { side: string; from: number; to: number }[] = [];
  lanes.forEach(({ side }, index) => {
    const x = columns.xs[index]!;
    const last = sides.at(-1);
    if (last?.side === side) last.to = x;
    else sides.push({ side, from: x, to: x });
  });
  return sides;
}
