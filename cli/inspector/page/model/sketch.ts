/** The picture of what is known so far, with what is new added to what was drawn before: a long run that goes on costs what is new. */
import type { Lanes } from './lanes.ts';
import { Ordering } from './order.ts';
import { Numbers, packetOf, type Way } from './packets.ts';
import type { Mark, Packet, Picture } from './picture.ts';

export type RawMark = Omit<Mark, 'lane' | 'index'>;

export class Sketch {
  readonly #lanes: Lanes;
  readonly #numbers = new Numbers();
  readonly #ordering = new Ordering();
  readonly #packets: Packet[] = [];
  readonly #marks: Mark[] = [];
  /** Of each packet that is drawn. */
  readonly #indexes = new Map<Way, number>();

  constructor(lanes: Lanes) {
    this.#lanes = lanes;
  }

  /** `ways` and `marks` are those that are new or have grown. Undefined when what was drawn before is no longer true: then all is to be drawn again. */
  add(ways: Iterable<Way>, marks: readonly RawMark[]): Pick<Picture, 'lanes' | 'packets' | 'marks' | 'order'> | undefined {
    for (const way of ways) if (!this.#way(way)) return undefined;
    for (const raw of marks) {
      const lane = this.#lanes.actorOf(raw.actor);
      if (lane === undefined) continue;
      const mark = { ...raw, lane, index: this.#marks.length };
      this.#marks.push(mark);
      this.#ordering.mark(mark);
    }
    const order = this.#ordering.order();
    return order && { lanes: this.#lanes.lanes, packets: [...this.#packets], marks: [...this.#marks], order };
  }

  #way(way: Way): boolean {
    const known = this.#indexes.get(way);
    const packet = packetOf(way, known ?? this.#packets.length, this.#lanes, this.#numbers);
    // From nowhere that has a lane.
    if (packet === undefined) return true;
    if (known === undefined) {
      this.#indexes.set(way, packet.index);
      this.#packets.push(packet);
      this.#ordering.packet(packet);
      return true;
    }
    const before = this.#packets[known]!;
    this.#packets[known] = packet;
    this.#ordering.packet(packet, before.stops.length);
    return before.stops.every(({ n, lane, kind }, index) => packet.stops[index]?.n === n && packet.stops[index].lane === lane && packet.stops[index].kind === kind);
  }
}
