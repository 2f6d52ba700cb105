/** What one n4 peer remembers, and the pure questions asked of it. */
import { ANYWHERE, type Endpoint, sameEndpoint } from '../../effects/endpoint.ts';
import type { Arrival } from '../../effects/net-actor.ts';
import type { Outcome } from '../outcome.ts';
import { FIRST_PORT, LAST_PORT } from '../port-forecast.ts';
import { isAt, type OpenSocket, type Path } from '../udp-paths.ts';
import type { N4Message } from './codec.ts';
import { ANSWERED_AFTER_MS, CHUNK, INSISTED_AFTER_MS, PASSES, TURNS } from './timing.ts';

export interface N4PeerInput {
  readonly server: Endpoint;
  /** What both peers call themselves; see `isIdent`. */
  readonly ident: string;
  /** The first of the ports to send from, 1024 or more; 0 for any free ones. */
  readonly sourcePort: number;
  /** How many sockets sweep. */
  readonly count: number;
  /** How far above the port of its EXCHANGE the partner's PUNCH is expected; below, if negative. */
  readonly offset: number;
  /**
   * `classic` aims as n4.py, in every round alike. `adaptive` turns the direction from round to round and goes further out in
   * some, so that NATs which count down, or are busier than the offset allows for, are met too. Both peers need it.
   */
  readonly strategy?: 'classic' | 'adaptive' | undefined;
  /** How long to wait for the partner, ms. */
  readonly waitMs?: number | undefined;
}

export interface N4PeerContext {
  readonly input: N4PeerInput;
  readonly round: number;
  /** Ranges of ports so far: one for each round, and those that were in use. */
  readonly range: number;
  /** The sockets of this range that are open. */
  readonly pool: readonly OpenSocket[];
  readonly startedAt: number | undefined;
  /** Connections to the server so far: the last one's label. */
  readonly connections: number;
  /** Of this round: connections that failed or ended too early, and those that were up. */
  readonly retries: number;
  readonly greetings: number;
  /** Where the server saw the partner. */
  readonly peer: Endpoint | undefined;
  /** Its ports in each round, for words. */
  readonly peerPorts: readonly number[];
  /** PUNCHes of this burst so far. */
  readonly burst: number;
  /** Every path on which the partner was heard in this round. */
  readonly heard: readonly Heard[];
  /** The way to the partner. */
  readonly path: Path | undefined;
  /** Sends so far in the present state. */
  readonly attempt: number;
  /** When the partner is known to answer keepalives: how many in a row it has not. */
  readonly silences: number | undefined;
  /** The last refusal of the local system, for explanations. */
  readonly trouble: string | undefined;
  readonly outcome: Outcome | undefined;
}

/**
 * PUNCHes of the partner on one path. At most PASSES of them are its burst, sent at once and blindly. It sends more only after
 * it has heard us: n4.py ten, 0.2 s apart; ours VOLLEY at once. So the next one, or a late one, proves both directions.
 */
export interface Heard extends Path {
  readonly count: number;
  readonly firstAt: number;
}

/** Total, even without input: xstate makes a context without one inside a pure `transition()`. */
export function newContext(input: N4PeerInput | undefined): N4PeerContext {
  return {
    input: input ?? { server: ANYWHERE, ident: '', sourcePort: 0, count: 0, offset: 0 },
    round: 1,
    range: 1,
    startedAt: undefined,
    connections: 0,
    trouble: undefined,
    outcome: undefined,
    peerPorts: [],
    ...FRESH,
  };
}

/** What every range of ports starts with. */
export const FRESH = {
  pool: [],
  retries: 0,
  greetings: 0,
  peer: undefined,
  burst: 0,
  heard: [],
  path: undefined,
  attempt: 0,
  silences: undefined,
} as const;

