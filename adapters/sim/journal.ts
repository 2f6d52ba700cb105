/** What was seen of a world, kept in order and told in three ways: drops, journeys of packets, and a trace to read. */
import { endName, type Endpoint } from '../../effects/endpoint.ts';
import { icmpName } from './icmp-message.ts';
import type { DropReason } from './packet.ts';
import type { Flow, PacketSighting, Sighting } from './sighting.ts';
import { type Segment, segmentName } from './tcp-segment.ts';

/** A packet that went no further. `from` and `to` are as it stood when it was dropped. */
export interface Drop {
  readonly at: number;
  readonly by: string;
  readonly reason: DropReason;
  readonly from: string;
  readonly to: string;
}

/** One packet's way. */
export interface Journey {
  readonly id: number;
  /** The packet of which a link made this one. */
  readonly copyOf?: number;
  readonly host: string;
  readonly socket: string;
  readonly sentAt: number;
  readonly data: Uint8Array;
  /** TCP's; absent for a datagram. */
  readonly segment?: Segment;
  /** The data is an ICMP message. */
  readonly icmp?: true;
  readonly src: Endpoint;
  readonly dst: Endpoint;
  readonly hops: readonly Hop[];
  /** The host and socket that took it, as `b:main`. */
  readonly deliveredTo?: string;
  readonly deliveredAt?: number;
}

/** A device on the way: it forwarded the packet, rewrote it from `before` to `after`, or dropped it. */
export interface Hop {
  readonly at: number;
  readonly device: string;
  readonly before?: Flow;
  readonly after?: Flow;
  readonly dropped?: DropReason;
}

/** A datagram's message type, for people. */
export type Describe = (host: string, data: Uint8Array) => string;

/** Observes a world: `internet.observe(journal.note)`. */
export class Journal {
  readonly sightings: Sighting[] = [];

  readonly note = (sighting: Sighting): void => {
    this.sightings.push(sighting);
  };

  drops(): Drop[] {
    const drops: Drop[] = [];
    for (const seen of this.sightings) {
      if (seen.type !== 'dropped') continue;
      const { at, device: by, reason, src, dst } = seen;
      drops.push({ at, by, reason, from: endName(src), to: endName(dst) });
    }
    return drops;
  }

  /** In order of sending. */
  journeys(): Journey[] {
    const journeys = new Map<number, Open>();
    for (const seen of this.#packets()) {
      if (seen.type === 'sent') {
        const { id, device: host, socket, at: sentAt, data, segment, icmp, src, dst } = seen;
        journeys.set(id, { id, host, socket, sentAt, data, ...(segment ? { segment } : {}), ...(icmp ? { icmp } : {}), src, dst, hops: [] });
        continue;
      }
      const journey = journeys.get(seen.type === 'duplicated' ? seen.of : seen.id);
      if (journey === undefined) continue;
      const { at, device } = seen;
      switch (seen.type) {
        case 'translated':
          journey.hops.push({ at, device, before: seen.before, after: { src: seen.src, dst: seen.dst } });
          break;
        case 'forwarded':
          journey.hops.push({ at, device });
          break;
        case 'dropped':
          journey.hops.push({ at, device, dropped: seen.reason });
          break;
        case 'delivered':
          journey.deliveredTo = `${device}:${seen.socket}`;
          journey.deliveredAt = at;
          break;
        case 'duplicated':
          journeys.set(seen.id, { ...journey, id: seen.id, copyOf: seen.of, hops: [...journey.hops] });
      }
    }
    return [...journeys.values()];
  }

  /**
   * One line for each sending, translation, drop and delivery, by time (ms):
   * `0 a:r1 192.168.1.2:40000 > 198.18.0.2:3478 register`, then `0 nat-a as 198.18.1.2:40000 > …` (rewritten so),
   * `20 s:main got …`, `20 nat-b dropped …: filtering`, `10 link-a copied …`. TCP shows as `SYN`, `SYN-ACK`, `12 bytes` and so on,
   * ICMP as `echo-request 7` or `time-exceeded for 198.18.1.2 > 3.3.3.3`, between addresses without ports.
   */
  trace(describe: Describe): string[] {
    const names = new Map<number, string>();
    const lines: string[] = [];
    for (const seen of this.#packets()) {
      if (seen.type === 'forwarded') continue;
      if (seen.type === 'sent') names.set(seen.id, nameOf(seen, describe));
      if (seen.type === 'duplicated') names.set(seen.id, names.get(seen.of) ?? 'payload');
      lines.push(`${formatTime(seen.at)} ${line(seen, `${formatFlow(seen)} ${names.get(seen.id) ?? 'payload'}`)}`);
    }
    return lines;
  }

  *#packets(): Generator<PacketSighting> {
    for (const seen of this.sightings) if ('id' in seen) yield seen;
  }
}

function nameOf({ device, data, segment, icmp }: Extract<PacketSighting, { type: 'sent' }>, describe: Describe): string {
  if (icmp) return icmpName(data);
  return segment ? segmentName(segment, data.length) : describe(device, data);
}

type Open = { -readonly [K in keyof Journey]: K extends 'hops' ? Hop[] : Journey[K] };

function line(seen: Exclude<PacketSighting, { type: 'forwarded' }>, packet: string): string {
  switch (seen.type) {
    case 'sent':
      return `${seen.device}:${seen.socket} ${packet}`;
    case 'translated':
      return `${seen.device} as ${packet}`;
    case 'dropped':
      return `${seen.device} dropped ${packet}: ${seen.reason}`;
    case 'delivered':
      return `${seen.device}:${seen.socket} got ${packet}`;
    case 'duplicated':
      return `${seen.device} copied ${packet}`;
  }
}

function formatFlow({ src, dst }: Flow): string {
  return `${endName(src)} > ${endName(dst)}`;
}

/** Microseconds are enough for people, and hide what adding fractions leaves behind. */
function formatTime(at: number): string {
  return String(Math.round(at * 1000) / 1000);
}
