/**
 * Proofs that take their time, and so are no part of `npm test`: loads, odds, outages, and all the chances of which `npm test` asks
 * a share. Without privileges.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const SHARED = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts') && /from '(\.\.?\/)+runs\.ts'/.test(readFileSync(join(import.meta.dirname, name), 'utf8')))
  .map((name) => `test/${name}`);

const timeouts = { testTimeout: 120_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    projects: [
      // What a load measures another would disturb.
      { test: { name: 'slow', include: ['test/**/*.slow.ts'], setupFiles: ['test/clear.ts'], globalSetup: ['test/cli/build.ts', 'test/tools/install.ts'], fileParallelism: false, ...timeouts } },
      { test: { name: 'chances', include: SHARED, env: { NATPUNCH_FULL: '1' }, setupFiles: ['test/clear.ts'], isolate: false, maxWorkers: 2, sequence: { groupOrder: 1 }, ...timeouts } },
    ],
  },
});
