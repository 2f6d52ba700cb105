/** What one tcp-open peer remembers, and the pure questions asked of it. */
import { ANYWHERE, type Endpoint, isIPv6, localFor, sameEndpoint } from '../../effects/endpoint.ts';
import type { NetFailure } from '../../effects/net.ts';
import { identifier } from '../../effects/seed.ts';
import type { Failed, Outcome } from '../outcome.ts';
import type { PeerDescription } from './messages.ts';
import { type OwnPorts, UNSEEN } from './own-ports.ts';
import { AIMED_REFUSALS, AIMED_REPEATS, endsVolley, PATIENCE_TICKS, REFUSALS, START_LIMIT_MS, STRANGERS, TROUBLES } from './timing.ts';

export interface OpenPeerInput {
  readonly server: Endpoint;
  readonly seed: string;
  /** The port to punch from, and the address. Default: any address, a free port. */
  readonly local?: Partial<Endpoint> | undefined;
  /** How long to wait for the other peer, ms. */
  readonly waitMs?: number | undefined;
  /** Starts so much later than agreed, ms: for tests of what a skew does. */
  readonly lateMs?: number | undefined;
}

export interface OpenPeerContext extends OwnPorts {
  readonly input: OpenPeerInput;
  /** This side's session. */
  readonly self: string;
  /** Messages of our own so far: their numbers are derived from it. */
  readonly serial: number;
  /** Our end of the connection to the rendezvous: everything leaves from its port. */
  readonly local: Endpoint | undefined;
  readonly startedAt: number | undefined;
  /** When that connection was up. */
  readonly upAt: number | undefined;
  /** The registration that waits for its answer, and when it left. */
  readonly asked: { readonly txid: string; readonly at: number | undefined } | undefined;
  /** The shortest that was measured. */
  readonly rttMs: number | undefined;
  /** Where the rendezvous sees us. */
  readonly mapped: Endpoint | undefined;
  readonly peer: PeerDescription | undefined;
  /** How often this side has registered anew, from another port. */
  readonly attempt: number;
  readonly round: number;
  /** Rounds of the attempts before this one. */
  readonly roundsBefore: number;
  /** The moment agreed with the peer. */
  readonly startAt: number;
  /** How often calls that nobody answered were given up for new ones. */
  readonly hangUps: number;
  readonly targets: readonly Target[];
  /** Connections with somebody who may be the peer. */
  readonly met: readonly Met[];
  /** The connection that the controlling side has chosen. */
  readonly nominated: string | undefined;
  /** Connections that were closed because whoever was there did not prove the room's secret. */
  readonly strangers: number;
  /** Connections that broke while they were proved. */
  readonly broken: number;
  /** The last refusal of the local system, for explanations. */
  readonly trouble: string | undefined;
  /** Why the attempt before this one came to nothing. */
  readonly before: Failed | undefined;
  readonly outcome: Outcome | undefined;
}

/** Where the peer may be. */
export interface Target {
  readonly endpoint: Endpoint;
  /** The rendezvous has seen the peer there; or the peer has named it, as an address at home; or it follows from what both have told. */
  readonly known: 'observed' | 'offered' | 'foretold';
  /** Called once, from a port of its own, for the mapping that it makes. */
  readonly isFresh?: true;
  /** Our NAT has a mapping for it; one that was refused is forgotten. */
  readonly isMapped: boolean;
  /** The connection that is being made, or stands. */
  readonly socket: string | undefined;
  readonly refusals: number;
  /** Errors that were neither a refusal nor silence. */
  readonly troubles: number;
  readonly strangers: number;
}

export interface Met {
  readonly socket: string;
  readonly how: 'connected' | 'accepted';
  readonly local: Endpoint;
  readonly peer: Endpoint;
  /** Of our probe there. */
  readonly asked: string | undefined;
  /** Of the peer's probe there. */
  readonly theirs: string | undefined;
  /** The peer has answered our probe. */
  readonly isProved: boolean;
  readonly ticks: number;
}

export const SERVER = 'server';

/** Total, even without input: xstate makes a context without one inside a pure `transition()`. */
export function newContext(input: OpenPeerInput | undefined): OpenPeerContext {
  const given = input ?? { server: ANYWHERE, seed: '' };
  return {
    input: given,
    self: identifier(given.seed, 'session', 0, 8),
    serial: 0,
    local: undefined,
    startedAt: undefined,
    upAt: undefined,
    asked: undefined,
    rttMs: undefined,
    mapped: undefined,
    peer: undefined,
    ...UNSEEN,
    attempt: 0,
    round: 0,
    roundsBefore: 0,
    startAt: 0,
    hangUps: 0,
    targets: [],
    met: [],
    nominated: undefined,
    strangers: 0,
    broken: 0,
    trouble: undefined,
    before: undefined,
    outcome: undefined,
  };
}

