/** The page as the inspector of somebody else's xstate application, through the public package alone. */
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { openBrowser, visit } from './browser.ts';
import { leave } from './counts.ts';
import { serveFolder } from './folder-server.ts';
import { openPlayground } from './playground.ts';

const press = (times: number): string => `for (let i = 0; i < ${times}; i += 1) document.querySelector('#next').click()`;

test('a foreign machine opens the page by its address, and is seen there in its state', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'natpunch-foreign-'));
  await build({ entryPoints: [join(import.meta.dirname, 'foreign-application.ts')], outfile: join(folder, 'app.js'), bundle: true, format: 'esm', platform: 'browser', logLevel: 'error' });
  await writeFile(join(folder, 'index.html'), '<!doctype html><link rel="icon" href="data:,"><button id="inspect">Inspect</button><button id="next">Next</button><script type="module" src="app.js"></script>');
  await writeFile(join(folder, 'framed.html'), '<!doctype html><link rel="icon" href="data:,"><button id="inspect">Inspect</button><button id="next">Next</button><iframe referrerpolicy="no-referrer" width="1200" height="700"></iframe><script type="module" src="app.js"></script>');
  const [browser, playground, application] = await Promise.all([openBrowser(), openPlayground(), serveFolder(folder)]);
  try {
    const { page, strangers, complaints } = await visit(browser);
    await page.goto(`${application.url}#${encodeURIComponent(playground.url)}`);
    const [inspector] = await Promise.all([page.waitForEvent('popup'), page.locator('#inspect').click()]);
    await inspector.locator('.state.active', { hasText: 'red' }).waitFor();
    await page.locator('#next').click();
    await inspector.locator('.state.active', { hasText: 'green' }).waitFor();
    expect(await inspector.locator('.chart-taken').innerText()).toMatch(/NEXT\s+red → green/);
    expect(await inspector.locator('.head-of .name').textContent()).toMatch(/crossing/);

    // Whoever watches follows the end, until they scroll back.
    const fromEnd = (): Promise<number> => inspector.evaluate('(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight)(document.querySelector(".sequence"))');
    await page.evaluate(press(40));
    await expect.poll(() => inspector.evaluate<number>('document.querySelector(".sequence").scrollHeight')).toBeGreaterThan(1200);
    await expect.poll(fromEnd).toBeLessThan(2);
    await inspector.locator('.sequence').hover();
    await inspector.mouse.wheel(0, -600);
    await expect.poll(() => inspector.getByRole('button', { name: 'Follow the end' }).getAttribute('aria-pressed')).toBe('false');
    // Back at the end they follow it again.
    await inspector.mouse.wheel(0, 5_000);
    await expect.poll(() => inspector.getByRole('button', { name: 'Follow the end' }).getAttribute('aria-pressed')).toBe('true');
    await inspector.mouse.wheel(0, -600);
    await expect.poll(() => inspector.getByRole('button', { name: 'Follow the end' }).getAttribute('aria-pressed')).toBe('false');
    const left = await fromEnd();
    await page.evaluate(press(20));
    await expect.poll(fromEnd).toBeGreaterThan(left + 300);
    expect(strangers).toEqual([]);
    expect(complaints).toEqual([]);

    // In a frame of its page, and shown before the inspector knows that there are no other runs. Nobody else is listened to.
    const { page: framing } = await visit(browser);
    const shown = new EventEmitter();
    await framing.route('**/runs', (route) => once(shown, 'now').then(() => route.continue()));
    await framing.goto(`${application.url}framed.html#${encodeURIComponent(playground.url)}`);
    await framing.locator('#inspect').click();
    const frame = framing.frameLocator('iframe');
    await frame.locator('.brand').waitFor();
    await framing.frames()[1]?.evaluate("window.postMessage({ type: '@xstate.actor', sessionId: 'z', name: 'forged' }, '*')");
    await framing.locator('#next').click();
    await frame.locator('.head-of').first().waitFor();
    const answered = framing.waitForResponse('**/runs');
    shown.emit('now');
    await answered;
    await framing.locator('#next').click();
    await frame.locator('.mark', { hasText: 'yellow' }).first().waitFor();
    expect(await frame.locator('.title').innerText()).toBe('An xstate application');
    expect(await frame.locator('.head-of').allTextContents()).toEqual([expect.not.stringContaining('forged')]);
  } finally {
    await leave(browser);
    await Promise.all([playground.close(), application.close(), rm(folder, { recursive: true })]);
  }
});
