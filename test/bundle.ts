/**
 * Makes programs of this project into a few files before the tests that start them: their many processes then start in a third of the
 * time that hundreds of modules take. What is shipped is tested by `npm run test:package`.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const ROOT = join(import.meta.dirname, '..');
/** Inside the project, so that the programs find what they import. */
const CACHE = join(ROOT, 'node_modules/.cache/natpunch');

export interface Bundle {
  /** Of this run alone; `<folder>/cli/main.js` is what `cli/main.ts` becomes. */
  readonly folder: string;
  readonly remove: () => void;
}

/** `files` are TypeScript, as the root of the project sees them. `isMapped`: with source maps, which the programs do not mention. */
export async function bundle(files: readonly string[], { isMapped = false }: { readonly isMapped?: boolean } = {}): Promise<Bundle> {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'run-'));
  const programs = await rolldown({
    cwd: ROOT,
    input: Object.fromEntries(files.map((file) => [file.replace(/\.ts$/, ''), file])),
    platform: 'node',
    // The first may be missing, and the others are of development.
    external: ['raw-socket', 'esbuild', '@statelyai/inspect'],
    // For Node the package names its CommonJS, of which nothing can be left out.
    resolve: { alias: { rxjs: join(ROOT, 'node_modules/rxjs/dist/esm/index.js') } },
    transform: { target: 'node20' },
  });
  // No word of the map in the program: Node would copy it into what every process counts.
  await programs.write({ dir: folder, format: 'esm', sourcemap: isMapped ? 'hidden' : false });
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
