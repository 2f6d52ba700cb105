/**
 * Compiles the command line once before the tests, so that they run what is shipped and each of its many processes starts in a
 * fifth of a second. Each run has a folder of its own, gone at its end; `dist` is left alone.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
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

export default function build(project: TestProject): () => void {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'run-'));
  const compiler = join(ROOT, 'node_modules/.bin/tsc');
  const { stdout } = spawnSync(compiler, ['-p', 'tsconfig.build.json', '--outDir', folder, '--declaration', 'false', '--noCheck'], { cwd: ROOT, encoding: 'utf8' });
  const program = join(folder, 'cli/main.js');
  // Types are for `npm run types`.
  if (!existsSync(program)) throw new Error(`The command line could not be compiled:\n${stdout}`);
  project.provide('program', program);
  return () => rmSync(folder, { recursive: true, force: true });
}
