/** The page by keys and by the pointer: what each of them does to the moment, to what is shown and to two runs at once. */
import type { Locator } from 'playwright-core';
import { expect, test } from 'vitest';
import { play } from './playground.ts';
import { playgroundVisits } from './stand.ts';

const stand = playgroundVisits();

test('keys and menus do what the list of keys says', async () => {
  const { page } = stand.visited;
  await play(page, stand.url, { protocol: 'udp-punch', a: 'symmetric', b: 'port-restricted' });
  const theme = (): Promise<string | null> => page.locator('html').getAttribute('data-theme');
  for (const next of ['light', 'dark']) {
    await page.keyboard.press('t');
    await expect.poll(theme).toBe(next);
  }
  await page.keyboard.press('?');
  await page.getByRole('heading', { name: 'Keys' }).click();
  await page.mouse.click(5, 5);
  await expect.poll(() => page.locator('dialog').count()).toBe(0);

  const arrows = page.locator('.arrow');
  const folded = await arrows.count();
  await page.keyboard.press('E');
  await expect.poll(() => arrows.count()).toBeGreaterThan(folded);
  await page.keyboard.press('E');
  await expect.poll(() => arrows.count()).toBe(folded);
  await page.locator('.arrow.bundle.dropped').first().locator('.count').click();
  await page.keyboard.press('e');
  await page.getByRole('button', { name: 'Fold them' }).waitFor();
  await page.keyboard.press('e');
  await page.getByRole('button', { name: 'Show each' }).waitFor();
  // An arrow that is chosen already opens.
  await page.locator('.arrow.bundle.selected .count').click();
  await page.getByRole('button', { name: 'Fold them' }).waitFor();

  await page.keyboard.press('End');
  await page.locator('[data-sheet=summary]').waitFor();
  // Those of the browser stay the browser's, and a button that has the focus has its own.
  await page.keyboard.press('Control+ArrowLeft');
  expect(await page.locator('[data-sheet=summary]').count()).toBe(1);
  await page.getByRole('button', { name: 'Step back' }).focus();
  await page.keyboard.press(' ');
  await expect.poll(() => page.locator('[data-sheet=summary]').count()).toBe(0);
  expect(await page.getByRole('button', { name: 'Pause' }).count()).toBe(0);

  await page.keyboard.press('/');
  await page.keyboard.type('probe');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Home');
  await expect.poll(() => page.locator('.now').innerText()).toMatch(/^0 ms/);
  const filter = page.getByRole('button', { name: 'Filter', exact: true });
  await filter.click();
  for (const chosen of ['true', 'false']) {
    await page.locator('[data-actor=a]').click();
    expect(await page.locator('[data-actor=a]').getAttribute('aria-pressed')).toBe(chosen);
  }
  await page.keyboard.press('Escape');
  await filter.click();
  await filter.click();
  expect(await page.locator('.menu').count()).toBe(0);

  const again = await stand.visited.context.newPage();
  await again.goto(stand.url);
  await again.locator('html[data-theme=dark]').waitFor();
});

