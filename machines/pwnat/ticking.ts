/** The one timer of a machine that carries a tunnel: set for what is due first, and moved only when something is due sooner. */
import type { Turn } from './turn.ts';

/** Tells the machine that something may be due. */
export interface Tick {
  readonly type: 'tick';
}

/** Things that are due within a few ms of one another are done together: a guess, small beside any line. */
const GRAIN_MS = 4;

/** What the machine knows of time: that of the last event, and when its timer fires. */
export interface Timekeeping {
  readonly now: number;
  readonly armedAt: number;
}

/** The time of an event. A tick has none of its own: it comes when it was set for, or later. */
export function timeOf({ now, armedAt }: Timekeeping, event: { readonly type: string; readonly at?: number }): number {
  return Math.max(now, event.at ?? armedAt);
}

/** When to set the timer anew, if it has to be. */
export function rearmed({ armedAt }: Timekeeping, turn: Turn, dueAt: number, hasFired: boolean): number | undefined {
  const wanted = Math.max(dueAt, turn.now + GRAIN_MS);
  if (dueAt === Infinity) return undefined;
  return hasFired || wanted < armedAt - GRAIN_MS ? wanted : undefined;
}
