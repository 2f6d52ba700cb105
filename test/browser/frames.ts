/** What each frame costs the page's own thread, by Chromium's trace of its tasks: time that others take on a busy machine does not count. */
import type { Browser, Page } from 'playwright-core';

export interface Frames {
  readonly count: number;
  /** Ms that the thread computed: from one frame's beginning to the next. */
  readonly worstMs: number;
  readonly meanMs: number;
}

interface Traced {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** µs, of the wall. */
  readonly ts: number;
  /** µs, of the thread. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

const CATEGORIES = ['devtools.timeline', 'disabled-by-default-devtools.timeline'];

/** All frames while something is done. */
export async function framesOf(browser: Browser, page: Page, act: () => Promise<unknown>): Promise<Frames> {
  await browser.startTracing(page, { categories: CATEGORIES });
  await act();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { readonly traceEvents: readonly Traced[] };
  const threads = new Map<string, number[]>();
  const thread = ({ pid, tid }: Traced): string => `${pid} ${tid}`;
  for (const event of traceEvents) if (event.name === 'thread_name' && event.args?.name === 'CrRendererMain') threads.set(thread(event), []);
  const ordered = traceEvents.filter((event) => event.ph === 'X' && threads.has(thread(event))).toSorted((one, other) => one.ts - other.ts);
  for (const event of ordered) {
    const frames = threads.get(thread(event))!;
    // The task in which a frame begins is told before what it calls.
    if (event.name === 'FireAnimationFrame') frames.push(0);
    if (event.name === 'RunTask') frames[Math.max(0, frames.length - 1)] = (frames.at(-1) ?? 0) + (event.tdur ?? Number.NaN) / 1000;
  }
  // Other renderers, with nothing on them, have no frames.
  const frames = [...threads.values()].toSorted((one, other) => other.length - one.length)[0] ?? [];
  return { count: frames.length, worstMs: Math.max(0, ...frames), meanMs: frames.reduce((sum, ms) => sum + ms, 0) / Math.max(1, frames.length) };
}

/** To be run in the page: does something in each of so many frames, and waits until it has drawn what came of the last. */
export function eachFrame(act: string, count: number): string {
  return `new Promise((resolve) => {
    const scroller = document.querySelector('.sequence');
    let frame = 0;
    const step = () => {
      if (frame >= ${count} + 2) return resolve();
      if (frame < ${count}) { ${act} }
      frame += 1;
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  })`;
}
