/**
 * Every point of a picture in the order of time: each stop of each packet, each mark. Sorted once, so that a filter only leaves
 * out; what comes later is added at the end. Plain arrays side by side, for there are many.
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

export class Ordering {
  #room = roomFor(1_024);
  #length = 0;
  readonly #lanes = new Map<number, number>();
  #points: Point[] = [];

  /** The stops from `from` on. */
  packet({ index, stops }: Packet, from = 0): void {
    for (let stop = from; stop < stops.length; stop += 1) {
      const { n, at, lane } = stops[stop]!;
      this.#points.push({ n, at, lane, packet: index, stop, mark: -1 });
    }
  }

  mark({ n, at, lane, index }: Mark): void {
    this.#points.push({ n, at, lane, packet: -1, stop: -1, mark: index });
  }

  /** With all that was added; undefined when some of it belongs before what was there already. */
  order(): Order | undefined {
    const points = this.#points.sort(byTime);
    this.#points = [];
    const [first] = points;
    const last = this.#length - 1;
    if (first && last >= 0 && (first.at < this.#room.ats[last]! || (first.at === this.#room.ats[last] && first.n < this.#room.ns[last]!))) return undefined;
    this.#reserve(this.#length + points.length);
    for (const point of points) this.#put(point);
    const { ns, ats, lanes, packets, stops, marks } = this.#room;
    const end = this.#length;
    return { ns: ns.subarray(0, end), ats: ats.subarray(0, end), lanes: lanes.subarray(0, end), laneCount: this.#lanes.size, packets: packets.subarray(0, end), stops: stops.subarray(0, end), marks: marks.subarray(0, end) };
  }

  #put({ n, at, lane, packet, stop, mark }: Point): void {
    const { ns, ats, lanes, packets, stops, marks } = this.#room;
    const index = this.#length;
    ns[index] = n;
    ats[index] = at;
    lanes[index] = this.#laneNumber(lane);
    packets[index] = packet;
    stops[index] = stop;
    marks[index] = mark;
    this.#length += 1;
  }

  #laneNumber(lane: number): number {
    const known = this.#lanes.get(lane) ?? this.#lanes.size;
    this.#lanes.set(lane, known);
    return known;
  }

  /** Who reads an order keeps the arrays that it was given: what is added stands behind their ends. */
  #reserve(length: number): void {
    if (length <= this.#room.ns.length) return;
    const next = roomFor(Math.max(length, 2 * this.#room.ns.length));
    for (const name of ['ns', 'ats', 'lanes', 'packets', 'stops', 'marks'] as const) next[name].set(this.#room[name]);
    this.#room = next;
  }
}

function roomFor(length: number): Omit<Order, 'laneCount'> {
  const [lanes, packets, stops, marks] = [0, 1, 2, 3].map(() => new Int32Array(length)) as [Int32Array, Int32Array, Int32Array, Int32Array];
  return { ns: new Float64Array(length), ats: new Float64Array(length), lanes, packets, stops, marks };
}

function byTime(one: Point, other: Point): number {
  return one.at - other.at || one.n - other.n || one.stop - other.stop;
}

interface Point {
  readonly n: number;
  readonly at: number;
  readonly lane: number;
  readonly packet: number;
  readonly stop: number;
  readonly mark: number;
}
