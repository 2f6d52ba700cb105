import { defineConfig } from 'vitest/config';

/** Where branches are counted, some slow tests take what no other does; and a load is none where every step of it costs more. */
const COUNTED = process.argv.includes('--coverage') ? { include: ['test/inspector/*.slow.ts'], exclude: ['test/load/**'], globalSetup: ['test/tools/install.ts'] } : { include: [], exclude: [], globalSetup: [] };

export default defineConfig({
  test: {
    // Two cores are what CI has. A third worker would load all modules once more, and gains nothing: who waits here waits for processes.
    maxWorkers: 2,
    coverage: {
      provider: 'v8',
      include: ['index.ts', '{effects,machines,adapters,cli}/**/*.{ts,tsx}'],
      // What runs in processes of its own and in a browser is counted there (test/cli/build.ts).
      exclude: ['test/**'],
      // For test/branches, which asks a reason for every branch that is left.
      reporter: ['json'],
      reportOnFailure: true,
    },
    include: ['test/**/*.test.ts', ...COUNTED.include],
    exclude: ['test/lab/**', 'test/browser/**', 'test/package/**', ...COUNTED.exclude],
    globalSetup: ['test/cli/build.ts', ...COUNTED.globalSetup],
    // What a file leaves open it closes itself, so that one process can load everything once for all.
    isolate: false,
    setupFiles: ['test/clear.ts'],
    // A deadline, not a claim: a busy machine takes ten times as long.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
