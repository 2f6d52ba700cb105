/** What pwnat's two ends say to each other, as values: by ICMP, as udptunnel does, and as two of our own ends do. Their bytes: `codec.ts`. */
import type { Endpoint } from '../../effects/endpoint.ts';

/** All that pwnat's ends say to each other: to open the hole, and then through it. */
export type PwnatMessage = HoleMessage | TunnelMessage | LinkMessage | MappingMessage | Piece;

/** What opens the hole. */
export type HoleMessage = Echo | Exceeded | Rejected | Ping | Pong | Punch | Greeting;

/** Listener → nobody, by ICMP: an echo request to an address that answers none, so that errors about it are let in. */
export interface Echo {
  readonly type: 'echo';
}

/** Caller → listener, by ICMP: "your echo request has died here", which only tells where the caller is. */
export interface Exceeded {
  readonly type: 'exceeded';
  /** Whose echo request: the listener's address as its NAT shows it. */
  readonly about: string;
}

/** Somebody on the way → us, by ICMP: a datagram of ours did not arrive. */
export interface Rejected {
  readonly type: 'rejected';
  readonly source: Endpoint;
  readonly to: Endpoint;
  /** `port`: that host is there, and nobody listens. `filtered`: it says that it may not. */
  readonly why: 'port' | 'filtered' | 'no-route';
}

/** Caller → the listener's address, by ICMP, to learn whether ICMP passes at all. */
export interface Ping {
  readonly type: 'ping';
  readonly id: number;
}

export interface Pong {
  readonly type: 'pong';
  readonly id: number;
}

/** Listener → caller: a datagram of no bytes, for which the listener's NAT opens. The original takes one for the end of its session. */
export interface Punch {
  readonly type: 'punch';
}

/** pypwnat's only word, both ways. */
export interface Greeting {
  readonly type: 'greeting';
}

/** udptunnel. Messages of one TCP connection have its id; one DATA is under way in each direction. */
export type TunnelMessage = Hello | HelloAck | KeepAlive | Data | Ack | Goodbye;

/** Caller → listener: "I want to connect to there". */
export interface Hello {
  readonly type: 'hello';
  /** The caller's number for it, 0 to 65535. */
  readonly request: number;
  /** As it was written, and compared. */
  readonly host: string;
  readonly port: string;
  /** Bytes of the whole message: all answers together must not be more while nobody has shown to be there. */
  readonly size?: number | undefined;
}

/** Listener → caller: "its id is this one". Caller → listener: "then connect". */
export interface HelloAck {
  readonly type: 'helloAck';
  readonly id: number;
  readonly request: number;
}

export interface KeepAlive {
  readonly type: 'keepAlive';
  readonly id: number;
}

export interface Data {
  readonly type: 'data';
  readonly id: number;
  readonly kind: 0 | 1;
  /** 1 to `TUNNEL_BODY` bytes. */
  readonly body: Uint8Array;
}

export interface Ack {
  readonly type: 'ack';
  readonly id: number;
  readonly kind: 0 | 1;
}

export interface Goodbye {
  readonly type: 'goodbye';
  readonly id: number;
}

export const TUNNEL_BODY = 1024;

/**
 * Between two of our own ends. `pair` names the link: the caller's and the listener's numbers for it, 16 hex digits each. Where
 * both know a secret, each message proves it.
 */
export type LinkMessage = Offer | Accept | Packet | Receipt | LinkPing | LinkPong | LinkBye;

export type Side = 'caller' | 'listener';

/** Caller → listener: "if you are one of us, let us speak our own protocol". */
export interface Offer {
  readonly type: 'offer';
  /** The caller's number; 16 hex digits. */
  readonly caller: string;
}

/** Listener → caller: "I am". No longer than the offer, and the listener remembers nothing of it. */
export interface Accept {
  readonly type: 'accept';
  readonly pair: string;
}

interface OfLink {
  readonly pair: string;
  /** Who says it: nobody is impressed by their own words. */
  readonly by: Side;
}

/** One of the numbered packets of a TCP connection's direction. The caller's first is `open`, the last of each direction `end`. */
export interface Packet extends OfLink {
  readonly type: 'packet';
  /** The TCP connection's number, 1 to 65535, chosen by the caller. */
  readonly id: number;
  /** From 0. */
  readonly sequence: number;
  readonly kind: 'open' | 'data' | 'end';
  /** `open`: the destination as text, as in HELLO. `end`: nothing, or one byte that says why there was no connection, see `NO_CONNECTION`. */
  readonly body: Uint8Array;
}

/** In the last packet of the listener's direction. */
export const NO_CONNECTION = { denied: 1, refused: 2 } as const;

/** What has come of one direction. */
export interface Receipt extends OfLink {
  readonly type: 'receipt';
  readonly id: number;
  /** All before this one have come. */
  readonly next: number;
  /** All before this one may be sent. */
  readonly limit: number;
  /** Of those behind `next`, the first in the highest bit: which have come already. */
  readonly seen: Uint8Array;
}

export interface LinkPing extends OfLink {
  readonly type: 'linkPing';
  readonly serial: number;
}

export interface LinkPong extends OfLink {
  readonly type: 'linkPong';
  readonly serial: number;
}

export interface LinkBye extends OfLink {
  readonly type: 'linkBye';
}

/** Bytes of one packet: with all headers below 1,280, which every path carries (RFC 8200 §5 for IPv6; IPv4 paths do too in practice). */
export const LINK_BODY = 1200;
/** Bytes of a receipt's `seen`. */
export const SEEN_BYTES = 32;

/** What a STUN server is asked when somebody wonders why nothing comes. */
export type MappingMessage = { readonly type: 'ask'; readonly txid: string } | { readonly type: 'mapped'; readonly txid: string; readonly mapped: Endpoint };

/** More of a TCP connection's stream. */
export interface Piece {
  readonly type: 'piece';
  readonly data: Uint8Array;
}
