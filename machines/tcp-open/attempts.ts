/**
 * The attempts of one opening, as values: what nothing came of for some seconds both sides begin anew, each from another port, in
 * a room of its own. So whatever a NAT remembers of the first is of no matter. Pure.
 */
import { UNSEEN } from './own-ports.ts';
import type { OpenPeerContext, OpenPeerInput } from './session.ts';
import { ATTEMPTS } from './timing.ts';

/** All that belongs to one attempt, as it is before it. Calls and aims are counted on: their bounds hold for all attempts. */
export function anew({ attempt, aims, spent, repeats, made: _, ...context }: OpenPeerContext): OpenPeerContext {
  return {
    ...context,
    ...UNSEEN,
    attempt: attempt + 1,
    roundsBefore: context.round,
    aims,
    spent,
    repeats,
    // No round of telling is counted twice.
    told: { ...UNSEEN.told, round: aims },
    local: undefined,
    upAt: undefined,
    asked: undefined,
    rttMs: undefined,
    mapped: undefined,
    hangUps: 0,
    targets: [],
    met: [],
    nominated: undefined,
  };
}

/** How a message says of which attempt it is. */
export function again(attempt: number): { readonly attempt?: number } {
  return attempt === 0 ? {} : { attempt };
}

/** Whoever is told which port to use has no other. */
export function keepsPort({ local }: OpenPeerInput): boolean {
  return (local?.port ?? 0) !== 0;
}

/** Both do, or none: whoever went alone would wait for a peer that still calls the old port. */
export function mayBeginAnew({ attempt, input, peer }: OpenPeerContext): boolean {
  return attempt + 1 < ATTEMPTS && !keepsPort(input) && peer?.keepsPort !== true;
}
