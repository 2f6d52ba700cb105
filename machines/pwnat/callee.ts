/**
 * What only the listener does: it answers HELLO, takes up links, and connects to the destinations that are allowed, and no others.
 * Nobody is believed to be where a first datagram says: until an answer has come back, little is kept, and no more is said than was
 * heard. A value; each function makes another.
 */
import { type Endpoint, formatEndpoint, sameEndpoint } from '../../effects/endpoint.ts';
import { derive, identifier } from '../../effects/seed.ts';
import { readable } from '../../effects/wire/bytes.ts';
import { entries } from '../persistent-map.ts';
import { type Callers, noCallers, withoutSilent } from './callers.ts';
import * as linked from './link-stream.ts';
import type { Accept, Hello, HelloAck, LinkMessage, Packet, Receipt } from './messages.ts';
import { isOpened, NONE_OPENED, type Opened, withOpened } from './opened.ts';
import * as plain from './plain-stream.ts';
import { newSide } from './tcp-side.ts';
import * as timing from './timing.ts';
import { added, changed, dropped, linkHeard, linkKey, newTunnel, plainKey, streamAt, type Tunnel, tunnelHeard } from './tunnel.ts';
import { bodyText, destination } from './tunnel-codec.ts';
import type { Turn } from './turn.ts';

/** Where a caller may connect to. */
export interface Destination {
  /** As callers have to write it, to the letter. */
  readonly host: string;
  readonly port: string;
  /** Where that is. */
  readonly at: Endpoint;
}

export interface Callee {
  readonly seed: string;
  readonly allow: readonly Destination[];
  readonly tunnel: Tunnel;
  readonly callers: Callers;
  /** Links that stand, by their pair; and pairs that have been taken up, which nobody takes up again. */
  readonly links: ReadonlyMap<string, CalleeLink>;
  readonly used: ReadonlyMap<string, Used>;
  /** TCP connections so far: their labels. */
  readonly serial: number;
}

interface Used {
  readonly host: string;
  /** By then nobody could take it up anyway. */
  readonly until: number;
}

interface CalleeLink {
  readonly peer: Endpoint;
  readonly heardAt: number;
  readonly opened: Opened;
}

export function newCallee(seed: string, allow: readonly Destination[]): Callee {
  const [one = 0, other = 0] = new Uint32Array(derive(seed, 'salt', 0).slice().buffer);
  return { seed, allow, tunnel: newTunnel('listener', one), callers: noCallers(other), links: new Map(), used: new Map(), serial: 0 };
}

/** Somebody there is being served, or about to be: a punch that arrives would cut an original off. */
export function isServed({ tunnel, links }: Callee, host: string): boolean {
  for (const [, { peer }] of entries(tunnel.streams)) if (peer.host === host) return true;
  for (const { peer } of links.values()) if (peer.host === host) return true;
  return false;
}

export function helloCame(callee: Callee, turn: Turn, from: Endpoint, { request, host, port, size = 0 }: Hello): Callee {
  const id = idFor(callee, from, request);
  const known = streamAt(callee.tunnel, plainKey(from, id));
  if (known) {
    if (known.by === 'plain' && known.phase === 'pending' && known.request === request) turn.send(from, { type: 'helloAck', id, request });
    return callee;
  }
  if (!allowed(callee, host, port)) {
    turn.send(from, { type: 'goodbye', id });
    turn.tell({ what: 'denied', from });
    return callee;
  }
  const roomy = withRoom(callee, turn, from.host);
  if (!roomy) return callee;
  const stream = plain.greeted(turn, { tcp: newSide(label(roomy), false), peer: from, id, request, host, port }, size);
  return { ...roomy, serial: roomy.serial + 1, tunnel: added(roomy.tunnel, turn, stream) };
}

/** The caller is where it says: now its destination is called. */
export function helloConfirmed(callee: Callee, turn: Turn, from: Endpoint, message: HelloAck): Callee {
  const before = streamAt(callee.tunnel, plainKey(from, message.id));
  const tunnel = tunnelHeard(callee.tunnel, turn, from, message);
  const stream = streamAt(tunnel, plainKey(from, message.id));
  if (before?.by !== 'plain' || before.phase !== 'pending' || stream?.by !== 'plain') return { ...callee, tunnel };
  const { tcp, host, port } = stream;
  const to = allowed(callee, host, port)?.at;
  if (to) turn.ask({ type: 'tcp.connect', socket: tcp.socket, to });
  return { ...callee, tunnel: changed(withOthersLeft(tunnel, turn, stream), turn, stream, { ...stream, tcp: { ...tcp, isOpen: true } }) };
}

