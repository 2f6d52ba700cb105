/** A run of 50,000 events: it scrolls and filters without a frame that anybody would notice. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { writeTrace } from '../../cli/inspector/trace/format.ts';
import { openBrowser, visit } from './browser.ts';
import { manyEvents } from './many-events.ts';
import { openPlayground } from './playground.ts';

const EVENTS = 50_000;
/** A frame that lasts longer is seen as a stumble. */
const FRAME_MS = 50;

/** Does something in each of so many frames, and waits until the page has drawn what came of the last. */
const FRAMES = (act: string, count: number): string => `new Promise((resolve) => {
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

/** How long the page's thread computes for each of those frames, in ms: what others do on this machine meanwhile does not count. */
async function workPerFrame(page: Page, act: string, count: number): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const busyMs = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics');
    return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000;
  };
  const before = await busyMs();
  await page.evaluate(FRAMES(act, count));
  return ((await busyMs()) - before) / count;
}

const FILTER = `
  const input = document.querySelector('.search input');
  input.value = ['198.18.1', 'probe', 'confirm', ''][frame % 4];
  input.dispatchEvent(new Event('input', { bubbles: true }));`;

test('50,000 events scroll and filter under 50 ms a frame', async () => {
  const [browser, playground] = await Promise.all([openBrowser(), openPlayground()]);
  try {
    const { page, complaints } = await visit(browser);
    await page.goto(playground.url);
    await page.waitForSelector('.app[data-ready=yes]');
    await page.getByRole('button', { name: 'Open', exact: true }).click();
    await page.getByLabel('A trace', { exact: true }).setInputFiles({ name: 'long.jsonl', mimeType: 'application/x-ndjson', buffer: Buffer.from(writeTrace(manyEvents(EVENTS))) });
    await page.getByText('a long run of').first().waitFor();
    expect(await page.evaluate<number>('document.querySelector(".sequence").scrollHeight')).toBeGreaterThan(100_000);

    const work = {
      scrolling: await workPerFrame(page, 'scroller.scrollTop += 700;', 60),
      jumping: await workPerFrame(page, 'scroller.scrollTop = ((frame * 7919) % 60) / 60 * scroller.scrollHeight;', 60),
      filtering: await workPerFrame(page, FILTER, 12),
      stepping: await workPerFrame(page, "document.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowLeft' }));", 30),
    };
    process.stderr.write(`ms of work a frame: ${Object.entries(work).map(([what, ms]) => `${what} ${ms.toFixed(1)}`).join(', ')}\n`);
    for (const ms of Object.values(work)) expect(ms).toBeLessThan(FRAME_MS);

    await page.keyboard.press('/');
    await page.keyboard.type('filtering');
    await expect.poll(() => page.locator('.arrow:not(.dropped)').count()).toBe(0);
    expect(await page.locator('.arrow.dropped').count()).toBeGreaterThan(3);
    expect(complaints).toEqual([]);
  } finally {
    await browser.close();
    await playground.close();
  }
});
