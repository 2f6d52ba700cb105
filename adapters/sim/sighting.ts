/** What can be seen of a simulated internet: one value for each thing that happens to a packet or to a NAT's table. */
import type { Endpoint } from '../../effects/endpoint.ts';
import type { DropReason, Protocol } from './packet.ts';
import type { Segment } from './tcp-segment.ts';

/** `at` is virtual time in ms; `device` the name of what it happened at; `id` the packet's. */
export type Sighting = PacketSighting | RowSighting;

/** What happened to one packet at one device. */
export type PacketSighting =
  /** `segment` is TCP's; `icmp` says that the data is an ICMP message, and its endpoints have port 0. */
  | (PacketSeen & { readonly type: 'sent'; readonly socket: string; readonly ttl: number; readonly data: Uint8Array; readonly segment?: Segment; readonly icmp?: true })
  /** `src` and `dst` are as after the translation. */
  | (PacketSeen & { readonly type: 'translated'; readonly before: Flow })
  | (PacketSeen & { readonly type: 'forwarded' })
  /** `id` is the new copy's; `of` what it is a copy of. */
  | (PacketSeen & { readonly type: 'duplicated'; readonly of: number })
  | (PacketSeen & { readonly type: 'dropped'; readonly reason: DropReason })
  | (PacketSeen & { readonly type: 'delivered'; readonly socket: string });

/**
 * A row of a NAT's table came, died of old age, or had to make room; or the TCP session it stands for ends, so that it will
 * be remembered for less long, or has ended.
 */
export interface RowSighting {
  readonly type: 'row.added' | 'row.expired' | 'row.evicted' | 'row.closing' | 'row.closed';
  readonly at: number;
  readonly device: string;
  readonly row: Row;
}

/** Source and destination of a packet at some point of its way. */
export interface Flow {
  readonly src: Endpoint;
  readonly dst: Endpoint;
}

/** What a NAT remembers: `inside` is known outside as `external`, and may hear from `remote` (`*`, an address, or an endpoint). */
export interface Row {
  readonly protocol: Protocol;
  readonly inside: Endpoint;
  readonly external: Endpoint;
  readonly remote: string;
  readonly replied: boolean;
  readonly createdAt: number;
  /** As known when it was seen; traffic moves it. */
  readonly expiresAt: number;
}

/** Hears all that happens in an internet, as it happens. */
export type Observer = (sighting: Sighting) => void;

interface PacketSeen extends Flow {
  readonly at: number;
  readonly device: string;
  readonly id: number;
}
