/** Where the page is: in a build it lies ready in dist/inspector; from source it is made when somebody wants it, once for each state of the sources. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT, Stop } from '../exit.ts';

/** Throws a `Stop` that says what to do where it cannot be made. */
export async function pageFolder(): Promise<string> {
  // dist/cli/inspector and dist/inspector.
  const built = fileURLToPath(new URL('../../inspector/', import.meta.url));
  if (existsSync(join(built, 'index.html'))) return built;
  try {
    return await made(projectRoot());
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new Stop(EXIT.cannot, `the inspector's page is not there and cannot be made (${why}). Run npm ci, or install the package, which carries it`);
  }
}

/** Under a name that tells its sources, and whole from the moment it has that name: several may make it at once. */
async function made(root: string): Promise<string> {
  const cache = join(root, 'node_modules', '.cache', 'natpunch-inspector');
  const folder = join(cache, Math.round(newest(root)).toString(36));
  if (existsSync(folder)) return folder;
  const { bundlePage } = await import('./bundle.ts');
  const unfinished = `${folder}.${process.pid}`;
  await mkdir(cache, { recursive: true });
  await bundlePage({ to: unfinished, root });
  try {
    await rename(unfinished, folder);
  } catch {
    // Somebody else was quicker.
    await rm(unfinished, { recursive: true });
  }
  return folder;
}

/** The nearest folder above with the page's sources: this file may have been compiled into a folder of the project. */
function projectRoot(): string {
  for (let folder = new URL('.', import.meta.url); folder.pathname !== '/'; folder = new URL('..', folder)) {
    if (existsSync(new URL('cli/inspector/page/main.tsx', folder))) return fileURLToPath(folder);
  }
  throw new Error('its sources are not here');
}

/** When the last of what the page is made of was changed, ms. */
function newest(root: string): number {
  let last = 0;
  for (const folder of ['cli', 'machines', 'effects', 'adapters']) {
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) last = Math.max(last, statSync(join(entry.parentPath, entry.name)).mtimeMs);
    }
  }
  return last;
}
