/**
 * What travels on the simulated internet, and why it may stop. A packet is one object from the host that sent it to the
 * one that takes it: devices rewrite its addresses and time to live in place, and nobody reads it after handing it on.
 */
import type { Endpoint } from '../../effects/endpoint.ts';
import type { Segment } from './tcp-segment.ts';

/** What travels: one datagram, segment or ICMP message. */
export type Packet = UdpPacket | TcpPacket | IcmpPacket;

/** One UDP datagram. */
export interface UdpPacket extends Carried {
  readonly protocol: 'udp';
}

/** One TCP segment; `data` is its payload. */
export interface TcpPacket extends Carried {
  readonly protocol: 'tcp';
  readonly segment: Segment;
}

/** One ICMP message, whole and without ports: those of its endpoints are 0. A NAT puts another message in its place. */
export interface IcmpPacket extends Carried {
  readonly protocol: 'icmp';
  data: Uint8Array;
}

interface Carried {
  /** Unique in its internet, in order of sending; a copy made by a link has its own. */
  readonly id: number;
  /** The name of the host that sent it, and its name for the sending socket. */
  readonly host: string;
  readonly socket: string;
  src: Endpoint;
  dst: Endpoint;
  /** Hops left. A router that would forward it with 1 drops it. */
  ttl: number;
  /** Shared by every copy: to be read, not written. */
  readonly data: Uint8Array;
}

export type Protocol = Packet['protocol'];

/** Of protocols whose endpoints have ports. */
export type Ported = Exclude<Protocol, 'icmp'>;

/** What stands for the socket of a packet that no program sent: the operating system, of a host or of a NAT. */
export const KERNEL = 'kernel';

/** The IP time to live of a datagram whose sender names none, as on Linux. */
export const DEFAULT_TTL = 64;

/** Why a device did not pass a packet on. */
export type DropReason =
  /** The mapping exists, but its filtering keeps this source out. */
  | 'filtering'
  /** Nothing inside owns the external endpoint it was sent to. */
  | 'no-mapping'
  /** Addressed to the NAT's own external endpoint from inside, and it does not hairpin. */
  | 'no-hairpin'
  /** The NAT's table is full and refuses new rows. */
  | 'table-full'
  /** No external port is left, or the wanted one is taken and the NAT gives no other. */
  | 'no-port'
  /** It became, or went to, an entry of the NAT itself: the early-probe clash of a Linux NAT whose INPUT accepts. */
  | 'early-probe'
  /** Its time to live ran out. */
  | 'ttl'
  /** Nobody has the destination, or it is a private address where only public ones are routed. */
  | 'unroutable'
  /** It comes from a private address, to which no answer could find its way: the core carries no such packet. */
  | 'private-source'
  | 'udp-blocked'
  | 'tcp-blocked'
  | 'icmp-blocked'
  /** TCP that belongs to no session the NAT knows, and begins none: from inside, neither a SYN nor a bare ACK. */
  | 'no-session'
  /** Lost by a link, by chance or by order. */
  | 'loss'
  /** The link is cut. */
  | 'partition'
  /** It arrived, and nobody had bound the port, or no such connection was there. */
  | 'no-socket';

/** RFC 1918 and RFC 6598 (carrier) space, which the core does not route; loopback and link-local neither. */
export function isPrivate(host: string): boolean {
  const known = privacy.get(host);
  if (known !== undefined) return known;
  const found = PRIVATE.test(host);
  if (privacy.size > 4096) privacy.clear();
  privacy.set(host, found);
  return found;
}

/** A dotted IPv4 literal. */
export function isIPv4(host: string): boolean {
  const parts = host.split('.');
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256);
}

const PRIVATE = /^(?:0\.|10\.|127\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/;

const privacy = new Map<string, boolean>();

/** One more router behind it; the reason where it was its last. */
export function hop(packet: Packet): DropReason | undefined {
  if (packet.ttl <= 1) return 'ttl';
  packet.ttl -= 1;
  return undefined;
}
