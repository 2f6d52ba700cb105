/**
 * Makes programs of this project into a few files before the tests that start them: their many processes then start in a third of the
 * time that hundreds of modules take. What is shipped is tested by `npm run test:package`.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const ROOT = join(import.meta.dirname, '..');
/** Inside the project, so that the programs find what they import. */
const CACHE = join(ROOT, 'node_modules/.cache/natpunch');

export interface Bundle {
  /** Of this run alone; `<folder>/cli/main.js` is what `cli/main.ts` becomes. */
  readonly folder: string;
  readonly remove: () => void;
}

/** `entryPoints` are files, as the root of the project sees them. */
export async function bundle(entryPoints: readonly string[]): Promise<Bundle> {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'run-'));
  await build({
    absWorkingDir: ROOT,
    entryPoints: [...entryPoints],
    outdir: folder,
    outbase: ROOT,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // For Node the package names its CommonJS, of which nothing can be left out.
    alias: { rxjs: join(ROOT, 'node_modules/rxjs/dist/esm/index.js') },
    // The first may be missing, and the others are of development.
    external: ['raw-socket', 'esbuild', '@statelyai/inspect'],
    // For the packages among what is bundled that are no ES modules.
    banner: { js: "import { createRequire as requiring } from 'node:module'; const require = requiring(import.meta.url);" },
  });
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