/** Where the range binds its nth socket. Ranges follow each other; one that would end beyond the last port starts at the lowest. */
export function sourcePort({ input, range }: Pick<N4PeerContext, 'input' | 'range'>, n: number): number {
  if (input.sourcePort === 0) return 0;
  const ranges = Math.max(1, Math.floor((LAST_PORT + 1 - input.sourcePort) / input.count));
  if (range <= ranges) return input.sourcePort + (range - 1) * input.count + n;
  const below = Math.max(1, Math.floor((LAST_PORT + 1 - FIRST_PORT) / input.count));
  return FIRST_PORT + ((range - ranges - 1) % below) * input.count + n;
}

export function poolLabel(range: number, n: number): string {
  return `p${range}/${n}`;
}

export function isOfPool({ range }: N4PeerContext, label: string): boolean {
  return label.startsWith(`p${range}/`);
}

export function serverLabel({ connections }: N4PeerContext): string {
  return `server/${connections}`;
}

/** How far from the partner's known port this round aims. */
export function offsetOf({ input: { offset, strategy }, round }: Pick<N4PeerContext, 'input' | 'round'>): number {
  return strategy === 'adaptive' ? offset * (TURNS[(round - 1) % TURNS.length] ?? 1) : offset;
}

/** Where the partner's PUNCH is expected to come from. A NAT that counts starts over at the lowest port too. */
export function targetOf(context: Pick<N4PeerContext, 'input' | 'round'>, { host, port }: Endpoint): Endpoint {
  const aim = port + offsetOf(context);
  const ports = LAST_PORT + 1 - FIRST_PORT;
  if (aim > LAST_PORT) return { host, port: FIRST_PORT + ((aim - LAST_PORT - 1) % ports) };
  if (aim < 1) return { host, port: LAST_PORT + (aim % ports) };
  return { host, port: aim };
}

/**
 * A PUNCH of our ident, from the partner's address and any port of it. Nothing proves more; but a server that still knows a former
 * connection of ours may pair us with it, and then our own sockets are not the partner.
 */
export function isFromPeer({ input, peer, pool }: N4PeerContext, event: N4Message & Arrival): boolean {
  if (pool.some(({ addresses }) => addresses.some((address) => sameEndpoint(address, event.from)))) return false;
  return event.type === 'punch' && event.ident === input.ident && event.from.host === peer?.host && pool.some(({ label }) => label === event.socket);
}

/** Paths beyond those of a burst, which are one for each socket: answers, and ports that a NAT changes. */
const OTHER_PATHS = 64;

/** With one more PUNCH. */
export function withHeard({ heard, input }: N4PeerContext, { socket, from, at }: Arrival): readonly Heard[] {
  const before = heard.find((one) => isAt(one, { socket, from }));
  if (before) return heard.map((one) => (one === before ? { ...one, count: one.count + 1 } : one));
  return heard.length < input.count + OTHER_PATHS ? [...heard, { socket, peer: from, count: 1, firstAt: at }] : heard;
}

/**
 * Whether a PUNCH, not noted yet, shows that the partner hears us. By number only on the path that we have chosen, and only
 * where no better one can come. One that is late shows it too, and on another path that the partner stays there.
 */
export function provesHearing(context: N4PeerContext, arrival: Arrival): boolean {
  const before = context.heard.find((one) => isAt(one, arrival));
  if (!before) return false;
  // A large pool takes longer for its passes, a millisecond a socket at the most.
  const late = arrival.at - before.firstAt - (context.input.count > CHUNK ? context.input.count : 0);
  if (!isAt(context.path, arrival)) return late >= INSISTED_AFTER_MS;
  return late >= ANSWERED_AFTER_MS || (before.count >= PASSES && rankOf(context, arrival.socket, arrival.from) > 1);
}

/**
 * Where NATs let more in than they must, each side hears the other on many paths, and each would choose another one. Both know
 * one that joins the ports that both aim at: there the partner sends from where we aim, and hears us on the socket whose
 * number the offset says, or the one before it where the NAT counts.
 */
export function rankOf(context: N4PeerContext, socket: string, from: Endpoint): number {
  const { peer } = context;
  if (!peer || !sameEndpoint(from, targetOf(context, peer))) return 0;
  const n = Number(socket.split('/')[1]);
  const offset = offsetOf(context);
  if (n === offset) return 3;
  return n === Math.abs(offset) - 1 ? 2 : 1;
}