test('heads, the bar of time and the statechart answer to the pointer', async () => {
  const { page } = stand.visited;
  await play(page, stand.url, { protocol: 'udp-punch', a: 'port-restricted', b: 'restricted' });
  const selected = (name: string | RegExp): Locator => page.locator('[role=tab][aria-selected=true]', { hasText: name });
  await page.locator('.head-of', { hasText: /^b/ }).first().locator('.name').click();
  await selected(/^b/).waitFor();
  const nat = page.locator('.head-of', { hasText: 'nat-a' });
  await nat.focus();
  await page.keyboard.press('Shift');
  await page.keyboard.press('Enter');
  await selected('NAT tables').waitFor();

  const track = (await page.locator('.track').boundingBox())!;
  const now = (): Promise<string> => page.locator('.now b').innerText();
  await page.mouse.move(track.x + track.width / 2, track.y + 5);
  await page.mouse.down();
  const middle = await now();
  await page.mouse.move(track.x, track.y + 5);
  await page.mouse.up();
  await expect.poll(now).toBe('0 ms');
  await page.mouse.move(track.x + track.width / 2, track.y + 5);
  expect([middle === '0 ms', await now()]).toEqual([false, '0 ms']);

  await page.waitForSelector('.state.active');
  const drawing = page.locator('.chart-svg > g');
  const pose = (): Promise<string | null> => drawing.getAttribute('transform');
  const before = await pose();
  const chart = (await page.locator('.chart').boundingBox())!;
  await page.mouse.move(chart.x + 40, chart.y + chart.height / 2);
  await page.mouse.down();
  await page.mouse.move(chart.x + 90, chart.y + chart.height / 2 + 20);
  await page.mouse.up();
  const dragged = await pose();
  expect(dragged).not.toBe(before);
  await page.mouse.move(chart.x + 40, chart.y + 40);
  expect(await pose()).toBe(dragged);
  await page.mouse.wheel(0, -200);
  await expect.poll(pose).not.toBe(dragged);
  await page.getByRole('button', { name: 'Fit' }).click();
  await page.getByRole('button', { name: 'Zoom in' }).click();
  await page.getByRole('button', { name: 'Zoom out' }).click();

  const height = (): Promise<number> => page.evaluate('document.querySelector(".sequence").scrollHeight');
  const low = await height();
  await page.locator('.sequence').hover();
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, -200);
  await page.keyboard.up('Control');
  await expect.poll(height).toBeGreaterThan(low);
});

test('in two runs arrows, marks and heads of either lead both to the same moment', async () => {
  const { page } = stand.visited;
  await play(page, stand.url, { protocol: 'udp-punch', a: 'symmetric', b: 'port-restricted' });
  await page.getByRole('button', { name: 'Beside' }).click();
  const [left, right] = [0, 1].map((side) => page.locator('.two .stage').nth(side)) as [Locator, Locator];
  const now = (): Promise<string> => page.locator('.now b').innerText();
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowRight');
  const end = await now();
  // Timers run out when all is over.
  await expect.poll(() => page.keyboard.press('ArrowLeft').then(now)).not.toBe(end);
  for (const side of [left, right]) {
    const before = await side.locator('.arrow').count();
    await page.keyboard.press('f');
    const bundle = side.locator('.arrow.bundle').first();
    await bundle.locator('.count').click();
    await side.locator('.arrow.bundle.selected .count').click();
    await expect.poll(() => side.locator('.arrow').count()).toBeGreaterThan(before);
  }
  const panel = (name: string): Locator => page.locator('.beside-bar').getByRole('tab', { name, exact: true, selected: true });
  await left.locator('.head-of', { hasText: /^b/ }).first().locator('.name').click();
  await panel('Statecharts').waitFor();
  await panel('b').waitFor();
  await right.locator('.head-of', { hasText: 'nat-a' }).locator('.name').click();
  await panel('NAT tables').waitFor();
  // Whoever looks at tables goes on looking at them.
  await right.locator('.head-of', { hasText: /^a/ }).first().locator('.name').click();
  await panel('NAT tables').waitFor();
  await page.keyboard.press('n');
  await panel('s').waitFor();
  await page.keyboard.press('Home');
  await expect.poll(now).toBe('0 ms');
  await left.locator('.mark.state[aria-label^="a "]').first().click();
  await panel('a').waitFor();

  const height = (): Promise<number> => left.locator('.sequence').evaluate((element) => element.scrollHeight);
  const low = await height();
  await left.locator('.sequence').hover();
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, -200);
  await page.keyboard.up('Control');
  await expect.poll(height).toBeGreaterThan(low);
  await page.getByRole('button', { name: 'Only the left one' }).click();
  await page.locator('.main').waitFor();
});
