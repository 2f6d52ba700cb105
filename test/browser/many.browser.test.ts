/** A run of 50,000 events: it scrolls and filters without a frame that anybody would notice. */
import { expect, test } from 'vitest';
import { writeTrace } from '../../cli/inspector/trace/format.ts';
import { openBrowser, visit } from './browser.ts';
import { manyEvents } from './many-events.ts';
import { openPlayground } from './playground.ts';

const EVENTS = 50_000;
/** A frame that lasts longer is seen as a stumble. */
const FRAME_MS = 50;

/** Does something in each of so many frames, and answers how long the page was at work for each, in ms. */
const FRAMES = (act: string, count: number): string => `new Promise((resolve) => {
  const took = [];
  const channel = new MessageChannel();
  let begun = 0;
  let frame = 0;
  const scroller = document.querySelector('.sequence');
  // Behind the frame's own work: layout and paint are done when this is heard.
  channel.port1.onmessage = () => {
    took.push(performance.now() - begun);
    frame += 1;
    if (frame === ${count}) return resolve(took);
    requestAnimationFrame(step);
  };
  const step = () => {
    begun = performance.now();
    ${act}
    requestAnimationFrame(() => channel.port2.postMessage(0));
  };
  requestAnimationFrame(step);
})`;

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

    const scrolled = await page.evaluate<number[]>(FRAMES('scroller.scrollTop += 700;', 60));
    const jumped = await page.evaluate<number[]>(FRAMES('scroller.scrollTop = ((frame * 7919) % 60) / 60 * scroller.scrollHeight;', 60));
    expect(middle(scrolled)).toBeLessThan(FRAME_MS);
    expect(middle(jumped)).toBeLessThan(FRAME_MS);

    await page.keyboard.press('/');
    await page.keyboard.type('filtering');
    await expect.poll(() => page.locator('.arrow:not(.dropped)').count()).toBe(0);
    const filtered = await page.evaluate<number[]>(FRAMES('scroller.scrollTop += 700;', 30));
    expect(middle(filtered)).toBeLessThan(FRAME_MS);
    const typing = await page.evaluate<number[]>(`(() => {
      const input = document.querySelector('.search input');
      return ${FRAMES(`input.value = ['198.18.1', 'probe', 'confirm', ''][frame % 4]; input.dispatchEvent(new Event('input', { bubbles: true }));`, 8)};
    })()`);
    process.stderr.write(`ms a frame, middle and worst: scrolled ${told(scrolled)}, jumped ${told(jumped)}, filtered ${told(filtered)}, typing ${told(typing)}\n`);
    expect(complaints).toEqual([]);
  } finally {
    await browser.close();
    await playground.close();
  }
});

/** A busy machine stops a process for longer than any frame now and then; the middle one tells what the page does. */
function middle(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Infinity;
}

function told(values: readonly number[]): string {
  return `${middle(values).toFixed(1)} ${Math.max(...values).toFixed(1)}`;
}
