/** In a run that counts branches: the page of any visit is a build with its map beside it, and what Chromium counts in it is left where `test/branches/processes.ts` looks. */
import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { bundlePage } from '../../cli/inspector/bundle.ts';

/** Set by `test/cli/build.ts`. */
const COUNTS = process.env['NATPUNCH_COUNTS'] ?? '';

const counting = new Map<Page, BrowserContext>();
let files = 0;

export async function count(context: BrowserContext): Promise<void> {
  if (COUNTS === '') return;
  const to = join(dirname(COUNTS), 'page');
  const path = join(to, 'page.js');
  if (!existsSync(path)) await bundlePage({ to, readable: true });
  await context.route('**/page.js', async (route) => {
    const page = route.request().frame().page();
    // Before its script is there: what opens a page by itself leaves no earlier moment.
    if (!counting.has(page)) {
      counting.set(page, context);
      await page.coverage.startJSCoverage({ resetOnNavigation: false });
    }
    await route.fulfill({ path });
  });
}

/** Closes it, and what was counted there is not lost. */
export async function leave(one: Browser | BrowserContext): Promise<void> {
  const contexts = 'contexts' in one ? one.contexts() : [one];
  for (const [page, context] of counting) {
    if (!contexts.includes(context) || page.isClosed()) continue;
    const entries = await page.coverage.stopJSCoverage();
    const result = entries
      .filter(({ url }) => url.endsWith('/page.js'))
      .map(({ functions, scriptId }) => ({ scriptId, functions, url: pathToFileURL(join(dirname(COUNTS), 'page', 'page.js')).href }));
    writeFileSync(join(COUNTS, `page-${process.pid}-${(files += 1)}.json`), JSON.stringify({ result }));
    counting.delete(page);
  }
  await one.close();
}
