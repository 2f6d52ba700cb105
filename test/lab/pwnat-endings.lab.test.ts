/**
 * How `natpunch pwnat` ends between real hosts: by a signal, by what it lacks, by an answer it does not like, and by the other end's
 * death. Exit codes, words, and nothing left open.
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Agent } from './agent.ts';
import { buildLab, type Lab, type LabSpec } from './lab.ts';
import { PYTHON } from './namespaces.ts';
import { Program } from './program.ts';
import { natpunch } from './scripts.ts';

const TARGET = '127.0.0.1:8080';
const HOME = '198.18.1.2';
const CONNECT = natpunch('pwnat', 'connect', HOME, '--listen', '9000', '--to', TARGET);

let lab: Lab;
let web: Agent;
let programs: Program[] = [];

beforeAll(async () => {
  lab = await buildLab({ a: 'open' });
  web = await lab.agent('a', new URL('web-agent.ts', import.meta.url));
  await web.call('serve', [8080]);
});
afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.stop('SIGKILL')));
});
afterAll(() => lab?.dispose());

function start(host: string, argv: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  const program = new Program(lab, host, argv, env);
  programs.push(program);
  return program;
}

async function listening(spec: LabSpec, ...more: string[]): Promise<Program> {
  await lab.rebuild(spec);
  const listener = start('a', natpunch('pwnat', 'listen', '--allow', TARGET, ...more));
  await listener.says(/listening on UDP port 2222/);
  return listener;
}

/** Sockets of UDP, of raw ICMP, and of TCP that listens. */
async function held(host: string): Promise<string[]> {
  const table = await lab.run(host, ['sh', '-c', 'cat /proc/net/udp /proc/net/raw; grep " 0A " /proc/net/tcp || true']);
  return [...table.matchAll(/:(08AE|0001|2328) /g)].map(([, port = '']) => String(parseInt(port, 16)));
}

test('SIGINT and SIGTERM end both with 130, the other is told, and every socket is closed', async () => {
  const listener = await listening({ a: 'port-restricted', b: 'open' });
  const caller = start('b', CONNECT);
  await caller.says(/connected/);
  expect([await held('a'), await held('b')]).toEqual([['2222', '1'], ['2222', '1', '9000']]);
  expect(await caller.stop('SIGINT')).toBe(130);
  const other = start('b', CONNECT);
  await other.says(/connected/);
  expect(await listener.stop('SIGTERM')).toBe(130);
  await other.says(/the other end has closed the tunnel/);
  expect([await other.ended, await held('a'), await held('b')]).toEqual([0, [], []]);
});

test('SIGINT while it still knocks', async () => {
  await lab.rebuild({ a: 'port-restricted', b: 'open' });
  const caller = start('b', [...CONNECT, '--json']);
  await caller.says(/"status":"listening"/);
  expect([await caller.stop(), JSON.parse(caller.stdout), await held('b')]).toMatchObject([130, { outcome: 'failed', protocol: 'pwnat', reason: 'interrupted' }, []]);
});

test('a local port that is taken', async () => {
  await lab.rebuild({ a: 'open', b: 'open' });
  const agent = await lab.agent('b', new URL('web-agent.ts', import.meta.url));
  await agent.call('serve', [9000]);
  const caller = start('b', CONNECT);
  expect([await caller.ended, caller.stderr]).toEqual([3, expect.stringMatching(/^natpunch: .*127\.0\.0\.1:9000.*choose another port with --port or --listen \(address-in-use\)\n$/)]);
  await agent.stop();
});

test('a destination that is not allowed is refused in words on both sides', async () => {
  const listener = await listening({ a: 'port-restricted', b: 'open' });
  const caller = start('b', natpunch('pwnat', 'connect', HOME, '--listen', '9000', '--to', '127.0.0.1:22'));
  expect(await caller.ended).toBe(1);
  expect(caller.stderr).toMatch(/natpunch: The listener at 198\.18\.1\.2:2222 seems to refuse 127\.0\.0\.1:22\. .*--allow 127\.0\.0\.1:22 \(no-path\)\n$/);
  await listener.says(/198\.18\.2\.2:2222 asked for a destination that --allow does not name/);
});

test('--once says that the hole stands, and needs no local port', async () => {
  await listening({ a: 'port-restricted', b: 'open' });
  const caller = start('b', natpunch('pwnat', 'connect', HOME, '--to', TARGET, '--once', '--json'));
  expect([await caller.ended, JSON.parse(caller.stdout)]).toMatchObject([0, { outcome: 'connected', protocol: 'pwnat', peer: `${HOME}:2222` }]);
});

test('a target that refuses ends the TCP connection at once, and the next is tried again', async () => {
  const listener = await listening({ a: 'port-restricted', b: 'open' }, '--allow', '127.0.0.1:8081');
  const caller = start('b', natpunch('pwnat', 'connect', HOME, '--listen', '9000', '--to', '127.0.0.1:8081'));
  await caller.says(/connected/);
  const script = 'import socket\nfor _ in range(2):\n s=socket.create_connection(("127.0.0.1",9000)); s.settimeout(8)\n try: print(s.recv(1))\n except ConnectionResetError: print(b"")';
  expect(await lab.run('b', [PYTHON, '-c', script])).toBe("b''\nb''\n");
  expect([listener.process.exitCode, caller.process.exitCode]).toEqual([null, null]);
});

/** It takes half a minute, which only the full proof has. */
const DEATHS = process.env['NATPUNCH_FULL'] ? ['SIGKILL' as const] : [];
test.each(DEATHS)('a listener that dies by %s is missed', async (signal) => {
  const listener = await listening({ a: 'port-restricted', b: 'open' });
  const caller = start('b', CONNECT);
  await caller.says(/connected/);
  await listener.stop(signal);
  await caller.says(/has fallen silent.*\(peer-lost\)/, 60_000);
  expect([await caller.ended, await held('b')]).toEqual([1, []]);
});

test('a NAT that moves the port is named where a STUN server is', async () => {
  await listening({ a: 'port-restricted', b: 'port-restricted+randport+icmp-errors' });
  const stun = start('s', natpunch('serve', 'stun', '--listen', '198.18.0.2:3478'));
  await stun.says(/listening/);
  const caller = start('b', [...CONNECT, '--stun', '198.18.0.2', '--json']);
  expect([await caller.ended, JSON.parse(caller.stdout)]).toMatchObject([1, { reason: 'no-path', detail: expect.stringMatching(/shows UDP port 2222 as \d+, but the listener can only punch towards the same number/) }]);
});

test('without the right to raw sockets it says so at once', async () => {
  await lab.rebuild({ a: 'open', b: 'open' });
  const startedAt = performance.now();
  const caller = start('b', ['setpriv', '--inh-caps=-net_raw', '--bounding-set=-net_raw', ...CONNECT]);
  expect([await caller.ended, caller.stderr]).toEqual([3, expect.stringMatching(/^natpunch: cannot open a raw ICMP socket: permission denied; it needs root.*\n$/)]);
  console.log(`without privileges: ${(performance.now() - startedAt).toFixed(0)} ms, with the start of the program and its loader`);
});
