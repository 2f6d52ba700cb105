/** Real time for machines. Timers keep the process alive: a machine that waits is at work. */
import type { Clock } from '../../effects/clock.ts';

/** Ms since the process started, monotonic: never moved by a change of the wall clock. */
export function nodeClock(): Clock {
  return {
    now: () => performance.now(),
    setTimeout: (run, delayMs) => setTimeout(run, delayMs),
    clearTimeout: (timer) => clearTimeout(timer),
  };
}
