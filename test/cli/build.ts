/** The command line, and the library beside it, for the tests that start them. */
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { bundle } from '../bundle.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The compiled program. */
    readonly program: string;
  }
}

export default async function build(project: TestProject): Promise<() => void> {
  const { folder, remove } = await bundle(['index.ts', 'cli/main.ts']);
  project.provide('program', join(folder, 'cli/main.js'));
  return remove;
}
