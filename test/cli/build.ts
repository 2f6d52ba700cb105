/**
 * The command line, and the library beside it, for the tests that start them. Where branches are counted the processes count theirs
 * too (`test/branches/processes.ts`).
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { convertProcesses } from '../branches/processes.ts';
import { bundle } from '../bundle.ts';

const ROOT = join(import.meta.dirname, '../..');

declare module 'vitest' {
  interface ProvidedContext {
    /** The compiled program. */
    readonly program: string;
  }
}

/** Tells all tests where processes, and pages in browsers, leave what they counted; not there where nobody counts. */
const COUNTS = 'NATPUNCH_COUNTS';

export default async function build(project: TestProject): Promise<() => Promise<void>> {
  const { enabled: isCounted, reportsDirectory } = project.vitest.config.coverage;
  const { folder, remove } = await bundle(['index.ts', 'cli/main.ts'], { isMapped: isCounted });
  const counts = join(folder, 'counts');
  if (isCounted) {
    mkdirSync(counts);
    process.env[COUNTS] = counts;
  }
  project.provide('program', join(folder, 'cli/main.js'));
  return async () => {
    if (isCounted) await convertProcesses({ counts, root: ROOT, to: join(reportsDirectory, 'processes.json') });
    remove();
  };
}
