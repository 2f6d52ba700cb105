/** The lab run: only `*.lab.test.ts`, one file at a time, and a clear failure where the machine cannot. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['test/lab/**/*.lab.test.ts'],
    globalSetup: [fileURLToPath(new URL('setup.ts', import.meta.url))],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
