/**
 * Makes the command line, and the library beside it, into a few files before the tests: their many processes then start in a third
 * of the time that hundreds of modules take. What is shipped is tested by `npm run test:package`. Each run has a folder of its own,
 * gone at its end; `dist` is left alone. Where branches are counted the processes count theirs too (`test/branches/processes.ts`).
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import type { TestProject } from 'vitest/node';
import { convertProcesses } from '../branches/processes.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Inside the project, so that the program finds what it imports. */
const CACHE = join(ROOT, 'node_modules/.cache/natpunch');

declare module 'vitest' {
  interface ProvidedContext {
    /** The compiled program. */
    readonly program: string;
  }
}

/** Tells all tests where processes, and pages in browsers, leave what they counted; not there where nobody counts. */
const COUNTS = 'NATPUNCH_COUNTS';

export default async function build(project: TestProject): Promise<() => Promise<void>> {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'run-'));
  const counts = join(folder, 'counts');
  const { enabled: isCounted, reportsDirectory } = project.vitest.config.coverage;
  const program = await rolldown({
    cwd: ROOT,
    input: { index: 'index.ts', 'cli/main': 'cli/main.ts' },
    platform: 'node',
    // The first may be missing, and the others are of development.
    external: ['raw-socket', 'esbuild', '@statelyai/inspect'],
    transform: { target: 'node20' },
  });
  // No word of the map in the program: Node would copy it into what every process counted.
  await program.write({ dir: folder, format: 'esm', sourcemap: isCounted ? 'hidden' : false });
  if (isCounted) {
    mkdirSync(counts);
    process.env[COUNTS] = counts;
  }
  project.provide('program', join(folder, 'cli/main.js'));
  return async () => {
    if (isCounted) await convertProcesses({ counts, root: ROOT, to: join(reportsDirectory, 'processes.json') });
    rmSync(folder, { recursive: true, force: true });
  };
}
