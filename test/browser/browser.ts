/** A headless Chromium that may speak to 127.0.0.1 only, and says what else it wanted. */
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { count } from './counts.ts';

const CHROMIUM = process.env['NATPUNCH_CHROMIUM'] ?? '/usr/bin/chromium';

export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Every address that was asked for, but on this host. */
  readonly strangers: readonly string[];
  /** What the page threw or complained of. */
  readonly complaints: readonly string[];
}

/** Throws, in words for people, when there is no browser. */
export async function openBrowser(): Promise<Browser> {
  if (!existsSync(CHROMIUM)) throw new Error(`These tests need a browser: ${CHROMIUM} is not there. Install Debian's chromium, or name another in NATPUNCH_CHROMIUM.`);
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--force-color-profile=srgb'] });
}

export interface Look {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: 'light' | 'dark';
  /** Pixels of the picture for each of the page's. */
  readonly scale?: number;
}

export async function visit(browser: Browser, { width = 1440, height = 900, theme = 'light', scale = 1 }: Look = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, deviceScaleFactor: scale });
  const strangers: string[] = [];
  const complaints: string[] = [];
  context.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (/^(?:http|ws)s?:$/.test(protocol) && hostname !== '127.0.0.1') strangers.push(request.url());
  });
  const watch = (page: Page): void => {
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
  };
  context.on('page', watch);
  await count(context);
  const page = await context.newPage();
  return { page, context, strangers, complaints };
}
