/**
 * What a NAT does, as data: mapping × filtering × allocation × expiry, in the words of RFC 4787, each part chosen alone.
 * The one function `key` is the taxonomy; nothing here runs.
 */
import type { Endpoint } from '../../effects/endpoint.ts';
import { LINUX_TCP, type TcpTracking } from './nat-session.ts';
import type { Protocol } from './packet.ts';

/** How much of the remote endpoint matters. RFC 4787 §4.1 for mapping, §5 for filtering. */
export type Dependence = 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent';

/** What is left of a remote endpoint when only so much of it matters. Equal keys share a mapping, or pass the filter. */
export function key(dependence: Dependence, { host, port }: Endpoint): string {
  switch (dependence) {
    case 'endpoint-independent':
      return '*';
    case 'address-dependent':
      return host;
    case 'address-and-port-dependent':
      return `${host}:${port}`;
  }
}

export interface NatBehaviour {
  readonly mapping: Dependence;
  readonly filtering: Dependence;
  readonly allocation: Allocation;
  /** The external port is even or odd as the inside port is (RFC 4787 REQ-4). */
  readonly parity: boolean;
  /** UDP's. */
  readonly expiry: Expiry;
  readonly tcp: TcpTracking;
  readonly icmp: IcmpHandling;
  /** Inside hosts reach each other by their external endpoints (RFC 4787 REQ-9, external source form). */
  readonly hairpin: boolean;
  readonly pool: Pool;
  readonly table: TableLimit;
  /**
   * What an unsolicited datagram of UDP to the NAT itself leaves behind. `clash` is Linux with an INPUT that accepts: an entry for
   * that source and external endpoint, which later moves our own flow to that source to another port. Of TCP nothing is left:
   * that Linux answers by RST, and forgets.
   */
  readonly earlyProbe: 'ignored' | 'clash';
  /** Dropped in both directions. */
  readonly blocked: readonly Protocol[];
  /**
   * What an unsolicited SYN gets (RFC 5382 REQ-4), and any other segment but a RST that belongs to no session. A NAT that
   * holds it for a while and then sends an ICMP error is one that drops it: no connection here ends by ICMP.
   */
  readonly unsolicitedSyn: 'dropped' | 'reset';
}

/** Errors that quote a packet it knows are always translated, both ways, and echoes by their identifier. */
export interface IcmpHandling {
  /** Of an echo, in ms since the last message in either direction; an answer ends nothing. */
  readonly lifetimeMs: number;
  /**
   * What becomes of an error from inside about no packet that it knows: sent on as it is, with its private source, as by Linux,
   * or `translated` as if it had come from the NAT.
   */
  readonly unknownErrors: 'untranslated' | 'translated';
}

/** How an external port is chosen for a new mapping. Ports are 1024 to 65535. */
export type Allocation =
  /** The inside port, or on a clash the next free one, a random one, or none. */
  | { readonly kind: 'preserve'; readonly clash: 'next' | 'random' | 'drop' }
  /** `step` (not 0) from the last one given, while others take `noisePerSecond` ports in between. `first` defaults to chance. */
  | { readonly kind: 'sequential'; readonly step: number; readonly noisePerSecond: number; readonly first?: number }
  | { readonly kind: 'random' }
  /** Each inside address has one block of `size` ports, and ports at random in it (RFC 7422 in kind). */
  | { readonly kind: 'block'; readonly size: number }
  /** Addresses stay as they are: a stateful firewall, which filters only. */
  | { readonly kind: 'none' };

/** Lifetimes of a row since the traffic that last refreshed it, in ms. Outbound always refreshes (RFC 4787 REQ-6). */
export interface Expiry {
  readonly unrepliedMs: number;
  /** Once a reply has been seen. */
  readonly repliedMs: number;
  /** A row is younger than a stream until this age, and lives only `unrepliedMs`, replied or not. */
  readonly streamAfterMs: number;
  readonly inboundRefresh: boolean;
}

/** External addresses: how many, and whether an inside host keeps to one (RFC 4787 REQ-2 recommends paired). */
export interface Pool {
  readonly size: number;
  readonly pooling: 'paired' | 'arbitrary';
}

/** `size` counts rows: one for each mapping and remote that its filtering tells apart. `oldest` is the one created first. */
export interface TableLimit {
  readonly size: number;
  readonly eviction: 'oldest' | 'refuse';
}

/** nf_conntrack_udp_timeout and _stream; a flow counts as a stream 2 s after its first packet, if it was answered. */
export const LINUX_EXPIRY: Expiry = { unrepliedMs: 30_000, repliedMs: 120_000, streamAfterMs: 2_000, inboundRefresh: true };

/** nf_conntrack_icmp_timeout. */
export const LINUX_ICMP: IcmpHandling = { lifetimeMs: 30_000, unknownErrors: 'untranslated' };

/** The NAT of a Linux home router: ports preserved, a random port where the wanted one is taken. */
export const LINUX_NAT: NatBehaviour = {
  mapping: 'endpoint-independent',
  filtering: 'address-and-port-dependent',
  allocation: { kind: 'preserve', clash: 'random' },
  parity: false,
  expiry: LINUX_EXPIRY,
  tcp: LINUX_TCP,
  icmp: LINUX_ICMP,
  hairpin: false,
  pool: { size: 1, pooling: 'paired' },
  table: { size: 65_536, eviction: 'refuse' },
  earlyProbe: 'ignored',
  blocked: [],
  unsolicitedSyn: 'dropped',
};

/** A stateful firewall without translation. */
export const FIREWALL: NatBehaviour = { ...LINUX_NAT, allocation: { kind: 'none' } };

/** Whether a device with this behaviour rewrites addresses. */
export function translates(behaviour: NatBehaviour): boolean {
  return behaviour.allocation.kind !== 'none';
}
