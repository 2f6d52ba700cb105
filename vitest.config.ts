import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/lab/**', 'test/browser/**', 'node_modules/**'],
    globalSetup: ['test/cli/build.ts'],
    // Two cores are what CI has; without this vitest leaves one of them alone.
    maxWorkers: '100%',
    // A deadline, not a claim: a busy machine takes ten times as long.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