/** An original has one connection of an endpoint at a time, and the GOODBYE of the one before may have been lost. */
function withOthersLeft(tunnel: Tunnel, turn: Turn, { peer, id }: plain.PlainStream): Tunnel {
  let after = tunnel;
  for (const [, stream] of entries(tunnel.streams)) {
    if (stream.by === 'plain' && stream.phase === 'open' && stream.id !== id && sameEndpoint(stream.peer, peer)) after = changed(after, turn, stream, { ...stream, isLeft: true });
  }
  return after;
}

/** A message of our own protocol. */
export function linkMessageCame(callee: Callee, turn: Turn, from: Endpoint, message: Exclude<LinkMessage, Accept>): Callee {
  if (message.type === 'offer') {
    turn.send(from, { type: 'accept', pair: message.caller + numberFor(callee, from, message.caller, turn.now) });
    return callee;
  }
  if (message.by !== 'caller') return callee;
  const known = takenUp(callee, turn, from, message.pair);
  if (!known) return callee;
  switch (message.type) {
    case 'linkPing':
      turn.send(from, { type: 'linkPong', pair: message.pair, by: 'listener', serial: message.serial });
      return known;
    case 'linkPong':
      return known;
    case 'linkBye':
      return withoutLink(known, turn, message.pair);
    default:
      return packetCame(known, turn, from, message);
  }
}

/** Forgets whoever has been silent too long. */
export function swept(callee: Callee, turn: Turn): Callee {
  const used = [...callee.used].filter(([, { until }]) => until > turn.now);
  let after: Callee = { ...callee, callers: withoutSilent(callee.callers, turn.now), used: used.length === callee.used.size ? callee.used : new Map(used) };
  for (const [pair, { heardAt }] of callee.links) if (turn.now - heardAt >= timing.LINK_SILENT_MS) after = withoutLink(after, turn, pair);
  return after;
}

/** Ends everything, and says so. */
export function ended(callee: Callee, turn: Turn): Callee {
  for (const [pair, { peer }] of callee.links) turn.send(peer, { type: 'linkBye', pair, by: 'listener' });
  return { ...callee, links: new Map(), tunnel: dropped(callee.tunnel, turn, () => true) };
}

function packetCame(callee: Callee, turn: Turn, from: Endpoint, message: Packet | Receipt): Callee {
  const key = linkKey(message.pair, message.id);
  let [next, { tunnel }] = [callee, callee];
  if (message.type === 'packet' && message.kind === 'open' && message.sequence === 0 && !streamAt(tunnel, key) && !tunnel.ended.has(key)) {
    const link = callee.links.get(message.pair);
    if (!link || isOpened(link.opened, message.id)) return callee;
    const roomy = withRoom(callee, turn, from.host);
    if (!roomy) return callee;
    next = { ...roomy, serial: roomy.serial + 1, links: new Map(roomy.links).set(message.pair, { ...link, opened: withOpened(link.opened, message.id) }) };
    tunnel = added(roomy.tunnel, turn, linked.answered({ tcp: newSide(label(roomy), false), peer: from, pair: message.pair, id: message.id }));
  }
  const socket = streamAt(tunnel, key)?.tcp.socket;
  let isDenied = false;
  tunnel = linkHeard(tunnel, turn, from, message, (text, stream) => {
    const to = allowedText(callee, text)?.at;
    isDenied = to === undefined;
    if (!to) return stream;
    turn.ask({ type: 'tcp.connect', socket: stream.tcp.socket, to });
    turn.tell({ what: 'carried', from });
    return { ...stream, tcp: { ...stream.tcp, isOpen: true } };
  });
  const stream = isDenied ? streamAt(tunnel, key) : undefined;
  if (!stream || stream.by !== 'link' || socket === undefined) return { ...next, tunnel };
  turn.tell({ what: 'denied', from });
  return { ...next, tunnel: changed(tunnel, turn, stream, linked.tcpEnded(turn, stream, 'denied')) };
}

