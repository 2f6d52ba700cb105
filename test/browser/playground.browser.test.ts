/** The page by itself, from a static folder: it plays, shows what was dropped and why, and goes back in time. */
import type { Locator, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { visit } from './browser.ts';
import { play } from './playground.ts';
import { playgroundVisits } from './stand.ts';

const stand = playgroundVisits();

const outcomeOf = (page: Page, host: string): Promise<string> => page.locator(`[data-outcome~="${host}"]`).innerText();

test('the page plays a punch by itself', async () => {
  const { page } = stand.visited;
  await play(page, stand.url, { protocol: 'udp-punch', a: 'port-restricted', b: 'restricted' });
  expect(await outcomeOf(page, 'a')).toMatch(/connected/);
  expect(await outcomeOf(page, 'b')).toMatch(/connected/);

  await page.locator('select[name=protocol]').selectOption('tcp-open');
  await page.getByRole('button', { name: 'Run' }).click();
  await page.getByText('tcp-open: port-restricted × restricted').first().waitFor();
  expect(await outcomeOf(page, 'a')).toMatch(/connected/);

  // What is left empty is nothing.
  for (const [name, value] of [['b', 'open'], ['latency', ''], ['loss', ''], ['latency', '35'], ['loss', '2']] as const) await page.locator(`input[name=${name}]`).fill(value);
  await page.locator('select[name=protocol]').selectOption('stun-check');
  expect(await page.locator('input[name=b]').count()).toBe(0);
  await page.getByRole('button', { name: 'Run' }).click();
  await page.getByText('stun-check: port-restricted, 35 ms, 2 % lost').first().waitFor();
});

test('a NAT that no name means is refused before anything runs', async () => {
  const { page } = stand.visited;
  await play(page, stand.url, { protocol: 'udp-punch', a: 'open', b: 'open' });
  await page.locator('input[name=a]').fill('leaky');
  expect(await page.getByRole('alert').innerText()).toMatch(/unknown NAT 'leaky'/);
  expect(await page.getByRole('button', { name: 'Run' }).isDisabled()).toBe(true);
});

test('a NAT that no name means is refused by its address too, until something else is played', async () => {
  const { page } = stand.visited;
  await page.goto(`${stand.url}#protocol=udp-punch&a=leaky&b=open`);
  const alert = page.getByRole('alert');
  expect(await alert.innerText()).toMatch(/unknown NAT 'leaky'/);
  // Keys have nothing to do.
  for (const key of ['ArrowRight', 'Home', 'End', ' ', '+']) await page.keyboard.press(key);
  await page.locator('input[name=a]').fill('open');
  expect(await alert.innerText()).toMatch(/unknown NAT 'leaky'/);
  await page.getByRole('button', { name: 'Run' }).click();
  await page.waitForSelector('.app[data-ready=yes]');
  expect(await alert.count()).toBe(0);
});

test('two symmetric NATs show what they dropped, where and why', async () => {
  const { page } = stand.visited;
  await play(page, stand.url, { protocol: 'udp-punch', a: 'symmetric', b: 'symmetric' });
  expect(await outcomeOf(page, 'a')).toMatch(/no-path/);
  const dropped = page.locator('.arrow.dropped', { has: page.locator('text=filtering') }).first();
  await dropped.locator('.drop circle').click();
  const sheet = page.locator('[data-sheet=packet]');
  expect(await sheet.innerText()).toMatch(/nat-[ab] drops: nothing was sent to that sender before/);
});

test('going back in time shows the state and the NAT table of then', async () => {
  const { page } = stand.visited;
  await play(page, stand.url, { protocol: 'udp-punch', a: 'port-restricted', b: 'restricted' });
  await page.waitForSelector('.state.active.leaf');
  const leaf = page.locator('.state.active.leaf');
  const rows = page.locator('table[data-nat=nat-a] tbody tr');
  await page.getByRole('tab', { name: 'NAT tables' }).click();
  expect(await leaf.getAttribute('data-state')).toMatch(/^connected\./);
  expect(await rows.allInnerTexts()).toEqual(expect.arrayContaining([expect.stringMatching(/192\.168\.1\.2:40000\s+198\.18\.1\.2:40000\s+198\.18\.2\.2:40000/)]));

  await page.keyboard.press('Home');
  await expect.poll(() => rows.allInnerTexts()).toEqual(['No mapping now.']);
  // To where a has registered and knows of nobody yet.
  await page.locator('.mark.state', { hasText: 'asking' }).first().click();
  await expect.poll(() => leaf.getAttribute('data-state')).toBe('registering.asking');
  await page.getByRole('tab', { name: 'Context' }).click();
  expect(await page.locator('.waits dt').allInnerTexts()).toEqual(['registerInterval', 'waitDeadline']);
  await page.getByRole('tab', { name: 'NAT tables' }).click();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => rows.count()).toBe(1);
  expect(await rows.first().innerText()).toMatch(/198\.18\.0\.2:3478/);
});

