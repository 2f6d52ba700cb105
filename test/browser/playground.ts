/** The playground as a static folder on a web server, made once for a file of tests. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { bundlePage } from '../../cli/inspector/bundle.ts';
import { serveFolder } from './folder-server.ts';

export interface Playground {
  readonly url: string;
  close(): Promise<void>;
}

export async function openPlayground(): Promise<Playground> {
  const folder = await mkdtemp(join(tmpdir(), 'natpunch-page-'));
  await bundlePage({ to: folder });
  const server = await serveFolder(folder);
  return {
    url: server.url,
    close: async () => {
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}

export interface Wanted {
  readonly protocol: string;
  readonly a: string;
  readonly b?: string;
  readonly seed?: string;
}

/** Plays what is wanted, by the address alone. */
export async function play(page: Page, url: string, { protocol, a, b = 'open', seed = '1' }: Wanted): Promise<void> {
  await page.goto(`${url}#${new URLSearchParams({ protocol, a, b, seed }).toString()}`);
  await page.waitForSelector('.app[data-ready=yes]');
}
