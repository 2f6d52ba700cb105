/** The lab run: only `*.lab.test.ts`, several files at a time, and a clear failure where the machine cannot. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** What others that come and go beside them would disturb: delays, and ports that are gone unless they are aimed at at once. */
const TIMED = ['test/lab/{sweeps,tcp-predict,topology}.lab.test.ts'];

// A deadline, not a claim: a busy machine starts a dozen hosts in a minute.
const common = { root, pool: 'forks', testTimeout: 120_000, hookTimeout: 180_000 } as const;

export default defineConfig({
  test: {
    root,
    globalSetup: [fileURLToPath(new URL('setup.ts', import.meta.url))],
    projects: [
      // Most of a file's time is waiting; the hosts and NATs of each are its own.
      { test: { ...common, name: 'lab', include: ['test/lab/**/*.lab.test.ts'], exclude: TIMED, maxWorkers: 4 } },
      { test: { ...common, name: 'timed', include: TIMED, maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
});
