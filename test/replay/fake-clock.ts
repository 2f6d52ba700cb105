/** A clock that moves only when told to, for tests. */
import type { Clock } from '../../effects/clock.ts';

export interface FakeClock extends Clock {
  /** Fires what is due, in order, and leaves the clock at `t` ms. */
  runTo(t: number): void;
}

export function fakeClock(): FakeClock {
  const timers = new Map<number, { readonly at: number; readonly run: () => void }>();
  let now = 0;
  let set = 0;
  return {
    now: () => now,
    setTimeout: (run, delayMs) => {
      set += 1;
      timers.set(set, { at: now + delayMs, run });
      return set;
    },
    clearTimeout: (timer: number) => timers.delete(timer),
    runTo: (t) => {
      for (;;) {
        let due: number | undefined;
        for (const [timer, { at }] of timers) {
          if (at <= t && at < (due === undefined ? Infinity : (timers.get(due)?.at ?? Infinity))) due = timer;
        }
        const next = due === undefined ? undefined : timers.get(due);
        if (due === undefined || next === undefined) break;
        timers.delete(due);
        now = Math.max(now, next.at);
        next.run();
      }
      now = t;
    },
  };
}
