/**
 * `natpunch pwnat` as a user runs it, between real NATs, with itself and with programs that are not ours: what passes through it is
 * whole, it ends as it says, and both originals get on with it in both roles.
 *
 * The originals themselves, if somebody names them: NATPUNCH_PWNAT is samyk/pwnat's program, NATPUNCH_PYPWNAT the command of
 * blahgeek/pypwnat with its interpreter; else the stand-ins of test/pwnat. With NATPUNCH_FULL set, twenty times five megabytes.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Agent } from './agent.ts';
import { IS_FULL } from './full.ts';
import { buildLab, type Lab, type LabSpec } from './lab.ts';
import { Program } from './program.ts';
import { natpunch, script } from './scripts.ts';
import type { Passed } from './web-agent.ts';

const LENGTH = IS_FULL ? 5_000_000 : 500_000;
const COUNT = 20;

const STAND_IN = [process.execPath, script('test/pwnat/original-program.ts')];
const PWNAT = process.env['NATPUNCH_PWNAT'] ? [process.env['NATPUNCH_PWNAT']] : STAND_IN;
const PYPWNAT = process.env['NATPUNCH_PYPWNAT']?.split(' ') ?? [...STAND_IN, 'pypwnat'];
/** What it is called by its build's own address sanitizer is no business of ours. */
const THEIR_ENV = { ASAN_OPTIONS: 'detect_leaks=0' };

const WEB = new URL('web-agent.ts', import.meta.url);
const TARGET = '127.0.0.1:8080';
const HOME = '198.18.1.2';

const rows: string[] = [];
let folder = '';
let lab: Lab;
let [web, client]: Agent[] = [];
let programs: Program[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'natpunch-'));
  lab = await buildLab({ a: 'open' });
  [web, client] = await Promise.all([lab.agent('a', WEB), lab.agent('b', WEB)]);
  await web.call('serve', [8080]);
});
beforeEach(() => {
  programs = [];
});
afterEach(async () => {
  await Promise.all(programs.map((program) => program.stop('SIGKILL')));
});
afterAll(async () => {
  await lab?.dispose();
  rmSync(folder, { recursive: true });
  console.log([`with ${process.env['NATPUNCH_PWNAT'] ?? 'our stand-ins'}`, '| what | connections × bytes | ms | MB/s |', '| --- | --- | --- | --- |', ...rows].join('\n'));
});

function start(host: string, argv: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  const program = new Program(lab, host, argv, env);
  programs.push(program);
  return program;
}

let lastDoor = 9_000;
/** A TCP port that no run before has used: originals cannot take one again for a minute. */
const freshDoor = (): number => (lastDoor += 1);

interface Tunnel {
  readonly listener: Program;
  readonly caller: Program;
  readonly door: number;
}

/** Our listener behind a's NAT, and our caller. */
async function tunnel(spec: LabSpec, { env = {}, listen = [], connect = [] }: { readonly env?: Readonly<Record<string, string>>; readonly listen?: readonly string[]; readonly connect?: readonly string[] } = {}): Promise<Tunnel> {
  await lab.rebuild(spec);
  const door = freshDoor();
  const listener = start('a', natpunch('pwnat', 'listen', '--allow', TARGET, ...listen), env);
  await listener.says(/listening on UDP port 2222/);
  const caller = start('b', natpunch('pwnat', 'connect', HOME, '--listen', String(door), '--to', TARGET, ...connect), env);
  await caller.says(/connected to 198\.18\.1\.2:2222/);
  return { listener, caller, door };
}

async function passes(what: string, door: number, count: number, length: number, ways: readonly ('load' | 'store')[] = ['load', 'store']): Promise<void> {
  for (const way of ways) {
    const startedAt = performance.now();
    const passed = await client?.call<readonly Passed[]>(way, [door, count, length], { timeoutMs: 110_000 });
    const ms = performance.now() - startedAt;
    rows.push(`| ${what}, ${way} | ${count} × ${length} | ${ms.toFixed(0)} | ${((count * length) / ms / 1_000).toFixed(2)} |`);
    expect(passed?.filter(({ hash, expected, length: got }) => hash !== expected || got !== length)).toEqual([]);
    expect(passed).toHaveLength(count);
  }
}

/** So much of the UDP on the way is lost, in both directions. */
async function loseUdp(share: number): Promise<void> {
  const rule = `meta l4proto udp numgen random mod 1000 < ${share * 1_000} drop`;
  await lab.run('core', ['nft', '-f', '-'], `table ip lossy {\n  chain forward {\n    type filter hook forward priority 0; policy accept;\n    ${rule}\n  }\n}\n`);
}

