/**
 * Where everything stands from top to bottom. Time goes down: what happens at one moment shares a row as far as its lanes
 * allow, a pause adds a little more room the longer it is. Pure arithmetic over a picture; knows no pixels from left to right.
 */
import type { Drawn } from './bundles.ts';
import type { Mark } from './picture.ts';

/** A polyline: one y for each stop of the packet. */
export interface PlacedArrow {
  readonly drawn: Drawn;
  readonly ys: readonly number[];
  readonly top: number;
  readonly bottom: number;
}

export interface PlacedMark {
  readonly mark: Mark;
  readonly y: number;
}

/** The first row of a moment. */
export interface Tick {
  readonly at: number;
  readonly y: number;
  /** How long nothing happened before it. */
  readonly pauseMs: number;
}

export interface Layout {
  /** By `top`. */
  readonly arrows: readonly PlacedArrow[];
  /** By `y`. */
  readonly marks: readonly PlacedMark[];
  readonly ticks: readonly Tick[];
  readonly height: number;
  /** The lowest bottom of the arrows up to each: where a search may begin. */
  readonly reach: Float64Array;
  /** The events that stand somewhere, in order, and how far down the run has come with each. */
  readonly ns: Float64Array;
  readonly depths: Float64Array;
}

export interface LayoutOptions {
  /** Height of a row in px. */
  readonly row: number;
  /** Lanes whose marks stand outside, beside the arrows. */
  readonly outer: ReadonlySet<number>;
}

/** What is at most so far apart happened at one moment: virtual times are sums of fractions. */
const SAME_MS = 0.01;
const TOP = 14;

export function layOut(drawn: readonly Drawn[], marks: readonly Mark[], { row, outer }: LayoutOptions): Layout {
  const points = pointsOf(drawn, marks);
  const ys: number[][] = drawn.map(({ packet }) => Array.from({ length: packet.stops.length }, () => 0));
  const markYs: number[] = Array.from({ length: marks.length }, () => 0);
  const ticks: Tick[] = [];
  let base = TOP;
  let before: number | undefined;

  for (let start = 0; start < points.length; ) {
    const at = points[start]!.at;
    let end = start;
    while (end < points.length && points[end]!.at - at <= SAME_MS) end += 1;
    const pauseMs = before === undefined ? 0 : at - before;
    base += pauseHeight(pauseMs, row);
    ticks.push({ at, y: base, pauseMs });
    const used = new Map<number, number>();
    const marked = new Map<number, number>();
    const rows = new Map<number, number>();
    let height = 1;
    for (let i = start; i < end; i += 1) {
      const { arrow, stop, mark, lane } = points[i]!;
      let at: number;
      if (mark !== undefined) {
        const beside = outer.has(lane);
        at = beside ? Math.max(marked.get(lane) ?? 0, (used.get(lane) ?? 0) - 1) : (used.get(lane) ?? 0);
        (beside ? marked : used).set(lane, at + 1);
        markYs[mark] = base + at * row;
      } else {
        at = Math.max(used.get(lane) ?? 0, stop === 0 ? Math.max(0, (marked.get(lane) ?? 0) - 1) : 0, rows.get(arrow) ?? 0);
        used.set(lane, at + 1);
        rows.set(arrow, at);
        ys[arrow]![stop] = base + at * row;
      }
      height = Math.max(height, at + 1);
    }
    base += height * row;
    before = at;
    start = end;
  }

  const arrows = drawn
    .map((one, index): PlacedArrow => ({ drawn: one, ys: ys[index]!, top: ys[index]![0]!, bottom: Math.max(...ys[index]!) }))
    .sort((one, other) => one.top - other.top);
  const reach = new Float64Array(arrows.length);
  arrows.forEach(({ bottom }, index) => {
    reach[index] = Math.max(bottom, index === 0 ? 0 : reach[index - 1]!);
  });
  const ns = Float64Array.from(points, ({ n }) => n);
  const depths = Float64Array.from(points, ({ arrow, stop, mark }) => (mark === undefined ? ys[arrow]![stop]! : markYs[mark]!));
  for (let index = 1; index < depths.length; index += 1) depths[index] = Math.max(depths[index]!, depths[index - 1]!);
  return {
    arrows,
    marks: marks.map((mark, index) => ({ mark, y: markYs[index]! })).sort((one, other) => one.y - other.y),
    ticks,
    height: base + row,
    reach,
    ns,
    depths,
  };
}

/** What of a layout is seen between two heights. */
export function visible({ arrows, marks, ticks, reach }: Layout, from: number, until: number): Pick<Layout, 'arrows' | 'marks' | 'ticks'> {
  const seen: PlacedArrow[] = [];
  for (let index = firstAtLeast(reach, from); index < arrows.length && arrows[index]!.top <= until; index += 1) {
    if (arrows[index]!.bottom >= from) seen.push(arrows[index]!);
  }
  return { arrows: seen, marks: between(marks, from, until), ticks: between(ticks, from, until) };
}

/** How far down the run has come with event `n`. */
export function yOf({ ns, depths }: Layout, n: number): number {
  return depths[firstAfter(ns.length, (index) => ns[index]! > n) - 1] ?? 0;
}

/** The last event that is not below `y`. */
export function eventAbove({ ns, depths }: Layout, y: number): number | undefined {
  return ns[firstAfter(depths.length, (index) => depths[index]! > y) - 1];
}

/** The next event that stands somewhere, before or after `n`. */
export function neighbour({ ns }: Layout, n: number, by: -1 | 1): number | undefined {
  return by === 1 ? ns[firstAfter(ns.length, (index) => ns[index]! > n)] : ns[firstAfter(ns.length, (index) => ns[index]! >= n) - 1];
}

interface Point {
  readonly n: number;
  readonly at: number;
  readonly lane: number;
  readonly arrow: number;
  readonly stop: number;
  readonly mark: number | undefined;
}

function pointsOf(drawn: readonly Drawn[], marks: readonly Mark[]): Point[] {
  const points: Point[] = [];
  drawn.forEach(({ packet }, arrow) => packet.stops.forEach(({ n, at, lane }, stop) => points.push({ n, at, lane, arrow, stop, mark: undefined })));
  marks.forEach(({ n, at, lane }, mark) => points.push({ n, at, lane, arrow: -1, stop: 0, mark }));
  return points.sort((one, other) => one.at - other.at || one.n - other.n || one.stop - other.stop);
}

/** Room for a pause: 20 ms is about a row, a second about three, a minute no more than five. */
function pauseHeight(pauseMs: number, row: number): number {
  if (pauseMs <= SAME_MS) return 0;
  return Math.min(row * 5, row * 0.28 * Math.log2(1 + pauseMs / 2));
}

function between<T extends { readonly y: number }>(placed: readonly T[], from: number, until: number): T[] {
  const start = firstAfter(placed.length, (index) => placed[index]!.y >= from);
  const end = firstAfter(placed.length, (index) => placed[index]!.y > until);
  return placed.slice(start, end);
}

function firstAtLeast(values: Float64Array, least: number): number {
  return firstAfter(values.length, (index) => values[index]! >= least);
}

/** The first index for which `holds`, which stays true once it is. */
function firstAfter(length: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
