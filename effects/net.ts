/**
 * The port: everything a machine can ask of a network, and everything it can hear back.
 * Nothing is thrown across it. Bytes only; messages are made of them in `net-actor.ts`.
 *
 * Sockets are labels that the asker chooses (`'r1'`, `'sweep/7'`). A label names one socket from its opening effect
 * until `close`; it may be used again afterwards.
 */
import type { Observable } from 'rxjs';
import type { Endpoint } from './endpoint.ts';

/** A network: from the effects asked for to the events heard. Subscribing opens it, unsubscribing closes every socket. */
export type Net = (effects: Observable<NetEffect>) => Observable<NetEvent>;

/** What can be asked. Imperative. */
export type NetEffect =
  /** Bind a UDP socket. `local` defaults to any address and a free port. Answer: `udp.opened` or `net.failed`. */
  | { readonly type: 'udp.open'; readonly socket: string; readonly local?: Partial<Endpoint> | undefined }
  | UdpSend
  | TcpListen
  /**
   * Connect from `local` (default: any) to `to`. Answer: `tcp.connected` or `net.failed`. Connections may share a local
   * port if each names its `local`, the first perhaps with port 0, and a listener may join them last: once it listens,
   * connecting from there is `address-in-use`. The system gives up after minutes (`timed-out`); who cannot wait closes it.
   */
  | { readonly type: 'tcp.connect'; readonly socket: string; readonly to: Endpoint; readonly local?: Endpoint }
  /**
   * Send more of a connection's stream; before `tcp.connected` it waits. When more than `TCP_QUEUE_BYTES` in
   * `TCP_QUEUE_SENDS` would wait for a slow peer, the connection ends, as `net.failed` of this effect (`exhausted`), and its
   * peer gets a reset.
   */
  | { readonly type: 'tcp.send'; readonly socket: string; readonly data: Uint8Array }
  /**
   * Stop reading a connection's stream, so that its sender has to wait; or go on. What was read before may still be reported,
   * and an end is not noticed before all ahead of it is read. Neither fails, whether there is such a connection or not.
   */
  | { readonly type: 'tcp.pause' | 'tcp.resume'; readonly socket: string }
  | TcpRelease
  /**
   * Open a raw ICMP socket, over IPv4. Answer: `icmp.opened` or `net.failed`: `not-permitted` without the right to it,
   * `unsupported` where it cannot be had, each with what would help.
   */
  | { readonly type: 'icmp.open'; readonly socket: string }
  /** Send one ICMP message (type, code, checksum, rest), whole and without its IP header, to an address. */
  | { readonly type: 'icmp.send'; readonly socket: string; readonly to: string; readonly data: Uint8Array; readonly ttl?: number | undefined }
  /**
   * Close a socket. Never fails, and is not answered; nothing is reported of the socket from then on. A connection that is
   * up first sends what waits, while time allows, and then ends in order. A listener's connections stay. Of accepted ones on
   * which nothing was ever sent, only the newest `TCP_LINGERING` wait so for their peer to end its side: strangers hold no more.
   */
  | { readonly type: 'close'; readonly socket: string };

/** Accept connections on `local`. Answer: `tcp.listening` or `net.failed`, then `tcp.accepted` for each. */
export interface TcpListen {
  readonly type: 'tcp.listen';
  readonly socket: string;
  readonly local: Endpoint;
  /** A connection on which nothing came or went for so long is closed by this end: `tcp.closed`. Default: none is. */
  readonly idleMs?: number | undefined;
  /**
   * A connection is closed by this end so long after it was accepted, whatever comes or goes: `tcp.closed`. `idleMs` alone
   * lets one byte now and then hold a connection for ever. Default: none is.
   */
  readonly lifeMs?: number | undefined;
  /** So many connections at once. One more is closed as it comes, unannounced. Default: as many as the system gives. */
  readonly limit?: number | undefined;
  /**
   * So many at once from one address, of IPv6 from one network of 64 bits; also those that this end has closed and the other
   * has not yet. One more is closed as it comes, unannounced. Default: as many as `limit`.
   */
  readonly perHost?: number | undefined;
}

/**
 * Give away a connection that is up. Whoever set up the network takes it over as a stream of the adapter's own kind, with its
 * backpressure and its half-close, and `unread` is the first that comes of it. Nothing more is reported of it, the label is
 * free, and unsubscribing leaves it open. Answered only if it fails: `no-such-socket`, or `unsupported` where nobody takes
 * streams, and then it is closed.
 */
export interface TcpRelease {
  readonly type: 'tcp.release';
  readonly socket: string;
  /** What has been received and was not the protocol's. */
  readonly unread?: Uint8Array | undefined;
}

/** Bytes of one connection that may wait to be sent. A guess: far above any protocol message, little for a server. */
export const TCP_QUEUE_BYTES = 1024 * 1024;

