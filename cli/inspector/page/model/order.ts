/**
 * Every point of a picture in the order of time: each stop of each packet, each mark. Sorted once for a picture, so that a
 * filter only leaves out. Plain arrays side by side, for there are many.
 */
import type { Mark, Packet } from './picture.ts';

export interface Order {
  readonly ns: Float64Array;
  readonly ats: Float64Array;
  /** Numbers that stand for lanes and the places between them. */
  readonly lanes: Int32Array;
  readonly laneCount: number;
  /** The index of the packet and of its stop, below 0 for a mark; and of the mark, below 0 for a packet. */
  readonly packets: Int32Array;
  readonly stops: Int32Array;
  readonly marks: Int32Array;
}

export function orderOf(packets: readonly Packet[], marks: readonly Mark[]): Order {
  const lanes = new Map<number, number>();
  const number = (lane: number): number => {
    const known = lanes.get(lane) ?? lanes.size;
    lanes.set(lane, known);
    return known;
  };
  const points: Point[] = [];
  for (const { index, stops } of packets) stops.forEach(({ n, at, lane }, stop) => points.push({ n, at, lane: number(lane), packet: index, stop, mark: -1 }));
  for (const { n, at, lane, index } of marks) points.push({ n, at, lane: number(lane), packet: -1, stop: -1, mark: index });
  points.sort((one, other) => one.at - other.at || one.n - other.n || one.stop - other.stop);
  return {
    ns: Float64Array.from(points, ({ n }) => n),
    ats: Float64Array.from(points, ({ at }) => at),
    lanes: Int32Array.from(points, ({ lane }) => lane),
    laneCount: lanes.size,
    packets: Int32Array.from(points, ({ packet }) => packet),
    stops: Int32Array.from(points, ({ stop }) => stop),
    marks: Int32Array.from(points, ({ mark }) => mark),
  };
}

interface Point {
  readonly n: number;
  readonly at: number;
  readonly lane: number;
  readonly packet: number;
  readonly stop: number;
  readonly mark: number;
}
