/** Runs as `--inspect` shows them, in a browser: a simulated punch while it is told, two peers on real sockets, and no page without the token. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { natpunch } from '../cli/command.ts';
import { openBrowser, visit } from './browser.ts';
import { leave } from './counts.ts';

let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => leave(browser));

const ADDRESS = /inspector: (http:\/\/127\.0\.0\.1:\d+\/[\w-]+\/)/;

test('a simulated punch that is inspected reaches connected on the page', async () => {
  const command = natpunch(['sim', 'udp', '--a', 'port-restricted', '--b', 'restricted', '--inspect']);
  const [, url = ''] = await command.seen('stderr', ADDRESS);
  const { page, strangers, complaints } = await visit(browser);
  await page.goto(url);
  await page.locator('[data-outcome="a b"]', { hasText: 'connected' }).waitFor();
  await page.locator('.state.active.leaf').waitFor();
  expect(await page.locator('.state.active.leaf').getAttribute('data-state')).toMatch(/^connected\./);
  expect(strangers).toEqual([]);
  expect(complaints).toEqual([]);

  const wrong = await page.context().request.get(new URL('/', url).href);
  expect(wrong.status()).toBe(404);
  expect(await wrong.text()).toBe('');
  command.signal('SIGINT');
  await command.ended;
});

test('two peers on real sockets are seen while they speak', async () => {
  const rendezvous = natpunch(['serve', 'rendezvous', '--listen', '127.0.0.1:0']);
  const [, server = ''] = await rendezvous.seen('stderr', /listening on (127\.0\.0\.1:\d+)\n/);
  const peer = ['udp', '--server', server, '--room', 'a room of the browser tests'];
  const seen = natpunch([...peer, '--inspect'], { input: 'open' });
  const [, url = ''] = await seen.seen('stderr', ADDRESS);
  const { page, complaints } = await visit(browser);
  await page.goto(url);
  await page.locator('.chip.live').waitFor();
  const other = natpunch(peer, { input: 'open' });
  await page.locator('[data-outcome]', { hasText: 'connected' }).waitFor();
  await page.locator('.arrow', { hasText: 'probe' }).first().waitFor();
  // Of a packet that has come, what it says and where it came from.
  await page.locator('.arrow.delivered', { hasText: 'introduced' }).first().locator('text').first().click();
  expect(await page.locator('[data-sheet=packet]').innerText()).toMatch(/from 127\.0\.0\.1:\d+\s[^]*says\s+type: introduced/i);
  expect(await page.title()).toMatch(/^natpunch udp :\d+ /);
  expect(complaints).toEqual([]);
  for (const command of [seen, other, rendezvous]) command.signal('SIGINT');
  await Promise.all([other.ended, rendezvous.ended]);
});