test('a run plays by itself, and rests at its end', async () => {
  const { page } = stand.visited;
  await play(page, stand.url, { protocol: 'udp-punch', a: 'port-restricted', b: 'restricted' });
  const speed = page.getByTitle('Speed of playing');
  while ((await speed.innerText()) !== '4×') await speed.click();
  await page.keyboard.press('Home');
  await expect.poll(() => page.locator('.arrow.future').count()).toBeGreaterThan(5);
  await page.keyboard.press(' ');
  await page.getByRole('button', { name: 'Pause' }).waitFor();
  await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
  expect(await page.locator('.arrow.future').count()).toBe(0);
});

test('the first failure is where somebody asked for it', async () => {
  const { page } = stand.visited;
  await play(page, stand.url, { protocol: 'udp-punch', a: 'symmetric', b: 'symmetric' });
  await page.keyboard.press('f');
  await page.locator('.arrow.dropped.selected').waitFor();
  const first = await page.locator('.now').innerText();
  await page.keyboard.press('f');
  await expect.poll(() => page.locator('.now').innerText()).not.toBe(first);
});

test('a sweep is one arrow until it is opened', async () => {
  const { page } = stand.visited;
  await play(page, stand.url, { protocol: 'udp-punch', a: 'symmetric', b: 'port-restricted' });
  const bundle = page.locator('.arrow.bundle.dropped').first();
  await bundle.waitFor();
  await bundle.locator('.count').click();
  const before = await page.locator('.arrow').count();
  await page.getByRole('button', { name: 'Show each' }).click();
  await expect.poll(() => page.locator('.arrow').count()).toBeGreaterThan(before);
});

test('filters leave what they let pass, and say that they are on', async () => {
  const { page } = stand.visited;
  await play(page, stand.url, { protocol: 'udp-punch', a: 'symmetric', b: 'symmetric' });
  await page.keyboard.press('/');
  await page.keyboard.type('unroutable');
  await expect.poll(() => page.locator('.arrow:not(.dropped)').count()).toBe(0);
  expect(await page.locator('.arrow').count()).toBeGreaterThan(0);
  expect(await page.getByRole('button', { name: 'Filter', exact: true }).getAttribute('aria-pressed')).toBe('true');
});

test('one actor can be looked at alone, by keys, and a link shows the same', async () => {
  const { page } = stand.visited;
  await play(page, stand.url, { protocol: 'udp-punch', a: 'port-restricted', b: 'restricted' });
  const ends = async (): Promise<readonly string[]> => [...new Set(await page.locator('.mark').evaluateAll((marks) => marks.map((mark) => String(mark.getAttribute('aria-label')).split(' ')[0]!)))].toSorted();
  await page.keyboard.press('Home');
  await expect.poll(ends).toEqual(['a', 'b', 's']);
  // From a, which is chosen first, to s.
  await page.keyboard.press('n');
  await page.locator('[role=tab][aria-selected=true]', { hasText: /^s/ }).waitFor();
  await page.keyboard.press('a');
  await expect.poll(ends).toEqual(['s']);
  const counted = await page.locator('.arrow').count();
  expect(counted).toBeGreaterThan(3);
  await expect.poll(() => page.url()).toContain('actors=s');

  const { page: other } = await visit(stand.browser);
  await other.goto(page.url());
  await other.waitForSelector('.app[data-ready=yes]');
  await other.keyboard.press('Home');
  await expect.poll(() => other.locator('.arrow').count()).toBe(counted);
  await other.context().close();

  await page.keyboard.press('a');
  await expect.poll(ends).toEqual(['a', 'b', 's']);
  // The menu has every actor, and several can be chosen with Tab and Enter.
  await page.getByRole('button', { name: 'Filter', exact: true }).focus();
  await page.keyboard.press('Enter');
  for (const actor of ['a', 'b']) {
    await page.locator(`[data-actor=${actor}]`).focus();
    await page.keyboard.press('Enter');
  }
  await expect.poll(ends).toEqual(['a', 'b']);
});