/** 12 bytes that nobody can foresee. */
export function txidOf({ input }: Pick<OpenPeerContext, 'input'>, serial: number): string {
  return identifier(input.seed, 'txid', serial, 12);
}

/** Where everything of an attempt leaves from: named even when it is left to the system, or the port could not be shared. */
export function ownEnd({ input, local }: OpenPeerContext): Endpoint {
  const { host = ANYWHERE.host, port = 0 } = localFor(input.server, input.local);
  return { host, port: local?.port ?? port };
}

/** How long to wait after the introduction, so that both start at the moment at which the later of the two has heard of it. */
export function startDelay({ rttMs = 0, peer, input }: OpenPeerContext): number {
  return headStart(rttMs, peer?.rttMs ?? 0) + (input.lateMs ?? 0);
}

/** How much sooner than the other, ms, whoever has this round trip hears what the rendezvous tells both. */
export function headStart(rttMs: number, otherRttMs: number): number {
  return Math.min(START_LIMIT_MS, Math.max(0, (otherRttMs - rttMs) / 2));
}

/** The side that chooses among several connections; both know which it is. */
export function isControlling({ self, peer }: OpenPeerContext): boolean {
  return peer !== undefined && self < peer.id;
}

/** Where to try: not ourselves, and nothing of another family than our own port. */
export function targetsOf({ peer, local, mapped }: OpenPeerContext): readonly Target[] {
  if (!peer || !local) return [];
  const endpoints = peer.endpoints.filter((one, n, all) => all.findIndex((other) => sameEndpoint(one, other)) === n);
  const usable = endpoints.filter((one) => one.port !== 0 && isIPv6(one.host) === isIPv6(local.host) && !sameEndpoint(one, local) && !(mapped && sameEndpoint(one, mapped)));
  return usable.map((endpoint) => newTarget(endpoint, { known: endpoint === peer.endpoints[0] ? 'observed' : 'offered' }));
}

export function newTarget(endpoint: Endpoint, { known, ...more }: Pick<Target, 'known' | 'isFresh'>): Target {
  return { endpoint, known, isMapped: false, socket: undefined, refusals: 0, troubles: 0, strangers: 0, ...more };
}

/** Whether it is worth another SYN, after so many repeated ones. */
export function mayDial(target: Target, repeats: number): boolean {
  const { socket, known, isFresh, isMapped, refusals, troubles, strangers } = target;
  if (isFresh && isMapped) return false;
  return socket === undefined && troubles < TROUBLES && strangers < STRANGERS && refusals < REFUSALS_OF[known] && (repeats < AIMED_REPEATS || !isRepeat(target));
}

/** One more call of an aim's target would not be the first. */
export function isRepeat({ known, isMapped, refusals }: Target): boolean {
  return known === 'foretold' && (isMapped || refusals > 0);
}

const REFUSALS_OF = { observed: Infinity, offered: REFUSALS, foretold: AIMED_REFUSALS } as const;

/** Whoever is refused calls again at once, until the volley is over. */
export function mayDialAtOnce(context: OpenPeerContext): boolean {
  return context.calls !== 'held' && !isMeeting(context) && !endsVolley(context.round, pathOf(context));
}

/** The round trip to the peer, ms, at the most: by way of the rendezvous. */
export function pathOf({ rttMs = 0, peer }: OpenPeerContext): number {
  return rttMs + (peer?.rttMs ?? 0);
}

/** It is being called, and has not answered. */
export function isSilent({ met }: OpenPeerContext, { socket }: Target): boolean {
  return socket !== undefined && !met.some((one) => one.socket === socket);
}

/** A connection stands with somebody who may well be the peer, and new enough to wait for. */
export function isMeeting(context: OpenPeerContext): boolean {
  return context.met.some(({ ticks, isProved, peer }) => isProved || (ticks < PATIENCE_TICKS && isPlausible(context, peer)));
}

/** Somebody at an address of the peer's. */
export function isPlausible({ targets }: OpenPeerContext, { host }: Endpoint): boolean {
  return targets.some(({ endpoint }) => endpoint.host === host);
}

export function metAt({ met }: OpenPeerContext, socket: string): Met | undefined {
  return met.find((one) => one.socket === socket);
}

/** What a failed attempt says of its target. */
export function afterFailure(target: Target, code: NetFailure): Target {
  const free = { ...target, socket: undefined };
  switch (code) {
    case 'refused':
    case 'reset':
      return { ...free, refusals: target.refusals + 1, isMapped: target.isFresh === true };
    // This pair of ends is taken for a moment by a call to our listener, or nobody has answered.
    case 'address-in-use':
    case 'timed-out':
      return free;
    default:
      return { ...free, troubles: target.troubles + 1 };
  }
}
