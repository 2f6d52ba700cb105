/**
 * What only the caller does: it takes TCP connections in, speaks for each of them by the protocol that the listener speaks, and keeps
 * the link with one of ours alive. A value; each function makes another.
 */
import type { Endpoint } from '../../effects/endpoint.ts';
import { derive, identifier } from '../../effects/seed.ts';
import { withEntry } from '../persistent-map.ts';
import * as linked from './link-stream.ts';
import type { HelloAck, LinkBye, LinkPong, Packet, Receipt } from './messages.ts';
import * as plain from './plain-stream.ts';
import { closed, newSide } from './tcp-side.ts';
import * as timing from './timing.ts';
import { added, dropped, linkHeard, newTunnel, plainKey, requestKey, streamAt, type Tunnel, tunnelHeard, tunnelTicked } from './tunnel.ts';
import { HOLE, type Turn } from './turn.ts';

export interface Calls {
  readonly seed: string;
  readonly server: Endpoint;
  readonly to: { readonly host: string; readonly port: string };
  readonly tunnel: Tunnel;
  /** How the listener speaks; undefined before it has spoken, and after it has fallen silent. */
  readonly speech: 'plain' | Link | undefined;
  /** While the listener speaks udptunnel: how often it has been offered better, and when it is again. One of ours may not have heard. */
  readonly offered: number;
  readonly offerAt: number;
  /** Links so far, and our number for the one that is offered. */
  readonly offers: number;
  readonly self: string;
  /** TCP connections that wait for the listener to speak. */
  readonly waiting: readonly string[];
  /** The next request of udptunnel, and the next number of a link's. */
  readonly request: number;
  readonly nextId: number;
  /** When the listener was heard last. */
  readonly heardAt: number;
}

interface Link {
  readonly pair: string;
  readonly serial: number;
  readonly askedAt: number;
  readonly tries: number;
  readonly dueAt: number;
  readonly roundTripMs: number | undefined;
}

export function newCalls(seed: string, server: Endpoint, to: Calls['to']): Calls {
  const [salt = 0, request = 0] = new Uint32Array(derive(seed, 'salt', 0).slice().buffer);
  return { seed, server, to, tunnel: newTunnel('caller', salt), speech: undefined, offered: 0, offerAt: Infinity, offers: 0, self: numberFor(seed, 0), waiting: [], request: request & 0xffff, nextId: 1, heardAt: -Infinity };
}

/** A TCP connection has come. */
export function tcpCame(calls: Calls, turn: Turn, socket: string): Calls {
  const { tunnel, waiting, speech } = calls;
  if (tunnel.streams.size + waiting.length >= timing.STREAMS) {
    turn.ask({ type: 'close', socket });
    return calls;
  }
  if (typeof speech === 'object' && isUsedUp(calls)) {
    turn.send(calls.server, { type: 'linkBye', pair: speech.pair, by: 'caller' });
    return tcpCame(silenced(calls, turn), turn, socket);
  }
  if (speech) return begun(calls, turn, socket);
  turn.ask({ type: 'tcp.pause', socket });
  return { ...calls, waiting: [...waiting, socket] };
}

/** A TCP connection that waited has gone. */
export function tcpGone(calls: Calls, socket: string): Calls {
  return { ...calls, waiting: calls.waiting.filter((one) => one !== socket) };
}

/** The listener speaks udptunnel, and nothing better so far. */
export function spokenPlainly(calls: Calls, turn: Turn): Calls {
  return calls.speech ? calls : admitted({ ...calls, speech: 'plain', offered: 0, offerAt: turn.now + timing.checkMs(0) }, turn);
}

/** The listener is one of ours. */
export function accepted(calls: Calls, turn: Turn, pair: string): Calls {
  if (!pair.startsWith(calls.self) || typeof calls.speech === 'object') return calls;
  const link: Link = { pair, serial: 1, askedAt: turn.now, tries: 0, dueAt: turn.now + timing.checkMs(0), roundTripMs: undefined };
  turn.send(calls.server, { type: 'linkPing', pair, by: 'caller', serial: link.serial });
  return admitted({ ...calls, speech: link, nextId: 1 }, turn);
}

export function helloAcknowledged(calls: Calls, turn: Turn, message: HelloAck): Calls {
  const { server, tunnel } = calls;
  const called = streamAt(tunnel, requestKey(server, message.request));
  const known = streamAt(tunnel, plainKey(server, message.id));
  // An id that nobody wants: the answer to a HELLO that was said twice, or whose TCP connection has gone.
  if (called?.by !== 'plain' && !known) turn.send(server, { type: 'goodbye', id: message.id });
  if (called?.by !== 'plain') return known ? { ...calls, tunnel: tunnelHeard(tunnel, turn, server, message) } : calls;
  return { ...calls, tunnel: tunnelHeard(withIdOf(tunnel, called, message.id), turn, server, message) };
}

export function linkMessageCame(calls: Calls, turn: Turn, message: Packet | Receipt | LinkPong | LinkBye): Calls {
  const { speech, server, tunnel } = calls;
  if (typeof speech !== 'object' || message.pair !== speech.pair || message.by !== 'listener') return calls;
  switch (message.type) {
    case 'linkPong':
      if (message.serial !== speech.serial || speech.askedAt === -Infinity) return calls;
      return { ...calls, speech: { ...speech, roundTripMs: speech.tries === 0 ? turn.now - speech.askedAt : speech.roundTripMs, tries: 0, askedAt: -Infinity, dueAt: turn.now + timing.LINK_PING_MS } };
    case 'packet':
    case 'receipt':
      return { ...calls, tunnel: linkHeard(tunnel, turn, server, message, (_text, stream) => stream) };
    case 'linkBye':
      return silenced(calls, turn);
  }
}

