/** The tests that look at the inspector's page in a real browser: `npm run test:browser`. They need Debian's chromium. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/browser/**/*.browser.test.ts'],
    setupFiles: ['test/clear.ts'],
    globalSetup: ['test/cli/build.ts'],
    coverage: { provider: 'v8', reportsDirectory: 'coverage/browser', reporter: ['json'], reportOnFailure: true, exclude: ['test/**'] },
    // One browser at a time: what one test measures another would disturb.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 40_000,
    // Deadlines, not claims: a busy machine needs seconds for what takes a moment.
    expect: { poll: { timeout: 15_000 } },
  },
});