describe('a web server through our two ends', () => {
  test(`${COUNT} downloads and ${COUNT} uploads at once are whole`, async () => {
    const { door } = await tunnel({ a: 'port-restricted', b: 'port-restricted+icmp-errors' });
    await passes('no loss', door, COUNT, LENGTH);
  });

  test('also where one datagram in twenty is lost', async () => {
    const { door } = await tunnel({ a: 'port-restricted', b: 'open' });
    await loseUdp(0.05);
    await passes('5 % lost', door, COUNT, LENGTH);
  });

  test('one connection at 25 ms one way moves far more than a kilobyte a round trip', async () => {
    const { door } = await tunnel({ a: 'port-restricted', b: 'open', delayMs: 25 });
    const startedAt = performance.now();
    await passes('25 ms', door, 1, 3_000_000);
    // Stop-and-wait would need five minutes for both ways; a twentieth of that is a claim about protocols, not about machines.
    expect(performance.now() - startedAt).toBeLessThan((2 * (3_000_000 / 1_024) * 50) / 20);
  });

  test('with a secret, which no line and no recording shows, and what both recorded refolds', async () => {
    const secret = 'correct horse battery staple';
    const logs = [join(folder, 'listen.jsonl'), join(folder, 'connect.jsonl')] as const;
    const { listener, caller, door } = await tunnel(
      { a: 'restricted', b: 'open' },
      { env: { NATPUNCH_SECRET: secret }, listen: ['--record', logs[0]], connect: ['--record', logs[1], '--json'] },
    );
    await passes('with a secret', door, 3, 100_000);
    expect([await caller.stop(), await listener.stop()]).toEqual([130, 130]);
    expect(caller.stdout).toBe('');
    const statuses = caller.stderr.trimEnd().split('\n').map((line) => (JSON.parse(line) as { status: string }).status);
    expect(statuses).toEqual(['listening', 'connected', 'carried', 'closed'].filter((status) => statuses.includes(status)));
    for (const log of logs) {
      expect(readFileSync(log, 'utf8').includes(secret)).toBe(false);
      expect(String(await start('s', natpunch('replay', log)).says(/^refolded .*/))).toMatch(/^refolded \d+ lines, no divergence$/);
    }
  });
});

describe('with the originals', () => {
  test("their caller through our listener", async () => {
    await lab.rebuild({ a: 'port-restricted', b: 'open' });
    await start('a', natpunch('pwnat', 'listen', '--allow', TARGET)).says(/listening/);
    const door = freshDoor();
    const caller = start('b', [...PWNAT, '-c', String(door), HOME, '2222', '127.0.0.1', '8080'], THEIR_ENV);
    await waitForDoor(door);
    for (const way of ['load', 'store', 'load'] as const) {
      await passes('their caller', door, 1, 300_000, [way]);
      // While a connection of theirs lasts the next one has another port, which the listener's NAT does not let in.
      await waitForLine('b', '/proc/net/udp', (table) => !table.includes(`:${hex(2222)} `));
    }
    expect(caller.process.exitCode).toBeNull();
  });

  test('our caller through their listener', async () => {
    await lab.rebuild({ a: 'port-restricted', b: 'open' });
    start('a', [...PWNAT, '-s', lab.hosts.a.address, '2222', TARGET], THEIR_ENV);
    await waitForUdp('a', 2222);
    const door = freshDoor();
    const caller = start('b', natpunch('pwnat', 'connect', HOME, '--listen', String(door), '--to', TARGET));
    await caller.says(/connected/);
    await passes('their listener', door, 5, 300_000);
    await passes('their listener', door, 1, 300_000);
  });

  test('pypwnat, their client with our listener', async () => {
    await lab.rebuild({ a: 'port-restricted', b: 'open' });
    await start('a', natpunch('pwnat', 'listen', '--variant', 'pypwnat')).says(/listening/);
    const theirs = start('b', [...PYPWNAT, '-c', HOME]);
    await theirs.says(/Hello from pypwnat/);
    expect(await theirs.ended).toBe(0);
  });

  test('pypwnat, our caller with their server', async () => {
    await lab.rebuild({ a: 'port-restricted', b: 'open' });
    start('a', [...PYPWNAT, '-s']);
    await waitForIcmp('a');
    const ours = start('b', natpunch('pwnat', 'connect', HOME, '--variant', 'pypwnat', '--json'));
    expect(await ours.ended).toBe(0);
    expect(JSON.parse(ours.stdout)).toMatchObject({ outcome: 'connected', peer: `${HOME}:2345` });
  });
});

/** Somebody listens on a TCP port of b; connecting to see would be a call. */
const waitForDoor = (port: number): Promise<void> => waitForLine('b', '/proc/net/tcp', (table) => new RegExp(`:${hex(port)} 0+:0000 0A`).test(table));
const waitForUdp = (host: string, port: number): Promise<void> => waitForLine(host, '/proc/net/udp', (table) => table.includes(`:${hex(port)} `));
const waitForIcmp = (host: string): Promise<void> => waitForLine(host, '/proc/net/raw', (table) => table.includes(':0001 '));
const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');

/** What the kernel's table of sockets, and that of IPv6, has to be like. */
async function waitForLine(host: string, path: string, isThere: (table: string) => boolean): Promise<void> {
  for (let tries = 0; tries < 1_000; tries += 1) if (isThere(await lab.run(host, ['sh', '-c', `cat ${path} ${path}6`]))) return;
  throw new Error(`${path} of ${host} does not change:\n${programs.map(({ printed }) => printed).join('\n')}`);
}
