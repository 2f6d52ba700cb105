/** What one udp-punch peer remembers, and the pure questions asked of it. No keys: those stay in the codec. */
import { ANYWHERE, type Endpoint, sameEndpoint } from '../../effects/endpoint.ts';
import type { Arrival } from '../../effects/net-actor.ts';
import { identifier } from '../../effects/seed.ts';
import type { Outcome } from '../outcome.ts';
import { isAt, localToward, type OpenSocket, type Path } from '../udp-paths.ts';
import type { MappingSeen } from '../rendezvous/mapping.ts';
import type { Bye, Confirm, PeerDescription, Probe } from './messages.ts';
import { type Sighting, type Told, UNTOLD } from '../port-forecast.ts';
import { type Flows, NO_FLOWS } from './own-ports.ts';
import type { Sweep } from '../port-strategy.ts';
import { CHALLENGES, CLASH_RTT_MS } from './timing.ts';

export interface PeerInput {
  readonly server: Endpoint;
  /** Identifiers are derived from it: secret and new for every session, or fixed to repeat a run. */
  readonly seed: string;
  /** Where the first round binds; later rounds take a free port. */
  readonly local?: Partial<Endpoint> | undefined;
  /** How long to wait in the room for the other peer, ms. */
  readonly waitMs?: number | undefined;
  /** Mappings that one sweep may make, and packets that it may send. */
  readonly sweepBudget?: number | undefined;
}

export interface PeerContext {
  readonly input: PeerInput;
  /** This session, 16 hex digits. */
  readonly id: string;
  readonly round: number;
  /** Transactions of this round. */
  readonly ids: Readonly<Record<Transaction, string>>;
  /** The probes' transactions of every round so far. */
  readonly probeIds: readonly string[];
  /** Sends so far in the present state, for deadlines and for the doubling of intervals. */
  readonly attempt: number;
  readonly startedAt: number | undefined;
  /** When the present registration was last sent, as far as a machine without a clock can know; undefined once it was answered. */
  readonly askedAt: number | undefined;
  readonly rttMs: number | undefined;
  /** Open sockets, the newest last: a peer that is one round behind still finds the older ones. */
  readonly sockets: readonly OpenSocket[];
  readonly mapped: Endpoint | undefined;
  readonly alternate: Endpoint | undefined;
  readonly mapping: MappingSeen;
  readonly flows: Flows;
  /** Ports at which the rendezvous saw some of them, by flow. */
  readonly seen: Readonly<Record<string, Pick<Sighting, 'port' | 'at'>>>;
  /** What the rendezvous knows of our mapping, by its last answer. */
  readonly known: MappingSeen;
  /** What was said of our next ports, in which round. */
  readonly told: Told;
  /** Sockets that were opened only to see their ports. */
  readonly samplers: readonly string[];
  /** Sockets of this round's sweep, besides the registered one. */
  readonly sweepers: readonly OpenSocket[];
  readonly sweep: (Sweep & { readonly sent: number }) | undefined;
  readonly sweeps: number;
  /** Whether chance has been tried. */
  readonly gambled: boolean;
  /** The round whose observation was asked for. */
  readonly observedIn: number;
  readonly nonce: string | undefined;
  readonly peer: PeerDescription | undefined;
  /** How often the peer was introduced: rounds, and moves within a round. */
  readonly introductions: number;
  readonly path: Path | undefined;
  /** Where the peer says it sends from now, until it has answered us there. */
  readonly candidate: Path | undefined;
  /** Keepalives and path challenges so far: each is a transaction of its own, so that no old answer vouches for the present. */
  readonly checks: number;
  /** Challenges since the path was last confirmed. */
  readonly challenges: number;
  /** Where the peer has confirmed a probe that was sent to nobody before: the newest first. Only these prove to be the peer. */
  readonly sources: readonly Endpoint[];
  /** The round in which the peer was heard last; 0 for never. */
  readonly heardIn: number;
  /** The last refusal of the local system, for explanations. */
  readonly trouble: string | undefined;
  readonly outcome: Outcome | undefined;
}

/** Total, even without input: xstate makes a context without one inside a pure `transition()`. */
export function newContext(input: PeerInput | undefined): PeerContext {
  const known = input ?? { server: ANYWHERE, seed: '' };
  return {
    input: known,
    id: identifier(known.seed, 'peer', 0, 8),
    round: 1,
    ...roundIds(known, 1, []),
    attempt: 0,
    startedAt: undefined,
    askedAt: undefined,
    rttMs: undefined,
    sockets: [],
    mapped: undefined,
    alternate: undefined,
    mapping: 'unknown',
    flows: NO_FLOWS,
    seen: {},
    known: 'unknown',
    told: UNTOLD,
    samplers: [],
    sweepers: [],
    sweep: undefined,
    sweeps: 0,
    gambled: false,
    observedIn: 0,
    nonce: undefined,
    peer: undefined,
    introductions: 0,
    path: undefined,
    candidate: undefined,
    checks: 0,
    challenges: 0,
    sources: [],
    heardIn: 0,
    trouble: undefined,
    outcome: undefined,
  };
}

