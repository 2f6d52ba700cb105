/**
 * All TCP connections of one end, by either protocol: which is which by its socket and by its numbers on the wire, and when the next
 * of them has something to do. A value; each function makes another. What only one of the two ends does is in `callee.ts`
 * and `calls.ts`.
 */
import { type Endpoint, formatEndpoint } from '../../effects/endpoint.ts';
import { emptyMap, entries, getEntry, type PersistentMap, withEntry } from '../persistent-map.ts';
import * as linked from './link-stream.ts';
import type { LinkStream } from './link-stream.ts';
import type { Hello, Packet, Receipt, Side, TunnelMessage } from './messages.ts';
import * as plain from './plain-stream.ts';
import type { PlainStream } from './plain-stream.ts';
import * as timing from './timing.ts';
import type { Turn } from './turn.ts';

export type Stream = PlainStream | LinkStream;

export interface Tunnel {
  readonly side: Side;
  /** By the label of its TCP socket. */
  readonly streams: PersistentMap<Stream>;
  /** Their labels, by peer and number on the wire. */
  readonly labels: PersistentMap<string>;
  /** Connections that have ended: by peer and number. */
  readonly ended: ReadonlyMap<string, Ended>;
  /** Nothing is due before. */
  readonly dueAt: number;
}

interface Ended {
  /** It is forgotten then. */
  readonly until: number;
  /** Behind the other end's last packet, if that has come: its receipt may be asked for again. */
  readonly next?: number | undefined;
}

/** `salt` is 32 bits that outsiders do not know. */
export function newTunnel(side: Side, salt: number): Tunnel {
  return { side, streams: emptyMap(salt), labels: emptyMap(salt), ended: new Map(), dueAt: Infinity };
}

/** A message of udptunnel's about a connection that has an id; whoever speaks of one that has ended is told so. */
export function tunnelHeard(tunnel: Tunnel, turn: Turn, from: Endpoint, message: Exclude<TunnelMessage, Hello>): Tunnel {
  const key = plainKey(from, message.id);
  const stream = streamAt(tunnel, key);
  if (stream?.by === 'plain') return changed(tunnel, turn, stream, plain.heard(turn, stream, message));
  if (tunnel.ended.has(key) && (message.type === 'data' || message.type === 'keepAlive')) turn.send(from, { type: 'goodbye', id: message.id });
  return tunnel;
}

/** A message of ours about a connection that there is, or was: its last receipt may have been lost. */
export function linkHeard(tunnel: Tunnel, turn: Turn, from: Endpoint, message: Packet | Receipt, opens: Parameters<typeof linked.packetCame>[3]): Tunnel {
  const { pair, id } = message;
  const key = linkKey(pair, id);
  const stream = streamAt(tunnel, key);
  if (stream?.by === 'link') {
    if (message.type === 'receipt') return changed(tunnel, turn, stream, linked.receiptCame(turn, stream, message));
    const after = linked.packetCame(turn, stream, message, opens);
    return after.incoming.isEnded ? over(tunnel, turn, stream, after.incoming.next) : changed(tunnel, turn, stream, after);
  }
  const next = message.type === 'packet' ? tunnel.ended.get(key)?.next : undefined;
  if (next !== undefined) turn.send(from, { type: 'receipt', by: tunnel.side, pair, id, next, limit: next, seen: NOTHING });
  return tunnel;
}

/** More of a TCP connection's stream. */
export function pieceCame(tunnel: Tunnel, turn: Turn, socket: string, data: Uint8Array): Tunnel {
  const stream = getEntry(tunnel.streams, socket);
  if (!stream) {
    turn.ask({ type: 'close', socket });
    return tunnel;
  }
  return changed(tunnel, turn, stream, stream.by === 'plain' ? plain.read(turn, stream, data) : linked.read(turn, stream, data));
}

export function tcpDrained(tunnel: Tunnel, turn: Turn, socket: string): Tunnel {
  const stream = getEntry(tunnel.streams, socket);
  if (!stream) return tunnel;
  return changed(tunnel, turn, stream, stream.by === 'plain' ? plain.tcpDrained(turn, stream) : linked.tcpDrained(turn, stream));
}