/** The listener is not there any more, or not as it was: its connections are over, and the next offer is a new one. */
export function silenced(calls: Calls, turn: Turn): Calls {
  const offers = calls.offers + 1;
  return { ...calls, speech: undefined, offers, self: numberFor(calls.seed, offers), tunnel: dropped(calls.tunnel, turn, ({ by }) => by === 'link') };
}

/** A connection has that id of udptunnel's, or had it. */
export function isKnown({ tunnel, server }: Calls, id: number): boolean {
  return streamAt(tunnel, plainKey(server, id)) !== undefined || tunnel.ended.has(plainKey(server, id));
}

/** Everything that is due by now. A HELLO that is repeated goes behind what opens the hole. */
export function ticked(calls: Calls, turn: Turn): Calls {
  const { server, speech } = calls;
  const before = turn.commands.length;
  const after = { ...calls, tunnel: tunnelTicked(calls.tunnel, turn) };
  const isCalling = turn.commands.slice(before).some((command) => command.type === 'udp.send' && command.message.type === 'hello');
  if (isCalling) forge(turn, server);
  if (speech === 'plain' && calls.offerAt <= turn.now) {
    turn.send(server, { type: 'offer', caller: calls.self });
    const offered = calls.offered + 1;
    return { ...after, offered, offerAt: offered < timing.OFFERS ? turn.now + timing.checkMs(offered) : Infinity };
  }
  if (typeof speech !== 'object' || speech.dueAt > turn.now) return after;
  if (speech.askedAt === -Infinity) {
    const serial = speech.serial + 1;
    turn.send(server, { type: 'linkPing', pair: speech.pair, by: 'caller', serial });
    return { ...after, speech: { ...speech, serial, askedAt: turn.now, dueAt: turn.now + timing.checkMs(0) } };
  }
  if (speech.tries + 1 >= timing.CHECKS) return silenced(after, turn);
  const tries = speech.tries + 1;
  turn.send(server, { type: 'linkPing', pair: speech.pair, by: 'caller', serial: speech.serial });
  return { ...after, speech: { ...speech, tries, dueAt: turn.now + timing.checkMs(tries) } };
}

export function dueAt({ tunnel, speech, offerAt }: Calls): number {
  return Math.min(tunnel.dueAt, typeof speech === 'object' ? speech.dueAt : speech === 'plain' ? offerAt : Infinity);
}

/** Ends everything, and says so. */
export function ended(calls: Calls, turn: Turn): Calls {
  const { speech, server, waiting } = calls;
  const tunnel = dropped(calls.tunnel, turn, () => true);
  if (typeof speech === 'object') turn.send(server, { type: 'linkBye', pair: speech.pair, by: 'caller' });
  for (const socket of waiting) closed(turn, newSide(socket));
  return { ...calls, tunnel, waiting: [], speech: undefined };
}

/** The error that tells the listener where we are. */
export function forge(turn: Turn, { host }: Endpoint): void {
  turn.ask({ type: 'icmp.send', socket: HOLE, to: host, message: { type: 'exceeded', about: host } });
}

/** Who has waited waits no more. */
function admitted(calls: Calls, turn: Turn): Calls {
  let after: Calls = { ...calls, waiting: [] };
  for (const socket of calls.waiting) {
    after = begun(after, turn, socket);
    turn.ask({ type: 'tcp.resume', socket });
  }
  return after;
}

function begun(calls: Calls, turn: Turn, socket: string): Calls {
  const { speech, server: peer, to: { host, port }, tunnel, heardAt } = calls;
  const tcp = newSide(socket);
  if (typeof speech !== 'object') {
    const leadMs = turn.now - heardAt > timing.HOLE_MS ? 2 * timing.LEAD_MS : 0;
    if (leadMs > 0) forge(turn, peer);
    const request = freeRequest(calls);
    const stream = plain.called(turn, { tcp, peer, request, host, port }, leadMs);
    return { ...calls, request: (request + 1) & 0xffff, tunnel: added(tunnel, turn, stream) };
  }
  const id = calls.nextId;
  const stream = linked.called(turn, { tcp, peer, pair: speech.pair, id }, host, port, speech.roundTripMs);
  return { ...calls, nextId: id + 1, tunnel: added(tunnel, turn, stream) };
}

/** The listener takes no number twice: another link is due, best while nothing is under way. */
function isUsedUp({ nextId, tunnel }: Calls): boolean {
  return nextId > 0xffff || (nextId > 0x8000 && tunnel.streams.size === 0);
}

function freeRequest({ request, tunnel, server }: Calls): number {
  let free = request;
  while (streamAt(tunnel, requestKey(server, free))) free = (free + 1) & 0xffff;
  return free;
}

/** The number by which the message finds its connection, from now on. */
function withIdOf(tunnel: Tunnel, stream: plain.PlainStream, id: number): Tunnel {
  return { ...tunnel, labels: withEntry(tunnel.labels, plainKey(stream.peer, id), stream.tcp.socket) };
}

function numberFor(seed: string, offers: number): string {
  return identifier(seed, 'link', offers, 8);
}