export type Transaction = 'register' | 'observe' | 'probe';

/** 24 hex digits; one for each round, so that repetitions are the same datagram. */
export function transactionId({ input, round }: Pick<PeerContext, 'input' | 'round'>, purpose: Transaction | 'check'): string {
  return identifier(input.seed, purpose, round, 12);
}

/** What a new round changes of the transactions. */
export function roundIds(input: PeerInput, round: number, probeIds: readonly string[]): Pick<PeerContext, 'ids' | 'probeIds'> {
  const id = (purpose: Transaction): string => transactionId({ input, round }, purpose);
  const ids = { register: id('register'), observe: id('observe'), probe: id('probe') };
  return { ids, probeIds: [...probeIds, ids.probe] };
}

/** The transaction of the last keepalive or challenge. */
export function checkId({ input, checks }: PeerContext): string {
  return transactionId({ input, round: checks }, 'check');
}

/** The probe of this round. */
export function probe({ id, ids, peer }: PeerContext): Probe {
  return { type: 'probe', txid: ids.probe, sender: id, receiver: peer?.id ?? '', nominate: false };
}

export function socketLabel(round: number): string {
  return `r${round}`;
}

/** From the other peer of our session, whoever it is if the rendezvous has not told yet. Its signature was checked by the codec. */
export function isFromPeer({ id, peer }: PeerContext, { sender, receiver }: Probe | Confirm | Bye): boolean {
  return receiver === id && sender !== id && (peer === undefined || peer.id === sender);
}

/** The same session on the same port, and not one that has moved or started anew. */
export function isSameIntroduction(one: PeerDescription | undefined, other: PeerDescription): boolean {
  const [before, now] = [one?.endpoints[0], other.endpoints[0]];
  return (
    one?.id === other.id &&
    one.round === other.round &&
    one.forecast.kind === other.forecast.kind &&
    before !== undefined &&
    now !== undefined &&
    sameEndpoint(before, now)
  );
}

/** The answer to a probe of ours, of this round or an earlier one. */
export function confirmsProbe(context: PeerContext, event: Confirm): boolean {
  return isFromPeer(context, event) && context.probeIds.includes(event.txid);
}

/** The answer to our last keepalive or challenge, from where it was sent to. */
export function confirmsCheck(context: PeerContext, event: Confirm & Arrival, where: Path | undefined): boolean {
  return isFromPeer(context, event) && isAt(where, event) && event.txid === checkId(context);
}

/** At so short a distance a peer's probe can outrun our own: see OPENER_MS. An unknown distance counts as short. */
export function clashThreatens({ rttMs, round }: PeerContext): boolean {
  return round > 1 || rttMs === undefined || rttMs < CLASH_RTT_MS;
}

/**
 * Whether the peer is to be asked at the path it nominates now: where it has not proved itself yet, or where the path is
 * going to be taken. Challenges are counted, since anyone can repeat an overheard nomination.
 */
export function mayChallenge(context: PeerContext, event: Arrival): boolean {
  return !isAt(context.path, event) && context.challenges < CHALLENGES && (!isProven(context, event.from) || followsPeer(context));
}

/**
 * Whether the peer's choice of path counts before ours. Where both know several, the one with the smaller identifier chooses,
 * as the controlling agent of RFC 8445 does; it too gives way while its own path is unproved or does not answer.
 */
export function followsPeer(context: PeerContext): boolean {
  const isControlling = context.peer !== undefined && context.id < context.peer.id;
  return !isControlling || context.attempt > 1 || context.path === undefined || !isProven(context, context.path.peer);
}

export function isProven({ sources }: PeerContext, source: Endpoint): boolean {
  return sources.some((one) => sameEndpoint(one, source));
}

/** Sources are few: a LAN address, a mapping or two, a mapping after a reboot. */
const SOURCE_LIMIT = 4;

export function withSource({ sources }: PeerContext, source: Endpoint): Pick<PeerContext, 'sources'> {
  return { sources: [source, ...sources.filter((one) => !sameEndpoint(one, source))].slice(0, SOURCE_LIMIT) };
}

/** What changes when the peer is heard along the path that is taken: an authentic datagram, maybe a repeated one. */
export function heardFrom(context: PeerContext, event: (Probe | Confirm) & Arrival): Pick<PeerContext, 'peer' | 'heardIn' | 'path'> {
  return {
    peer: context.peer ?? { id: event.sender, round: context.round, mapping: 'unknown', forecast: { kind: 'unknown' }, ageMs: 0, endpoints: [event.from] },
    heardIn: context.round,
    path: { socket: event.socket, peer: event.from },
  };
}

/** Our end toward `peer`, by one of our sockets. */
export function localOf({ sockets, sweepers }: PeerContext, label: string, peer: Endpoint): Endpoint {
  const socket = [...sockets, ...sweepers].find((one) => one.label === label);
  return socket ? localToward(socket, peer) : ANYWHERE;
}
