/**
 * What of this project runs in processes of its own in the lab: setup.ts makes it into a few files, so that each process starts in a
 * third of the time.
 */
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(import.meta.dirname, '../..');
/** Where setup.ts has put them. */
export const SCRIPTS = 'NATPUNCH_LAB_SCRIPTS';

/** As the root of the project sees them. */
export const STARTED = [
  'cli/main.ts',
  'test/pwnat/original-program.ts',
  ...['agreement-agent', 'check-agent', 'icmp-opener', 'icmp-probe', 'n4-agent', 'open-agent', 'probe', 'punch-agent', 'pwnat-agent', 'tcp-open-agent', 'text-check-agent', 'ttl-host', 'web-agent'].map((name) => `test/lab/${name}.ts`),
];

/** The JavaScript of one of them, by its source: a file, as the root of the project sees it, or its URL. */
export function script(source: string | URL): string {
  const file = source instanceof URL ? relative(ROOT, fileURLToPath(source)) : source;
  const folder = process.env[SCRIPTS];
  if (folder === undefined || !STARTED.includes(file)) throw new Error(`${file} is none of the programs that setup.ts prepares: add it to test/lab/scripts.ts`);
  return join(folder, file.replace(/\.ts$/, '.js'));
}

/** The command line of our own command. */
export const natpunch = (...args: string[]): string[] => [process.execPath, script('cli/main.ts'), ...args];
