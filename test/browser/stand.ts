/** The playground in one browser, for a file of tests, and a visit for each of them. */
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { openBrowser, type Visit, visit } from './browser.ts';
import { leave } from './counts.ts';
import { openPlayground, type Playground } from './playground.ts';

export interface Stand {
  readonly browser: Browser;
  /** Of the playground. */
  readonly url: string;
  /** Of the test that runs. */
  readonly visited: Visit;
}

/** Every visit asks nobody else, and complains of nothing but where it may: where a server fails on purpose. */
export function playgroundVisits({ mayComplain = false }: { readonly mayComplain?: boolean } = {}): Stand {
  let browser: Browser;
  let playground: Playground;
  let visited: Visit;
  beforeAll(async () => {
    [browser, playground] = await Promise.all([openBrowser(), openPlayground()]);
  });
  afterAll(async () => {
    await leave(browser);
    await playground.close();
  });
  beforeEach(async () => {
    visited = await visit(browser);
  });
  afterEach(async () => {
    expect(visited.strangers).toEqual([]);
    if (!mayComplain) expect(visited.complaints).toEqual([]);
    await leave(visited.context);
  });
  return {
    get browser() {
      return browser;
    },
    get url() {
      return playground.url;
    },
    get visited() {
      return visited;
    },
  };
}
