/** The confusion matrix, which takes minutes and so is no part of `npm test`. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['test/nat-check/*.matrix.ts'], fileParallelism: false },
});
