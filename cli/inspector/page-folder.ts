/** Where the page is: in a build it lies ready in dist/inspector; from source it is made, in a second, when somebody wants it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT, Stop } from '../exit.ts';

/** Throws a `Stop` that says what to do where it cannot be made. */
export async function pageFolder(): Promise<string> {
  // dist/cli/inspector and dist/inspector.
  const built = fileURLToPath(new URL('../../inspector/', import.meta.url));
  if (existsSync(join(built, 'index.html'))) return built;
  const made = fileURLToPath(new URL('../../node_modules/.cache/natpunch-inspector/', import.meta.url));
  try {
    const { bundlePage } = await import('./bundle.ts');
    await bundlePage({ to: made });
    return made;
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new Stop(EXIT.cannot, `the inspector's page is not there and cannot be made (${why}). Run npm ci, or install the package, which carries it`);
  }
}
