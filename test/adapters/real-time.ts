/** Waiting on real sockets: looks again and again, and lets the event loop turn between, until a deadline. */
import type { Await } from './party.ts';

/** Ms; a loaded machine may pause a test for long. */
const DEADLINE_MS = 20_000;

export const until: Await = (met, what) => {
  const deadline = performance.now() + DEADLINE_MS;
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (met()) return resolve();
      if (performance.now() > deadline) return reject(new Error(`${what} did not happen within ${DEADLINE_MS} ms`));
      setImmediate(look);
    };
    look();
  });
};
