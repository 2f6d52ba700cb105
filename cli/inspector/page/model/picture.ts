/**
 * A trace as it is drawn: lanes from left to right, packets that stop at some of them, and marks beside them. Values only;
 * `draw.ts` makes it of a trace, `layout.ts` gives it places on the page.
 */

import type { Order } from './order.ts';

/** One lifeline. */
export interface Lane {
  /** As in the trace: a host, a device, an actor, or an address. */
  readonly name: string;
  readonly label: string;
  /** What stands below the label: an address, a NAT's behaviour, a machine. */
  readonly sub: string;
  readonly kind: 'host' | 'server' | 'nat' | 'remote' | 'actor';
  /** Lanes of one side stand together, under this name. */
  readonly side: string;
}

export interface Flow {
  readonly src: string;
  readonly dst: string;
}

/** Where a packet was seen. */
export interface Stop {
  /** The event that tells it. */
  readonly n: number;
  readonly at: number;
  /** The index of a lane; between two lanes for what happened on the way, as 1.5. */
  readonly lane: number;
  readonly kind: 'sent' | 'translated' | 'dropped' | 'delivered' | 'unknown';
  readonly device: string;
  readonly before?: Flow;
  readonly after?: Flow;
  /** A code, and that in words. */
  readonly reason?: string;
  readonly words?: string;
  /** Of `translated`: a number that stands for what is rewritten to what there. */
  readonly rewriting?: number;
}

export type Fate = 'delivered' | 'dropped' | 'unknown';

export interface Packet {
  readonly index: number;
  /** As in the trace; below 0 for an event between actors. */
  readonly id: number;
  /** The same for packets that say the same, between the same two, and end the same way. */
  readonly likeness: number;
  /** In order; at least one. */
  readonly stops: readonly Stop[];
  readonly label: string;
  readonly protocol: string;
  readonly fate: Fate;
  /** Of every packet that was dropped, and of no other. */
  readonly reason: string | undefined;
  /** Of the lanes at its ends; the last is undefined for an address that nobody has. */
  readonly from: number;
  readonly to: number;
  readonly bytes: number | undefined;
  /** Where the message itself is told: the effect or the event heard, if the trace has it. */
  readonly saidAt: number | undefined;
  readonly heardAt: number | undefined;
}

export interface Mark {
  readonly index: number;
  readonly n: number;
  readonly at: number;
  readonly lane: number;
  readonly kind: 'state' | 'timer' | 'outcome' | 'note';
  readonly text: string;
  readonly tone: 'plain' | 'good' | 'bad';
  readonly actor: string;
}

export interface Picture {
  readonly lanes: readonly Lane[];
  readonly packets: readonly Packet[];
  readonly marks: readonly Mark[];
  readonly order: Order;
  /** While a NAT holds any mapping: the events that open and close it; open ones last. */
  readonly openings: readonly { readonly lane: number; readonly from: number; readonly until: number | undefined }[];
  /** Whatever has an `at` stands between these. */
  readonly from: number;
  readonly until: number;
}

/** The event after which nothing more is known of a packet. */
export function lastOf(packet: Packet): number {
  return packet.stops.at(-1)!.n;
}
