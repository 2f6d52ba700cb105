/** The page can be made of what is here, and whatever it contains of others carries its licence. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { bundlePage } from '../../cli/inspector/bundle.ts';

test('the page is made, with the licences of what it contains', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'natpunch-bundle-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  await bundlePage({ to: folder });
  expect(readdirSync(folder)).toEqual(expect.arrayContaining(['index.html', 'elk-worker.js', 'LICENSES.txt', 'page.js']));
  expect(readFileSync(join(folder, 'LICENSES.txt'), 'utf8')).toContain('xstate');
});
