/**
 * The search for a mapping's lifetime, as a value: which silences to try next, and what is known by now. A pass lets several
 * sockets fall silent together and asks for one after the other; the next pass lies between the last that lived and the
 * first that did not. Source: RFC 5780 §4.6, where each try waits by itself.
 */
import type { LifetimeSample } from './samples.ts';

export interface LifetimeSearch {
  /** Silences to try in this pass, ms, rising. The first of all is none: it shows that the server does as asked. */
  readonly ages: readonly number[];
  /** Which of them is next. */
  readonly turn: number;
  readonly pass: number;
  /** The longest silence that a mapping has survived, the shortest that it has not. */
  readonly aliveMs: number | undefined;
  readonly deadMs: number | undefined;
  readonly maxMs: number;
  readonly trouble: string | undefined;
}

/** The lifetimes that are met (figures: 10 to 200 s on carriers, 30 and 120 s Linux, 300 s recommended), and between. */
const LADDER_MS = [0, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 420, 600].map((seconds) => seconds * 1000);
/** So many sockets a pass: four parts at once. */
const PARTS = 4;
/** Known well enough. */
const WIDTH_MS = 1_000;
const WIDTH_SHARE = 0.05;

export function newSearch(maxMs: number): LifetimeSearch {
  const ages = LADDER_MS.filter((age) => age < maxMs);
  return { ages: [...ages, maxMs], turn: 0, pass: 1, aliveMs: undefined, deadMs: undefined, maxMs, trouble: undefined };
}

/** After the try at `ages[turn]`: the search as it goes on. */
export function tried(search: LifetimeSearch, isAlive: boolean): LifetimeSearch {
  const age = search.ages[search.turn] ?? 0;
  if (!isAlive && age === 0) return { ...search, trouble: 'the server does not answer to another port (RESPONSE-PORT), even at once' };
  if (!isAlive) return nextPass({ ...search, deadMs: age });
  const survived = { ...search, aliveMs: age, turn: search.turn + 1 };
  return survived.turn < survived.ages.length ? survived : nextPass(survived);
}

export function isOver({ ages, turn, trouble }: LifetimeSearch): boolean {
  return trouble !== undefined || turn >= ages.length;
}

export function sampleOf({ aliveMs, deadMs, trouble }: LifetimeSearch): LifetimeSample {
  return { aliveMs: aliveMs === 0 && deadMs === undefined ? undefined : aliveMs, deadMs, trouble };
}

function nextPass(search: LifetimeSearch): LifetimeSearch {
  const { aliveMs = 0, deadMs, pass } = search;
  if (deadMs === undefined) return { ...search, ages: [], turn: 0 };
  const width = deadMs - aliveMs;
  if (width <= Math.max(WIDTH_MS, WIDTH_SHARE * deadMs)) return { ...search, ages: [], turn: 0 };
  const part = Math.max(WIDTH_MS / 2, width / PARTS);
  const count = Math.ceil(width / part) - 1;
  return { ...search, pass: pass + 1, turn: 0, ages: Array.from({ length: count }, (_, i) => Math.round(aliveMs + (i + 1) * part)) };
}