/** Sends of one connection that may wait: each costs about 500 bytes of memory beside its own (measured), so 1 MiB again. */
export const TCP_QUEUE_SENDS = 2_048;

/**
 * After so much of one connection was asked to be sent, in bytes or in sends, the next moment at which nothing waits is reported
 * as `tcp.drained`. A guess: several reads of a socket, and a small part of what may wait.
 */
export const TCP_DRAIN_BYTES = 64 * 1024;
export const TCP_DRAIN_SENDS = 256;

/** A guess: a peer that reads ends its side within a round trip, so these are of one moment. A quarter of what a small listener allows. */
export const TCP_LINGERING = 16;

export interface UdpSend {
  readonly type: 'udp.send';
  readonly socket: string;
  readonly to: Endpoint;
  readonly data: Uint8Array;
  /** IP time to live of this datagram; the host's default when absent. */
  readonly ttl?: number | undefined;
  /** The bytes are the application's, not a protocol's: recordings keep their length only. */
  readonly payload?: true | undefined;
}

/** What can be heard. Past tense. `at` is the adapter's clock in ms. */
export type NetEvent =
  /** `local` is what was bound; `addresses` are the host's own addresses that reach this socket, best first. */
  | { readonly type: 'udp.opened'; readonly socket: string; readonly local: Endpoint; readonly addresses: readonly Endpoint[]; readonly at: number }
  | UdpReceived
  | { readonly type: 'tcp.listening'; readonly socket: string; readonly local: Endpoint; readonly at: number }
  | { readonly type: 'tcp.connected'; readonly socket: string; readonly local: Endpoint; readonly peer: Endpoint; readonly at: number }
  /** `socket` is a new label made by the adapter, `listener/1` and so on: none that is open, none that this listener gave before. */
  | { readonly type: 'tcp.accepted'; readonly listener: string; readonly socket: string; readonly local: Endpoint; readonly peer: Endpoint; readonly at: number }
  /** More of a stream. Where one piece ends and the next begins means nothing. */
  | { readonly type: 'tcp.received'; readonly socket: string; readonly data: Uint8Array; readonly at: number }
  /**
   * The system has taken all that was asked to be sent on a connection. Heard once after each `TCP_DRAIN_BYTES` or
   * `TCP_DRAIN_SENDS`, so that who counts them knows when to hold back and when to go on.
   */
  | { readonly type: 'tcp.drained'; readonly socket: string; readonly at: number }
  /**
   * The other end ended a connection, or it was idle; both directions are over (none stays half open) and the label is free.
   * Every connection ends with either this or one `net.failed`. No proof that all has come: a reset right behind unread
   * bytes can look like an end, so a protocol says by itself where its messages end.
   */
  | { readonly type: 'tcp.closed'; readonly socket: string; readonly at: number }
  | { readonly type: 'icmp.opened'; readonly socket: string; readonly at: number }
  /**
   * One ICMP message that reached the host, whole and without its IP header. Every raw socket hears all of them, also other
   * programs' and the echo requests that the system answers by itself. Nobody has checked it, not even its checksum.
   */
  | { readonly type: 'icmp.received'; readonly socket: string; readonly from: string; readonly data: Uint8Array; readonly at: number }
  | NetFailed;

export interface UdpReceived {
  readonly type: 'udp.received';
  readonly socket: string;
  readonly from: Endpoint;
  readonly data: Uint8Array;
  readonly at: number;
}

/**
 * An effect that could not be carried out, or a socket that broke later. Either way the label is free, but for a label that
 * was open already (its socket stays as it is), a datagram that was not sent, and a listener that after `tcp.listening`
 * cannot accept for now (`exhausted`): it says so once until it can again, and goes on.
 */
export interface NetFailed {
  readonly type: 'net.failed';
  /** The effect that failed; a socket that broke by itself is reported as its opening effect, an accepted one as `tcp.listen`. */
  readonly effect: NetEffect['type'];
  readonly socket: string;
  readonly code: NetFailure;
  /** One line for people: what, where, why. */
  readonly detail: string;
  /** Of a datagram, or with port 0 of an ICMP message. */
  readonly to?: Endpoint | undefined;
  readonly at: number;
}

/** Stable codes of `net.failed`, the same for every adapter. */
export type NetFailure =
  | 'address-in-use'
  | 'address-not-available'
  | 'not-permitted'
  | 'unreachable'
  | 'refused'
  | 'reset'
  | 'timed-out'
  | 'too-large'
  | 'unsupported'
  | 'no-such-socket'
  | 'exhausted'
  | 'unknown';

/** What every adapter says of a label that some socket has, of whichever kind. */
export const LABEL_TAKEN = 'that label is open already';
