/** One run to one page: what there is, and then what comes. A page that reads slowly is told less often; nothing waits for it in memory. */
import type { WebSocket } from 'ws';
import type { ShownRun } from './runs.ts';
import { DONE_LINE, TraceWriter } from './trace/format.ts';

/** Between two looks at a run that goes on: below what an eye notices. */
const EVERY_MS = 50;
/** Bytes that may wait for a page; then it is passed over until it has read them. */
const WAITING = 4 * 1024 * 1024;
/** Events in one message. */
const BATCH = 2_000;

export function feed(connection: WebSocket, run: ShownRun): void {
  const writer = new TraceWriter();
  let next = 0;
  connection.send(writer.header(run.read().header));

  const step = (): void => {
    if (connection.readyState !== connection.OPEN || connection.bufferedAmount > WAITING) return;
    // Asked first: what comes between the two is told next time.
    const isDone = run.isDone();
    const { events } = run.read();
    const from = firstFrom(events, next);
    const batch = events.slice(from, from + BATCH);
    const last = batch.at(-1);
    if (last) {
      next = last.n + 1;
      connection.send(batch.map((event) => writer.event(event)).join('\n'));
    }
    if (from + BATCH < events.length) setImmediate(step);
    else if (isDone) {
      connection.send(DONE_LINE);
      clearInterval(timer);
    }
  };
  const timer = setInterval(step, EVERY_MS);
  timer.unref();
  connection.on('close', () => clearInterval(timer));
  step();
}

/** The index of the first event whose number is at least `n`. */
export function firstFrom(events: readonly { readonly n: number }[], n: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((events[middle]?.n ?? 0) < n) low = middle + 1;
    else high = middle;
  }
  return low;
}
