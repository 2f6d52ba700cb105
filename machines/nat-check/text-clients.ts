/**
 * What the three-role server remembers of one client, and whether it is still the one that is heard. A NAT that has started anew gives
 * ports away that others had, and a program that is started again may bind the same ones: an old client, left where it is, would be
 * served in place of the new one.
 */
import { type Endpoint, sameEndpoint } from '../../effects/endpoint.ts';
import { COPY_MS, FULL_CONE_PAUSE_MS, SECOND_PHASE_MS, UNREPORTED_MS } from './text-timing.ts';

export interface Seen {
  readonly endpoint: Endpoint;
  readonly at: number;
}

export interface Client {
  /** Its first socket, as seen here. */
  readonly first: Endpoint;
  readonly askedAt: number;
  readonly seenAt: number;
  /** Its first socket, as seen by the assist, and how often it was told so. */
  readonly reported?: Endpoint;
  readonly reports: number;
  /** When both were told to be the same, which is when the second phase begins. */
  readonly equalAt?: number;
  /** That rests on a report ahead of its registration, which may have been about somebody before it. */
  readonly isForetold?: true;
  /** The second phase's socket that talks to the assist only; its first report and its last, and how many texts went there. */
  readonly cone?: Seen & { readonly lastAt: number; readonly texts: number };
  /** The second phase's socket that talks to this server only. */
  readonly tests?: { readonly endpoint: Endpoint; readonly lastAt: number; readonly count: number };
}

/** A registration comes from where this client was, and not from it. */
export function registersAfter(client: Client, from: Endpoint, at: number): boolean {
  return hasLeftFirst(client, from, at) || hasLeftTests(client, from, at);
}

/** The same of a report, while somebody who came later waits for one. */
export function isReportedAfter(client: Client, endpoint: Endpoint, at: number): boolean {
  return hasLeftFirst(client, endpoint, at) || hasGivenUp(client, endpoint, at) || hasLeftCone(client, endpoint, at);
}

/**
 * Reported again and again, as slowly as a first socket asks, and no NEXT has come: then it is somebody else's varying mapping, and
 * the client for whose second phase it was taken has gone. nat_check.py has its second phase reported once.
 */
export function isUnlikeSecondPhase({ cone, tests }: Client, at: number): boolean {
  return cone !== undefined && tests === undefined && cone.texts > 1 && at - cone.lastAt >= FULL_CONE_PAUSE_MS;
}

/** A first socket says nothing more once its client's second phase has been reported. */
function hasLeftFirst({ first, cone }: Client, endpoint: Endpoint, at: number): boolean {
  return cone !== undefined && sameEndpoint(first, endpoint) && at - cone.at >= COPY_MS;
}

/** Its first socket registered longer ago than it asks the assist. Reports since then may have been of the other, so they do not count. */
function hasGivenUp({ first, askedAt }: Client, endpoint: Endpoint, at: number): boolean {
  return sameEndpoint(first, endpoint) && at - askedAt >= UNREPORTED_MS;
}

/** It registers once, and says NEXT from then on. */
function hasLeftTests({ tests }: Client, endpoint: Endpoint, at: number): boolean {
  return tests !== undefined && sameEndpoint(tests.endpoint, endpoint) && at - tests.lastAt >= COPY_MS;
}

/** Whoever has said NEXT asks without long pauses; nat_check.py asks once. */
function hasLeftCone({ cone, tests }: Client, endpoint: Endpoint, at: number): boolean {
  return cone !== undefined && tests !== undefined && sameEndpoint(cone.endpoint, endpoint) && at - cone.lastAt >= SECOND_PHASE_MS;
}
