/**
 * `npm run screenshots`: docs/screenshots, one finished view of each protocol, and the page's other faces. What is shown is
 * played by the page itself, so the same sources give the same pictures. `npm run screenshots pwnat` makes only that one.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { openBrowser, type Look, visit } from './browser.ts';
import { openPlayground, play, type Wanted } from './playground.ts';

interface Shot extends Wanted, Look {
  readonly name: string;
  /** What is done before the picture is taken. */
  readonly pose?: (page: Page) => Promise<void>;
}

const to = join(import.meta.dirname, '../../docs/screenshots');

const SHOTS: readonly Shot[] = [
  { name: 'udp-punch', protocol: 'udp-punch', a: 'port-restricted', b: 'restricted', pose: atFirst('.arrow.delivered', 'confirm') },
  { name: 'udp-punch-sweep', protocol: 'udp-punch', a: 'symmetric', b: 'port-restricted', theme: 'dark', pose: atFirst('.arrow.bundle.dropped', 'probe') },
  { name: 'tcp-open', protocol: 'tcp-open', a: 'port-restricted', b: 'port-restricted', pose: atFirst('.mark.outcome', 'connected') },
  { name: 'n4', protocol: 'n4', a: 'symmetric-seq', b: 'port-restricted', theme: 'dark', pose: atFirst('.arrow.bundle', 'punch') },
  { name: 'pwnat', protocol: 'pwnat', a: 'open', b: 'port-restricted', pose: atFirst('.arrow', 'offer') },
  { name: 'nat-check', protocol: 'stun-check', a: 'port-restricted', pose: tables },
  { name: 'no-path', protocol: 'udp-punch', a: 'symmetric', b: 'symmetric', pose: atFirst('.arrow.dropped', 'filtering') },
  { name: 'two-runs', protocol: 'udp-punch', a: 'symmetric', b: 'port-restricted', pose: beside },
  { name: 'narrow', protocol: 'udp-punch', a: 'port-restricted', b: 'restricted', width: 390, height: 844 },
];

/** False at the end. */
const SCROLL_ON = `(() => {
  const sequence = document.querySelector('.sequence');
  const before = sequence.scrollTop;
  sequence.scrollBy(0, 300);
  return sequence.scrollTop > before;
})()`;

const [browser, playground] = await Promise.all([openBrowser(), openPlayground()]);
await mkdir(to, { recursive: true });
const wanted = process.argv.slice(2);
for (const shot of SHOTS.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  const { name, pose, width = 1440, height = 900, theme = 'light' } = shot;
  const { page, context } = await visit(browser, { width, height, theme, scale: 1.25 });
  await play(page, playground.url, shot);
  page.setDefaultTimeout(120_000);
  await page.evaluate('document.fonts.ready');
  if (width > 820) await page.locator('.state.active.leaf').first().waitFor();
  await pose?.(page);
  // The pointer would light up what it rests on.
  await page.mouse.move(2, 2);
  await page.waitForTimeout(250);
  await page.screenshot({ path: join(to, `${name}.png`) });
  await context.close();
  process.stderr.write(`${name}.png\n`);
}
await browser.close();
await playground.close();

/** Chooses the first of this kind that says so. */
function atFirst(selector: string, text: string): (page: Page) => Promise<void> {
  return async (page) => {
    await page.keyboard.press('Home');
    const found = page.locator(selector, { hasText: text }).first();
    // Only what is in the window, and a little around it, is there.
    while ((await found.count()) === 0 && (await page.evaluate<boolean>(SCROLL_ON))) await page.waitForTimeout(100);
    await found.locator('text').first().click();
    await page.waitForTimeout(200);
  };
}

async function tables(page: Page): Promise<void> {
  await page.getByRole('tab', { name: 'NAT tables' }).click();
}

async function beside(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Beside' }).click();
  await page.locator('.two').waitFor();
  await page.getByRole('tab', { name: 'Statecharts' }).click();
  // To the end of the moment at which they part.
  await page.keyboard.press('ArrowRight');
  await page.locator('.beside-one .state.active.leaf').last().waitFor();
}
