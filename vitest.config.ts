import { defineConfig } from 'vitest/config';

/** Tests of real sockets and processes: each file in a process of its own, which is all that can be left open. */
const ALONE = ['test/{adapters,cli,load}/**/*.test.ts', 'test/stories/{open-library,open-streams,check-library,readme-programs}.test.ts', 'test/inspector/{killed,server,unasked}.test.ts'];

/** Where branches are counted, some slow tests take what no other does; and a load is none where every step of it costs more. */
const COUNTED = process.argv.includes('--coverage') ? { include: ['test/inspector/*.slow.ts'], exclude: ['test/load/**'], globalSetup: ['test/tools/install.ts'] } : { include: [], exclude: [], globalSetup: [] };

// A deadline, not a claim: a busy machine takes ten times as long.
const timeouts = { testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    // Two cores are what CI has; without this vitest leaves one of them alone.
    maxWorkers: '100%',
    coverage: {
      provider: 'v8',
      include: ['index.ts', '{effects,machines,adapters,cli}/**/*.{ts,tsx}'],
      // What runs in processes of its own and in a browser is counted there (test/cli/build.ts).
      exclude: ['test/**'],
      // For test/branches, which asks a reason for every branch that is left.
      reporter: ['json'],
      reportOnFailure: true,
    },
    projects: [
      { test: { name: 'alone', include: [...ALONE, ...COUNTED.include], exclude: COUNTED.exclude, globalSetup: ['test/cli/build.ts', ...COUNTED.globalSetup], ...timeouts } },
      // Values and simulated worlds leave nothing behind, so that one process can load them once for all.
      { test: { name: 'shared', include: ['test/**/*.test.ts'], exclude: ['test/lab/**', 'test/browser/**', 'test/package/**', ...ALONE], isolate: false, sequence: { groupOrder: 1 }, ...timeouts } },
    ],
  },
});
