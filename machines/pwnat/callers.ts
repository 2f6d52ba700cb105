/**
 * Whom the listener has punched towards, and when it may again: a forged error costs its sender nothing, so each source is answered
 * ever more seldom, and all of them together only so often. A value.
 */
import { emptyMap, getEntry, mapEntries, type PersistentMap, withEntry } from '../persistent-map.ts';
import * as timing from './timing.ts';

export interface Callers {
  /** By address. */
  readonly known: PersistentMap<Caller>;
  /** Punches that may be sent now, all sources together. */
  readonly allowance: number;
  readonly countedAt: number;
}

interface Caller {
  readonly punches: number;
  readonly at: number;
}

/** `salt` is 32 bits that outsiders do not know. */
export function noCallers(salt: number): Callers {
  return { known: emptyMap(salt), allowance: timing.PUNCH_BURST, countedAt: 0 };
}

export interface Punch {
  readonly callers: Callers;
  /** It would cut somebody off if it arrived. */
  readonly isToDie: boolean;
}

/** How an error from there is answered now, if it is. `isServed` is asked last. What dies on the way makes the next punch no later. */
export function punched(callers: Callers, host: string, now: number, isServed: () => boolean): Punch | undefined {
  const before = getEntry(callers.known, host);
  const isNew = !before || now - before.at >= timing.CALLER_FORGOTTEN_MS;
  if (before && !isNew && now < before.at + timing.doubling(timing.PUNCH_FIRST_MS, before.punches - 1, timing.PUNCH_MAX_MS)) return undefined;
  const allowance = Math.min(timing.PUNCH_BURST, callers.allowance + ((now - callers.countedAt) / 1_000) * timing.PUNCHES_A_SECOND);
  if (allowance < 1) return undefined;
  const isToDie = isServed();
  const punches = isNew ? 1 : before.punches + (isToDie ? 0 : 1);
  const known = before || callers.known.size < timing.CALLERS ? withEntry(callers.known, host, { punches, at: now }) : callers.known;
  return { callers: { known, allowance: allowance - 1, countedAt: now }, isToDie };
}

/** Forgets those who have been silent. */
export function withoutSilent(callers: Callers, now: number): Callers {
  const known = mapEntries(callers.known, (caller) => (now - caller.at < timing.CALLER_FORGOTTEN_MS ? caller : undefined));
  return known === callers.known ? callers : { ...callers, known };
}
