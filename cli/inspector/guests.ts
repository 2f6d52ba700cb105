/** Applications of others that speak Stately's protocol: each becomes a run of its own, and none of them, nor all together, fills the memory. Knows no socket. */
import type { Runs } from './runs.ts';
import { isShallow, StatelyListener } from './trace/stately.ts';

/** A guess: more than anybody looks at beside each other. Each may fill its budget, and its run stays when it has gone. */
const GUESTS = 16;
/** Bytes that one guest may say, far above what an application does while somebody watches. */
const BUDGET = 32 * 1024 * 1024;

/** Takes one message; false when the guest is to leave, and says nothing more that is heard. */
export type Hear = (message: string) => boolean;

/** The answer is called once for each guest. */
export function guestBook(runs: Runs): () => Hear {
  let guests = 0;
  return () => {
    const startedMs = performance.now();
    let listener: StatelyListener | undefined;
    let left = BUDGET;
    return (text) => {
      left = left < 0 ? left : left - Buffer.byteLength(text);
      if (left < 0) return false;
      const message = parsed(text);
      if (message === undefined) return true;
      if (!isShallow(message)) {
        left = -1;
        return false;
      }
      if (listener) {
        listener.hear(message, performance.now() - startedMs);
        return true;
      }
      const fresh = new StatelyListener('another application', new Date().toISOString());
      if (!fresh.hear(message, performance.now() - startedMs)) return true;
      if (guests >= GUESTS) {
        left = -1;
        return false;
      }
      guests += 1;
      listener = fresh;
      runs.follow(fresh);
      return true;
    };
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
