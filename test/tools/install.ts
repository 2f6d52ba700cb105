/**
 * What only the long checks need stands in packages of its own, so that `npm ci` of the project stays short. Whoever needs one
 * calls this first: it installs what the lock file there names, below the project's node_modules, unless that is done.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const CACHE = join(import.meta.dirname, '../../node_modules/.cache/natpunch');

/** Where the packages of `folder` are then. */
export function installPackages(folder: string): string {
  const place = join(CACHE, basename(folder));
  const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8');
  /** A copy of the lock file that was installed. */
  const done = join(place, 'node_modules/.installed-lock.json');
  if (existsSync(done) && readFileSync(done, 'utf8') === lock) return place;
  mkdirSync(place, { recursive: true });
  for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(folder, file), join(place, file));
  const { status, stderr } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: place, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm ci for ${folder} failed:\n${stderr}`);
  copyFileSync(join(place, 'package-lock.json'), done);
  return place;
}

/** Installed by `installTools`. */
export const TOOLS = join(CACHE, basename(import.meta.dirname));

/** A globalSetup of vitest. */
export default function installTools(): void {
  installPackages(import.meta.dirname);
}
