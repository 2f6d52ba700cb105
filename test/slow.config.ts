/** Proofs that take their time, and so are no part of `npm test`: loads, odds, outages. Without privileges. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['test/**/*.slow.ts'], globalSetup: ['test/cli/build.ts'], fileParallelism: false, testTimeout: 120_000, hookTimeout: 120_000 },
});
