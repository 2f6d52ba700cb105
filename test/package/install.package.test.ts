/**
 * The package in an empty project of somebody without privileges and without a compiler: it installs, and the README's programs and the
 * command line run there under each Node. Only real pwnat does not, and says so.
 */
import { chownSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { installPackages } from '../tools/install.ts';
import { type Beside, type Ended, ROOT, runToEnd, startBeside, succeed } from './programs.ts';
import { readmePrograms } from './readme.ts';

/** `nobody` of every Linux. */
const NOBODY = 65_534;
const IS_ROOT = process.getuid?.() === 0;
const HOME = mkdtempSync(join(tmpdir(), 'natpunch-home-'));
const PROJECT = join(HOME, 'project');
const BIN = join(HOME, 'bin');
const ENV = { PATH: BIN, HOME, npm_config_registry: succeed('npm', ['config', 'get', 'registry'], { cwd: ROOT }).trim() };
const MAIN = 'node_modules/natpunch/dist/cli/main.js';

/** The command, as nobody where we are root. */
function plainly(command: string, ...args: string[]): [string, string[]] {
  return IS_ROOT ? ['setpriv', [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', command, ...args]] : [command, args];
}

function ends(command: string, ...args: string[]): Ended {
  return runToEnd(...plainly(command, ...args), { cwd: PROJECT, env: ENV });
}

const beside = new Set<Beside>();
function starts(...[command, args]: [string, readonly string[]]): Beside {
  const one = startBeside(...plainly(command, ...args), { cwd: PROJECT, env: ENV, stdio: ['pipe', 'pipe', 'pipe'] });
  beside.add(one);
  return one;
}
afterEach(() => {
  for (const { child } of beside) child.kill('SIGKILL');
  beside.clear();
});
afterAll(() => rmSync(HOME, { recursive: true }));

beforeAll(() => {
  const nodes = installPackages(join(import.meta.dirname, 'nodes'));
  mkdirSync(PROJECT);
  mkdirSync(BIN);
  // All of PATH: no compiler, no make, no python.
  symlinkSync(process.execPath, join(BIN, 'node'));
  symlinkSync(realpathSync(succeed('which', ['npm'], { cwd: ROOT }).trim()), join(BIN, 'npm'));
  symlinkSync(realpathSync('/bin/sh'), join(BIN, 'sh'));
  symlinkSync(succeed('which', ['setpriv'], { cwd: ROOT }).trim(), join(BIN, 'setpriv'));
  for (const node of ['node20', 'node22', 'node24']) copyFileSync(join(nodes, 'node_modules', node, 'bin/node'), join(BIN, node));
  copyFileSync(inject('tarball'), join(PROJECT, 'natpunch.tgz'));
  writeFileSync(join(PROJECT, 'package.json'), '{ "private": true }\n');
  for (const [name, text] of readmePrograms()) writeFileSync(join(PROJECT, `${name}.mjs`), text);
  if (IS_ROOT) for (const path of [HOME, PROJECT, ...readdirSync(PROJECT).map((name) => join(PROJECT, name))]) chownSync(path, NOBODY, NOBODY);
  expect(ends('npm', 'install', '--no-audit', '--no-fund', './natpunch.tgz')).toMatchObject({ code: 0 });
});

test('raw-socket is left out where it cannot be compiled, and nothing else is', () => {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly dependencies: Readonly<Record<string, string>> };
  expect(['raw-socket', ...Object.keys(dependencies)].filter((name) => !existsSync(join(PROJECT, 'node_modules', name)))).toEqual(['raw-socket']);
});

test('it is as large as docs/decisions/0002-dependencies.md says', () => {
  const files = readdirSync(join(PROJECT, 'node_modules'), { recursive: true, encoding: 'utf8' }).map((name) => join(PROJECT, 'node_modules', name));
  const megabytes = files.reduce((sum, path) => sum + (statSync(path).isFile() ? statSync(path).size : 0), 0) / 1e6;
  const own = files.reduce((sum, path) => sum + (path.includes('node_modules/natpunch/') && statSync(path).isFile() ? statSync(path).size : 0), 0) / 1e6;
  const { packages } = JSON.parse(readFileSync(join(PROJECT, 'node_modules/.package-lock.json'), 'utf8')) as { readonly packages: Readonly<Record<string, { readonly optional?: boolean }>> };
  const count = Object.keys(packages).filter((path) => existsSync(join(PROJECT, path))).length;
  console.log(`installed: ${count} packages, ${megabytes.toFixed(1)} MB, of which natpunch is ${own.toFixed(1)} MB`);
  const said = /Installed it is (\d+) packages and (\d+) MB/.exec(readFileSync(join(ROOT, 'docs/decisions/0002-dependencies.md'), 'utf8'));
  expect(count).toBe(Number(said?.[1]));
  expect(Math.abs(megabytes - Number(said?.[2]))).toBeLessThan(0.1 * megabytes);
});

test('the types of the README’s programs hold, as its readers have them', () => {
  for (const [name, text] of readmePrograms()) writeFileSync(join(PROJECT, `${name}.mts`), text);
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--types', 'node', '--typeRoots', join(ROOT, 'node_modules/@types')];
  const programs = readmePrograms().map(([name]) => `${name}.mts`);
  for (const compiler of [join(ROOT, 'node_modules/.bin/tsc'), join(inject('tools'), 'node_modules/.bin/tsc')]) {
    expect(runToEnd(compiler, [...options, ...programs], { cwd: PROJECT })).toMatchObject({ code: 0, stdout: '' });
  }
});

describe.each(['node20', 'node22', 'node24'])('under %s', (name) => {
  const node = join(BIN, name);

  test('each entry can be imported', () => {
    const entries = ['natpunch', 'natpunch/sim', 'natpunch/machines', 'natpunch/node', 'natpunch/replay', 'natpunch/effects'];
    const program = `const all = await Promise.all(${JSON.stringify(entries)}.map((entry) => import(entry))); console.log(process.version, all.every((one) => Object.keys(one).length > 0));`;
    expect(ends(node, '--input-type=module', '--eval', program)).toMatchObject({ code: 0, stdout: expect.stringMatching(new RegExp(`^v${name.slice(4)}\\.\\S+ true\\n$`)) });
  });

  test('the README’s program opens a hole, and hears what the other says', async () => {
    const [, server = ''] = await starts(node, [MAIN, 'serve', 'rendezvous', '--listen', '127.0.0.1:0']).seen(/(127\.0\.0\.1:\d+)/);
    const [a, b] = [starts(node, ['hole.mjs', server, 'a room']), starts(node, ['hole.mjs', server, 'a room'])];
    await Promise.all([a.seen(/connected to/), b.seen(/connected to/), a.seen(/heard hello/), b.seen(/heard hello/)]);
    a.child.kill('SIGINT');
    await Promise.all([a.seen(/closed by/), b.seen(/closed by peer/)]);
  });

  test('the README’s program carries a stream', async () => {
    const [, server = ''] = await starts(node, [MAIN, 'serve', 'rendezvous', '--listen', '127.0.0.1:0']).seen(/(127\.0\.0\.1:\d+)/);
    const [a, b] = [starts(node, ['stream.mjs', server, 'a room']), starts(node, ['stream.mjs', server, 'a room'])];
    a.child.stdin?.end('over there');
    b.child.stdin?.end('and back');
    await Promise.all([a.seen(/and back/), b.seen(/over there/)]);
  });

  test('the README’s program checks', async () => {
    const [, server = ''] = await starts(node, [MAIN, 'serve', 'stun', '--listen', '127.0.0.1:0', '--alternate', '127.0.0.2:0']).seen(/(127\.0\.0\.1:\d+)/);
    expect(ends(node, 'check.mjs', server)).toMatchObject({ code: 0, stdout: expect.stringMatching(/verdict: 'open'/) });
  });

  test.each(['udp', 'tcp', 'n4', 'pwnat'])('natpunch sim %s works', (protocol) => {
    expect(ends(node, MAIN, 'sim', protocol, '--a', 'restricted', '--b', 'open')).toMatchObject({ code: 0 });
  });

  test('natpunch pwnat says what it lacks', () => {
    const { code, stderr } = ends(node, MAIN, 'pwnat', 'listen');
    expect([code, stderr]).toEqual([3, expect.stringMatching(/raw-socket|root|cap_net_raw/)]);
  });
});