test('two seeds stand side by side, from where they differ', async () => {
  const { page } = stand.visited;
  await play(page, stand.url, { protocol: 'udp-punch', a: 'symmetric', b: 'port-restricted', seed: 'spring' });
  await page.getByRole('button', { name: 'Beside' }).click();
  expect(await page.locator('.two .stage').count()).toBe(2);
  expect(await page.locator('.two .caption').last().innerText()).toMatch(/seed spring'$/);
  expect(await page.getByRole('status').innerText()).toMatch(/differ/);
});

test('of two runs, both statecharts, contexts and NAT tables are seen at one moment', async () => {
  const { page } = stand.visited;
  await play(page, stand.url, { protocol: 'udp-punch', a: 'symmetric', b: 'port-restricted' });
  await page.getByRole('button', { name: 'Beside' }).click();
  const [left, right] = ['left', 'right'].map((side) => page.locator(`.beside-one[data-side=${side}]`)) as [Locator, Locator];
  await page.getByRole('tab', { name: 'Statecharts' }).click();
  await page.getByRole('tab', { name: 'a', exact: true }).click();
  await page.keyboard.press('Home');
  for (const side of [left, right]) await side.locator('.state.active').first().waitFor();
  // At the end of the moment at which they part, a probe has come through in the one, and in the other it is still waited for.
  await page.keyboard.press('f');
  await page.keyboard.press('ArrowRight');
  await expect.poll(async () => (await left.locator('.state.active.leaf').getAttribute('data-state')) === (await right.locator('.state.active.leaf').getAttribute('data-state'))).toBe(false);
  await left.locator('.beside-state.differs').waitFor();

  await page.getByRole('tab', { name: 'Context' }).click();
  const state = page.locator('.contexts tr', { has: page.locator('th', { hasText: /^state$/ }) });
  const [one, other] = await state.locator('td').allInnerTexts();
  expect(one).not.toBe(other);
  expect(await page.locator('.contexts tr.differs').count()).toBeGreaterThan(1);

  await page.getByRole('tab', { name: 'NAT tables' }).click();
  const tables = await Promise.all([left, right].map((side) => side.locator('table[data-nat=nat-a] tbody').innerText()));
  expect(tables[0]).toMatch(/198\.18\.1\.2:\d+/);
  expect(tables[0]).not.toBe(tables[1]);
});

test('pictures of what is shown stand by themselves', async () => {
  const { page } = stand.visited;
  await play(page, stand.url, { protocol: 'udp-punch', a: 'port-restricted', b: 'restricted' });
  const saved = async (label: string): Promise<Buffer> => {
    if (!(await page.getByRole('button', { name: label }).isVisible())) await page.getByRole('button', { name: 'Export' }).click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: label }).click()]);
    const chunks: Buffer[] = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  };
  const svg = (await saved('Sequence SVG')).toString();
  expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  expect(svg).toContain('198.18.1.2:40000');
  expect(svg).not.toMatch(/var\(--(?!tint)|url\((?!data:)/);
  const png = await saved('Sequence PNG');
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  expect(png.length).toBeGreaterThan(50_000);

  await page.waitForSelector('.state.active');
  const chart = (await saved('Statechart SVG')).toString();
  expect(chart).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  expect(chart).toContain('class="paper"');
  expect((await saved('Statechart PNG')).subarray(1, 4).toString()).toBe('PNG');
  expect((await saved('Mermaid sequence')).toString()).toMatch(/^sequenceDiagram/);
  expect((await saved('Mermaid statechart')).toString()).toMatch(/^stateDiagram-v2/);
});

test('a narrow window folds the form away, and a wide one has it back', async () => {
  const { page } = stand.visited;
  await page.setViewportSize({ width: 400, height: 800 });
  await play(page, stand.url, { protocol: 'udp-punch', a: 'port-restricted', b: 'restricted' });
  const run = page.getByRole('button', { name: 'Run' });
  expect(await run.isVisible()).toBe(false);
  await page.getByText('Played here').click();
  expect(await run.isVisible()).toBe(true);
  await page.getByText('Played here').click();
  await page.setViewportSize({ width: 1200, height: 800 });
  await run.waitFor();
  await page.getByRole('tab', { name: 'Context' }).waitFor();
});

test.each([360, 820, 1440, 2560])('at %i px nothing is wider than the window', async (width) => {
  const { page } = stand.visited;
  await page.setViewportSize({ width, height: 800 });
  await play(page, stand.url, { protocol: 'udp-punch', a: 'port-restricted', b: 'restricted' });
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  for (const part of ['.sequence', '.sequence-body', '.heads', '.timebar']) expect((await page.locator(part).boundingBox())?.width, part).toBeLessThanOrEqual(width);
  expect(await page.locator('.arrow').count()).toBeGreaterThan(5);

  if (width <= 820) await page.getByText('Played here').click();
  await page.getByRole('button', { name: 'Beside' }).click();
  await page.locator('.two').waitFor();
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  for (const part of ['.two', '.two-frame .banner', '.two .stage', '.two .sequence']) expect((await page.locator(part).last().boundingBox())?.width, part).toBeLessThanOrEqual(width);
});

test('a run that is over opens at its end, in the sequence as in the statechart', async () => {
  const { page } = stand.visited;
  await play(page, stand.url, { protocol: 'udp-punch', a: 'symmetric', b: 'port-restricted' });
  await expect.poll(() => page.locator('.mark.outcome').count()).toBe(2);
  const [outcome, frame] = await Promise.all([page.locator('.mark.outcome').last().boundingBox(), page.locator('.sequence').boundingBox()]);
  expect(outcome!.y).toBeGreaterThan(frame!.y);
  expect(outcome!.y + outcome!.height).toBeLessThan(frame!.y + frame!.height);
});
