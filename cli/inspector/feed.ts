/** One run to one page: what there is, and then what comes. A page that reads slowly is told less often; nothing waits for it in memory. */
import type { WebSocket } from 'ws';
import type { ShownRun } from './runs.ts';
import { DONE_LINE, TraceWriter } from './trace/format.ts';

/** Between two looks at a run that goes on: below what an eye notices. */
const EVERY_MS = 50;
/** Bytes that may wait for a page; then it is passed over until it has read them. With the pause above, 20 MB a second. */
const WAITING = 1024 * 1024;
/** Letters of one message, but for an event that is longer by itself. */
const MESSAGE = 64 * 1024;

export function feed(connection: Listener, run: ShownRun): void {
  const writer = new TraceWriter();
  let next = 0;
  connection.send(writer.header(run.read().header));

  const step = (): void => {
    // Asked first: what comes between the two is told next time.
    const isDone = run.isDone();
    const { events } = run.read();
    let index = firstFrom(events, next);
    while (index < events.length) {
      if (connection.readyState !== connection.OPEN || connection.bufferedAmount > WAITING) return;
      const lines: string[] = [];
      for (let length = 0; index < events.length && length < MESSAGE; index += 1) {
        const line = writer.event(events[index]!);
        lines.push(line);
        length += line.length;
      }
      connection.send(lines.join('\n'));
      next = events[index - 1]!.n + 1;
    }
    if (!isDone) return;
    connection.send(DONE_LINE);
    clearInterval(timer);
  };
  const timer = setInterval(step, EVERY_MS);
  timer.unref();
  connection.on('close', () => clearInterval(timer));
  step();
}

/** What a feed needs of a WebSocket. */
export interface Listener extends Pick<WebSocket, 'readyState' | 'OPEN' | 'bufferedAmount'> {
  send(text: string): void;
  on(event: 'close', listener: () => void): unknown;
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
