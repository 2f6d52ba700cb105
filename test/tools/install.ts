/**
 * What only the long checks need stands in packages of its own, so that `npm ci` of the project stays short. Whoever needs one
 * calls this first: it installs what the lock file there names, unless that is done.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const TOOLS = import.meta.dirname;

export function installPackages(folder: string): void {
  const lock = join(folder, 'package-lock.json');
  /** A copy of the lock file that was installed. */
  const done = join(folder, 'node_modules/.installed-lock.json');
  if (existsSync(done) && readFileSync(done, 'utf8') === readFileSync(lock, 'utf8')) return;
  const { status, stderr } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm ci in ${folder} failed:\n${stderr}`);
  copyFileSync(lock, done);
}

/** A globalSetup of vitest. */
export default function installTools(): void {
  installPackages(TOOLS);
}