/** The callee with that link, if it stands or is rightly claimed; else undefined. */
function takenUp(callee: Callee, turn: Turn, from: Endpoint, pair: string): Callee | undefined {
  const { links, used } = callee;
  const known = links.get(pair);
  if (known) {
    if (!sameEndpoint(known.peer, from)) return undefined;
    return turn.now - known.heardAt < HEARD_GRAIN_MS ? callee : { ...callee, links: new Map(links).set(pair, { ...known, heardAt: turn.now }) };
  }
  const [caller, listener] = [pair.slice(0, 16), pair.slice(16)];
  const numbers = [turn.now, turn.now - timing.ACCEPT_MS].map((at) => numberFor(callee, from, caller, at));
  if (used.has(pair) || !numbers.includes(listener) || used.size >= timing.USED_PAIRS) return undefined;
  const isNeighbour = ({ host }: { readonly host: string }): boolean => host === from.host;
  const neighbours = [...links.values()].filter(({ peer }) => isNeighbour(peer)).length;
  if ([...used.values()].filter(isNeighbour).length >= timing.USED_PAIRS_PER_HOST) return undefined;
  if (links.size >= timing.LINKS || neighbours >= timing.LINKS_PER_HOST) {
    // A caller that was started anew has left its older one behind.
    const [older] = [...links].filter(([, { peer }]) => sameEndpoint(peer, from)).sort(([, one], [, other]) => one.heardAt - other.heardAt);
    return older && takenUp(withoutLink(callee, turn, older[0]), turn, from, pair);
  }
  turn.tell({ what: 'called', from });
  return {
    ...callee,
    links: new Map(links).set(pair, { peer: from, heardAt: turn.now, opened: NONE_OPENED }),
    used: new Map(used).set(pair, { host: from.host, until: turn.now + 2 * timing.ACCEPT_MS }),
  };
}

function withoutLink(callee: Callee, turn: Turn, pair: string): Callee {
  const links = new Map(callee.links);
  links.delete(pair);
  return { ...callee, links, tunnel: dropped(callee.tunnel, turn, (stream) => stream.by === 'link' && stream.pair === pair) };
}

/** Room for one more connection of that host; the oldest that nobody has confirmed makes way. */
function withRoom(callee: Callee, turn: Turn, host: string): Callee | undefined {
  const streams = [...entries(callee.tunnel.streams)].map(([, stream]) => stream);
  if (streams.length >= timing.STREAMS || streams.filter(({ peer }) => peer.host === host).length >= timing.STREAMS_PER_HOST) return undefined;
  const pending = streams.filter((stream): stream is plain.PlainStream => stream.by === 'plain' && stream.phase === 'pending');
  if (pending.length < timing.PENDING) return callee;
  const oldest = pending.reduce((one, other) => (other.startedAt < one.startedAt ? other : one));
  return { ...callee, tunnel: changed(callee.tunnel, turn, oldest, undefined) };
}

/** The same for the same request, so that a repeated HELLO makes no second connection; and nothing that others foresee. */
function idFor({ seed, tunnel }: Callee, from: Endpoint, request: number): number {
  for (let n = 0; ; n += 1) {
    const [one = 0, other = 0] = derive(seed, `id ${formatEndpoint(from)} ${n}`, request);
    const id = ((one << 8) | other) || 1;
    const known = streamAt(tunnel, plainKey(from, id));
    if (known?.by !== 'plain' || known.request === request || n === COLLISIONS) return id;
  }
}

/** In a row, among 256 of 65,535 ids: once in 10^12. */
const COLLISIONS = 5;

/** The listener's number for a link: 8 bytes that only it can make, and make again, as long as an accepted offer holds. */
function numberFor({ seed }: Callee, from: Endpoint, caller: string, now: number): string {
  return identifier(seed, `link ${formatEndpoint(from)} ${caller}`, Math.floor(now / timing.ACCEPT_MS), 8);
}

function allowed({ allow }: Callee, host: string, port: string): Destination | undefined {
  return allow.find((one) => one.host === host && one.port === port);
}

function allowedText(callee: Callee, text: Uint8Array): Destination | undefined {
  const wanted = readable(() => destination(bodyText(text)));
  return wanted instanceof Error ? undefined : allowed(callee, wanted.host, wanted.port);
}

function label({ serial }: Callee): string {
  return `t/${serial + 1}`;
}

/** A link's last sign of life is noted no more often. */
const HEARD_GRAIN_MS = 1_000;
