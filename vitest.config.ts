import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Two cores are what CI has; a third worker computes while others wait for sockets and processes.
    maxWorkers: 3,
    coverage: {
      provider: 'v8',
      include: ['index.ts', '{effects,machines,adapters,cli}/**/*.{ts,tsx}'],
      // The page runs in a browser and the commands in processes of their own, where this does not look; test/browser and test/cli test them.
      exclude: ['test/**', 'cli/inspector/page/**', 'cli/commands/**', 'cli/main.ts'],
      // Whole lines for people; json for test/branches, which asks a reason for every branch that is left.
      reporter: [['text', { skipFull: true }], 'json'],
    },
    include: ['test/**/*.test.ts'],
    exclude: ['test/lab/**', 'test/browser/**', 'test/package/**'],
    globalSetup: ['test/cli/build.ts'],
    // What a file leaves open it closes itself, so that one process can load everything once for all.
    isolate: false,
    // A deadline, not a claim: a busy machine takes ten times as long.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
