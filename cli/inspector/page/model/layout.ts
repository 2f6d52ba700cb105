/**
 * Where everything stands from top to bottom. Time goes down: what happens at one moment shares a row as far as its lanes
 * allow, a pause adds a little more room the longer it is. Pure arithmetic over a picture; knows no pixels from left to right.
 */
import type { Drawn } from './bundles.ts';
import type { Mark } from './picture.ts';
import type { Order } from './order.ts';
import { STEP_ITEMS, type Steps } from './steps.ts';

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
  /** The events that stand somewhere, in order; where each stands, and how far down the run has come with it. */
  readonly ns: Float64Array;
  readonly heights: Float64Array;
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

export function* layingOut(order: Order, drawn: readonly Drawn[], marks: readonly Mark[], { row, outer }: LayoutOptions): Steps<Layout> {
  const { ats, lanes } = order;
  const { arrowOf, markOf } = placesIn(order, drawn, marks);
  yield;
  const ys: number[][] = [];
  for (const { packet } of drawn) {
    if (ys.length % STEP_ITEMS === 0) yield;
    ys.push(packet.stops.map(() => 0));
  }
  const markYs = new Float64Array(marks.length);
  const ticks: Tick[] = [];
  const ns = new Float64Array(ats.length);
  const heights = new Float64Array(ats.length);
  const depths = new Float64Array(ats.length);
  let told = 0;
  // How many rows of the moment are taken in each lane, by arrows and beside them; and by each arrow so far.
  const used = new Rows(order.laneCount);
  const beside = new Rows(order.laneCount);
  const reached = new Rows(drawn.length);
  let base = TOP;
  let height = 0;
  let now: number | undefined;
  let depth = 0;

  for (let point = 0; point < ats.length; point += 1) {
    if (point % STEP_ITEMS === 0) yield;
    const arrow = arrowOf(point);
    const mark = markOf(point);
    if (arrow < 0 && mark < 0) continue;
    const at = ats[point]!;
    if (now === undefined || at - now > SAME_MS) {
      const pauseMs = now === undefined ? 0 : at - now;
      base += height * row + pauseHeight(pauseMs, row);
      ticks.push({ at, y: base, pauseMs });
      for (const rows of [used, beside, reached]) rows.clear();
      height = 1;
      now = at;
    }
    const lane = lanes[point]!;
    let line: number;
    if (mark >= 0) {
      const isBeside = outer.has(marks[mark]!.lane);
      line = isBeside ? Math.max(beside.get(lane), used.get(lane) - 1) : used.get(lane);
      (isBeside ? beside : used).set(lane, line + 1);
      markYs[mark] = base + line * row;
    } else {
      const stop = order.stops[point]!;
      line = Math.max(used.get(lane), stop === 0 ? Math.max(0, beside.get(lane) - 1) : 0, reached.get(arrow));
      used.set(lane, line + 1);
      reached.set(arrow, line);
      ys[arrow]![stop] = base + line * row;
    }
    height = Math.max(height, line + 1);
    depth = Math.max(depth, base + line * row);
    ns[told] = order.ns[point]!;
    heights[told] = base + line * row;
    depths[told] = depth;
    told += 1;
  }

  // A packet goes down from stop to stop.
  const arrows: PlacedArrow[] = [];
  for (const one of drawn) {
    const own = ys[arrows.length]!;
    if (arrows.length % STEP_ITEMS === 0) yield;
    arrows.push({ drawn: one, ys: own, top: own[0]!, bottom: own.at(-1)! });
  }
  yield;
  arrows.sort((one, other) => one.top - other.top);
  yield;
  const reach = new Float64Array(arrows.length);
  arrows.forEach(({ bottom }, index) => {
    reach[index] = Math.max(bottom, index === 0 ? 0 : reach[index - 1]!);
  });
  yield;
  return {
    arrows,
    marks: marks.map((mark, index) => ({ mark, y: markYs[index]! })).sort((one, other) => one.y - other.y),
    ticks,
    height: base + height * row + row,
    reach,
    ns: ns.subarray(0, told),
    heights: heights.subarray(0, told),
    depths: depths.subarray(0, told),
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

/** Where event `n` stands; of one that stands nowhere, how far down the run has come with it. */
export function yOf({ ns, heights, depths }: Layout, n: number): number {
  const index = firstAfter(ns.length, (one) => ns[one]! > n) - 1;
  return (ns[index] === n ? heights[index] : depths[index]) ?? 0;
}

/** The last event that is not below `y`. */
export function eventAbove({ ns, depths }: Layout, y: number): number | undefined {
  return ns[firstAfter(depths.length, (index) => depths[index]! > y) - 1];
}

/** The next event that stands somewhere, before or after `n`. */
export function neighbour({ ns }: Layout, n: number, by: -1 | 1): number | undefined {
  return by === 1 ? ns[firstAfter(ns.length, (index) => ns[index]! > n)] : ns[firstAfter(ns.length, (index) => ns[index]! >= n) - 1];
}

/** Small numbers by index, all 0 again at once. */
class Rows {
  readonly #values: Int32Array;
  readonly #stamps: Int32Array;
  #stamp = 1;

  constructor(size: number) {
    this.#values = new Int32Array(size);
    this.#stamps = new Int32Array(size);
  }

  get(index: number): number {
    return this.#stamps[index] === this.#stamp ? this.#values[index]! : 0;
  }

  set(index: number, value: number): void {
    this.#stamps[index] = this.#stamp;
    this.#values[index] = value;
  }

  clear(): void {
    this.#stamp += 1;
  }
}

/** Whose each point is, among what is drawn; below 0 for what is not. */
function placesIn({ packets, marks: markers }: Order, drawn: readonly Drawn[], marks: readonly Mark[]): { arrowOf(point: number): number; markOf(point: number): number } {
  const arrows = new Int32Array(packets.length).fill(-1);
  const places = new Int32Array(packets.length).fill(-1);
  let most = 0;
  for (const index of packets) most = Math.max(most, index + 1);
  for (const index of markers) most = Math.max(most, index + 1);
  const byPacket = new Int32Array(most).fill(-1);
  const byMark = new Int32Array(most).fill(-1);
  drawn.forEach(({ packet }, index) => {
    byPacket[packet.index] = index;
  });
  marks.forEach(({ index: own }, index) => {
    byMark[own] = index;
  });
  for (let point = 0; point < packets.length; point += 1) {
    if (packets[point]! >= 0) arrows[point] = byPacket[packets[point]!]!;
    if (markers[point]! >= 0) places[point] = byMark[markers[point]!]!;
  }
  return { arrowOf: (point) => arrows[point]!, markOf: (point) => places[point]! };
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
