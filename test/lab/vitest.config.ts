/** The lab run: only `*.lab.test.ts`, four files at a time, and a clear failure where the machine cannot. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['test/lab/**/*.lab.test.ts'],
    globalSetup: [fileURLToPath(new URL('setup.ts', import.meta.url))],
    pool: 'forks',
    // Most of a file's time is waiting; hosts and NATs of each are its own.
    maxWorkers: 4,
    // A deadline, not a claim: a busy machine starts a dozen hosts in a minute.
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
});
