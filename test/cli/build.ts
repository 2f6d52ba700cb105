/**
 * Makes the command line, and the library beside it, into a few files before the tests: their many processes then start in a third
 * of the time that hundreds of modules take. What is shipped is tested by `npm run test:package`. Each run has a folder of its own,
 * gone at its end; `dist` is left alone.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build as bundle } from 'esbuild';
import type { TestProject } from 'vitest/node';

const ROOT = join(import.meta.dirname, '../..');
/** Inside the project, so that the program finds what it imports. */
const CACHE = join(ROOT, 'node_modules/.cache/natpunch');

declare module 'vitest' {
  interface ProvidedContext {
    /** The compiled program. */
    readonly program: string;
  }
}

export default async function build(project: TestProject): Promise<() => void> {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'run-'));
  await bundle({
    absWorkingDir: ROOT,
    entryPoints: ['index.ts', 'cli/main.ts'],
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // The first may be missing, and the others are of development.
    external: ['raw-socket', 'esbuild', '@statelyai/inspect'],
    // For the packages among what is bundled that are no ES modules.
    banner: { js: "import { createRequire as requiring } from 'node:module'; const require = requiring(import.meta.url);" },
  });
  project.provide('program', join(folder, 'cli/main.js'));
  return () => rmSync(folder, { recursive: true, force: true });
}
