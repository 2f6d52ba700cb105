/** The package as strangers get it: `npm run test:package`. It needs the npm registry, and root to become somebody without privileges. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['test/package/*.package.test.ts'],
    globalSetup: ['test/package/packed.ts'],
    fileParallelism: false,
    // Deadlines, not claims: a registry may take its time.
    testTimeout: 600_000,
    hookTimeout: 900_000,
  },
});
