/** How much a feed says to a page that does not read, and that it loses nothing by waiting. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { feed } from '../../cli/inspector/feed.ts';
import { DONE_LINE, isBadTrace, readTrace } from '../../cli/inspector/trace/format.ts';
import { TRACE_FORMAT, type Trace, type TraceEvent } from '../../cli/inspector/trace/trace.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a page that reads nothing is told a bounded amount, and the rest once it reads', () => {
  const page = slowPage();
  feed(page, run(30_000));
  vi.advanceTimersByTime(10_000);
  const said = page.said.join('').length;
  expect(said).toBeGreaterThan(1_000_000);
  expect(said).toBeLessThan(1_300_000);
  for (let i = 0; i < 20; i += 1) {
    page.bufferedAmount = 0;
    vi.advanceTimersByTime(50);
  }
  expect(numbers(page.said)).toEqual(Array.from({ length: 30_000 }, (_, n) => n));
  expect(page.said.at(-1)).toBe(DONE_LINE);
});

test('a page that has gone is told nothing more, and is not looked after', () => {
  const page = slowPage();
  feed(page, run(5, () => false));
  page.close();
  expect(vi.getTimerCount()).toBe(0);
});

test('a run that goes on is told as it comes, each event once', () => {
  const page = slowPage();
  const events = eventsOf(3);
  const trace: Trace = { ...run(0).read(), events };
  feed(page, { id: '1', title: '', read: () => trace, isDone: () => false });
  events.push({ ...eventsOf(4)[3]! });
  vi.advanceTimersByTime(200);
  expect(numbers(page.said)).toEqual([0, 1, 2, 3]);
});

test('of a run that gave up its beginning, the rest is told without a gap', () => {
  const page = slowPage();
  const trace: { header: Trace['header']; events: TraceEvent[] } = { ...run(0).read(), events: eventsOf(10) };
  feed(page, { id: '1', title: '', read: () => trace, isDone: () => false });
  // As a tracer does it: the kept ones move to the front.
  trace.events = eventsOf(14).slice(8);
  vi.advanceTimersByTime(50);
  expect(numbers(page.said)).toEqual(Array.from({ length: 14 }, (_, n) => n));
});

/** As a WebSocket whose other end reads only when it is told to. */
function slowPage() {
  const said: string[] = [];
  let closed = (): void => undefined;
  return {
    said,
    readyState: 1 as const,
    OPEN: 1 as const,
    bufferedAmount: 0,
    send(text: string) {
      said.push(text);
      this.bufferedAmount += text.length;
    },
    on(_: 'close', listener: () => void) {
      closed = listener;
    },
    close: () => closed(),
  };
}

function run(count: number, isDone = () => true) {
  const trace: Trace = { header: { format: TRACE_FORMAT, title: 'long', origin: 'live' }, events: eventsOf(count) };
  return { id: '1', title: 'long', read: () => trace, isDone };
}

function eventsOf(count: number): TraceEvent[] {
  return Array.from({ length: count }, (_, n): TraceEvent => ({ n, at: n, kind: 'note', actor: 'a', type: 'x', fields: { filling: 'x'.repeat(200) } }));
}

function numbers(said: readonly string[]): number[] | string {
  const read = readTrace(said.join('\n'));
  return isBadTrace(read) ? read.message : read.events.map(({ n }) => n);
}