/** A TCP connection has ended by itself, or could not be made: then `why`. */
export function tcpEnded(tunnel: Tunnel, turn: Turn, socket: string, why?: 'refused'): Tunnel {
  const stream = getEntry(tunnel.streams, socket);
  if (!stream?.tcp.isOpen) return tunnel;
  return changed(tunnel, turn, stream, stream.by === 'plain' ? plain.tcpEnded(turn, stream) : linked.tcpEnded(turn, stream, why));
}

/** Everything that is due by now. */
export function tunnelTicked(tunnel: Tunnel, turn: Turn): Tunnel {
  let after = tunnel;
  for (const [, stream] of entries(tunnel.streams)) {
    if (dueAtOf(stream) <= turn.now) after = changed(after, turn, stream, stream.by === 'plain' ? plain.ticked(turn, stream) : linked.ticked(turn, stream));
  }
  let dueAt = Infinity;
  for (const [, stream] of entries(after.streams)) dueAt = Math.min(dueAt, dueAtOf(stream));
  const ended = [...after.ended].filter(([, { until }]) => until > turn.now);
  return { ...after, dueAt, ended: ended.length === after.ended.size ? after.ended : new Map(ended) };
}

/** Lets go of those that `isMeant` says: without a word where the other end is gone, else with one. */
export function dropped(tunnel: Tunnel, turn: Turn, isMeant: (stream: Stream) => boolean): Tunnel {
  let after = tunnel;
  for (const [, stream] of entries(tunnel.streams)) {
    if (!isMeant(stream)) continue;
    if (stream.by === 'plain') plain.givenUp(turn, stream);
    else if (stream.tcp.isOpen) turn.ask({ type: 'close', socket: stream.tcp.socket });
    after = changed(after, turn, stream, undefined);
  }
  return after;
}

/** `stream` is new. */
export function added(tunnel: Tunnel, turn: Turn, stream: Stream): Tunnel {
  return changed({ ...tunnel, labels: withEntry(tunnel.labels, keyOf(stream), stream.tcp.socket) }, turn, stream, stream);
}

export function streamAt({ streams, labels }: Tunnel, key: string): Stream | undefined {
  const label = getEntry(labels, key);
  return label === undefined ? undefined : getEntry(streams, label);
}

/** A connection under its number: udptunnel's ids, the requests that have no id yet, and the numbers of a link. */
export const plainKey = (peer: Endpoint, id: number): string => `${formatEndpoint(peer)} ${id}`;
export const requestKey = (peer: Endpoint, request: number): string => `${formatEndpoint(peer)} ?${request}`;
export const linkKey = (pair: string, id: number): string => `${pair} ${id}`;

/** `before` has become `after`, or is over. */
export function changed(tunnel: Tunnel, turn: Turn, before: Stream, after: Stream | undefined): Tunnel {
  if (!after) return over(tunnel, turn, before);
  const streams = withEntry(tunnel.streams, before.tcp.socket, after);
  const [old, key] = [keyOf(before), keyOf(after)];
  const labels = old === key ? tunnel.labels : withEntry(withEntry(tunnel.labels, old, undefined), key, after.tcp.socket);
  return { ...tunnel, streams, labels, dueAt: Math.min(tunnel.dueAt, dueAtOf(after)) };
}

function over(tunnel: Tunnel, turn: Turn, stream: Stream, next?: number): Tunnel {
  const key = keyOf(stream);
  const ended = new Map(tunnel.ended).set(key, { until: turn.now + timing.ENDED_MS, next });
  const [oldest] = ended.keys();
  if (ended.size > timing.ENDED_IDS && oldest !== undefined) ended.delete(oldest);
  return { ...tunnel, streams: withEntry(tunnel.streams, stream.tcp.socket, undefined), labels: withEntry(tunnel.labels, key, undefined), ended };
}

function keyOf(stream: Stream): string {
  if (stream.by === 'link') return linkKey(stream.pair, stream.id);
  return stream.phase === 'calling' ? requestKey(stream.peer, stream.request) : plainKey(stream.peer, stream.id);
}

function dueAtOf(stream: Stream): number {
  return stream.by === 'plain' ? plain.dueAt(stream) : linked.dueAt(stream);
}

const NOTHING = new Uint8Array(0);
