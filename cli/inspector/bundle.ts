/**
 * Makes the inspector's page from its sources: one static folder that any web server can host. A build step, for `npm run
 * build`, the playground and whoever runs from source; the package carries the finished folder and never comes here.
 */
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface BundleOptions {
  /** Where the folder is to be; made if it is not there. */
  readonly to: string;
  /** The project whose sources it is made from; default: that of this file. */
  readonly root?: string;
  /** Short names for people who read the page's code: bigger files, and maps. */
  readonly readable?: boolean;
}

/** Writes index.html, page.js, page.css, what they load, and the licences of what they contain. Throws when esbuild is not installed. */
export async function bundlePage({ to, root = ROOT, readable = false }: BundleOptions): Promise<void> {
  const { build } = await import('esbuild');
  const page = join(root, 'cli', 'inspector', 'page');
  await mkdir(to, { recursive: true });
  const { metafile } = await build({
    entryPoints: ['main.tsx', 'page.css'].map((file) => ({ in: join(page, file), out: 'page' })),
    outdir: to,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: !readable,
    sourcemap: readable,
    legalComments: 'none',
    logLevel: 'warning',
    loader: { '.woff2': 'copy' },
    assetNames: '[name]',
    // What the page does not use of the simulator wants Node; it is left out, and that is looked at below.
    external: ['node:*'],
    metafile: true,
  });
  const left = Object.values(metafile.outputs).flatMap(({ imports }) => imports.filter(({ path }) => path.startsWith('node:')));
  if (left.length > 0) throw new Error(`the page would need ${left.map(({ path }) => path).join(', ')}, which no browser has`);
  await cp(join(page, 'index.html'), join(to, 'index.html'));
  await cp(join(root, 'node_modules', 'elkjs', 'lib', 'elk-worker.min.js'), join(to, 'elk-worker.js'));
  const contained = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs).filter((file) => (inputs[file]?.bytesInOutput ?? 0) > 0));
  await writeFile(join(to, 'LICENSES.txt'), await licences(join(root, 'node_modules'), contained));
  // A server that has runs to show answers this name itself; see page/source/session.ts.
  await writeFile(join(to, 'runs'), '[]\n');
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What the folder contains that others wrote, each with the file that holds its licence. */
const CONTAINED: readonly (readonly [name: string, licence: string])[] = [
  ['preact', 'LICENSE'],
  ['xstate', 'LICENSE'],
  ['rxjs', 'LICENSE.txt'],
  ['tslib', 'LICENSE.txt'],
  ['crc-32', 'LICENSE'],
  ['@noble/hashes', 'LICENSE'],
  ['@fontsource-variable/inter', 'LICENSE'],
  ['@fontsource-variable/jetbrains-mono', 'LICENSE'],
  ['elkjs', 'LICENSE.md'],
];

/** Throws when something is contained, by the names of all files, whose licence is not. */
async function licences(modules: string, files: readonly string[]): Promise<string> {
  const contained = new Set(files.flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []));
  for (const [name] of CONTAINED) contained.delete(name);
  if (contained.size > 0) throw new Error(`the page contains ${[...contained].join(', ')}, whose licence it would not carry`);
  const texts = CONTAINED.map(async ([name, file]) => {
    const folder = join(modules, name);
    const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string; license: string };
    const whole = name === 'elkjs' ? ', unmodified as elk-worker.js; source: https://github.com/kieler/elkjs' : '';
    return `${name} ${manifest.version} (${manifest.license}${whole})\n\n${await readFile(join(folder, file), 'utf8')}`;
  });
  return (await Promise.all(texts)).join(`\n${'-'.repeat(78)}\n`);
}
