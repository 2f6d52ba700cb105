/**
 * `natpunch pwnat` as far as it goes without privileges: it says what it lacks, and is played and replayed in the simulator. Nothing
 * here sends a datagram; what it does with privileges is claimed in the lab.
 */
import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { DEADLINE_MS, type Ended, environment, natpunchEnds, scratchFolder } from './command.ts';
import { failedResult, gridResult, onlyObject, simResult } from './shapes.ts';

const timeout = 2 * DEADLINE_MS;
const LISTEN = ['pwnat', 'listen', '--allow', '127.0.0.1:80'];
const CONNECT = ['pwnat', 'connect', '127.0.0.1', '--listen', '0', '--to', '127.0.0.1:80'];

/** Without the right to raw sockets, whoever runs the tests. */
function unprivileged(args: readonly string[], secret = ''): Promise<Ended> {
  const command = [process.execPath, inject('program'), ...args];
  const [file = '', ...rest] = process.getuid?.() === 0 ? ['setpriv', '--inh-caps=-net_raw', '--bounding-set=-net_raw', ...command] : command;
  return new Promise((resolve) => {
    execFile(file, rest, { env: { ...environment(), NATPUNCH_SECRET: secret }, timeout: DEADLINE_MS }, (error, stdout, stderr) => {
      resolve({ code: error ? (typeof error.code === 'number' ? error.code : null) : 0, stdout, stderr });
    });
  });
}

async function takenUdpPort(): Promise<{ readonly port: string; readonly free: () => void }> {
  const socket = createSocket('udp4').bind(0);
  await once(socket, 'listening');
  return { port: String(socket.address().port), free: () => void socket.close() };
}

describe.concurrent('without privileges', { timeout }, () => {
  test.each([
    ['listen', LISTEN, '24684'],
    ['connect', CONNECT, '24685'],
  ])('%s says what it needs and how to get it, and exits with 3', async (_, args, port) => {
    const { code, stdout, stderr } = await unprivileged([...args, '--port', port]);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(/^natpunch: cannot open a raw ICMP socket: .*(?:setcap cap_net_raw|raw-socket).*\n$/);
    expect(stderr).not.toContain('1023');
  });

  test('--json has it as a result', async () => {
    const { code, stdout, stderr } = await unprivileged([...CONNECT, '--port', '24681', '--json']);
    expect([code, failedResult.parse(onlyObject(stdout)), onlyObject(stderr)]).toMatchObject([3, { protocol: 'pwnat', reason: expect.stringMatching(/not-permitted|unsupported/) }, { status: 'failed' }]);
  });

  test('a UDP port that is taken exits with 3 too', async () => {
    const { port, free } = await takenUdpPort();
    for (const { code, stderr } of await Promise.all([unprivileged([...LISTEN, '--port', port]), unprivileged([...CONNECT, '--port', port])])) {
      expect([code, stderr]).toEqual([3, expect.stringMatching(/choose another port with --port.* \(address-in-use\)\n$/)]);
    }
    free();
  });

  test('a secret stands in no recording and on no line', async () => {
    const secret = 'correct horse battery staple';
    const log = join(scratchFolder(), 'listen.jsonl');
    const other = `${log}.2`;
    const all = await Promise.all([unprivileged([...LISTEN, '--port', '24682', '--json', '--record', log], secret), unprivileged([...LISTEN, '--port', '24683', '--secret', secret, '--record', other])]);
    expect(all.map(({ code, stdout, stderr }) => [code, `${stdout}${stderr}`.includes(secret)])).toEqual([[3, false], [3, false]]);
    const recorded = [log, other].map((file) => readFileSync(file, 'utf8'));
    expect(recorded.map((text) => [text.includes(secret), text.includes('"authenticated":true')])).toEqual([[false, true], [false, true]]);
    expect(await natpunchEnds('replay', log)).toMatchObject({ code: 0, stdout: expect.stringContaining('no divergence') });
  });
});

test.concurrent('wrong usage exits with 2: one line, a hint, and nothing on stdout', { timeout }, async () => {
  const wrong: Record<string, RegExp> = {
    'pwnat connect home.example --listen 8080': /required option '--to <host:port>'/,
    'pwnat connect home.example --to 127.0.0.1:80': /required option '--listen <\[addr:\]port>'/,
    'pwnat connect home.example:2222 --listen 8080 --to 127.0.0.1:80': /host: 'home\.example:2222' is not a host alone\. Its port goes to --port/,
    'pwnat connect ::1 --listen 8080 --to 127.0.0.1:80': /host: '::1' is an IPv6 address, and pwnat knows IPv4 only/,
    'pwnat listen --allow web': /--allow: 'web' is not host:port/,
    'pwnat listen --port 70000': /--port: '70000' is not a port from 1 to 65535$/,
  };
  const all = Object.entries(wrong).map(async ([words, pattern]) => ({ words, pattern, ...(await natpunchEnds(...words.split(' '))) }));
  for (const { words, pattern, code, stdout, stderr } of await Promise.all(all)) {
    const [line = '', hint = '', ...more] = stderr.trimEnd().split('\n');
    expect({ words, code, stdout, more }).toEqual({ words, code: 2, stdout: '', more: [] });
    expect(line).toMatch(pattern);
    expect(hint).toMatch(/^See: natpunch pwnat.* --help$/);
  }
});

test.concurrent('each command explains itself, in 80 columns', { timeout }, async () => {
  const all = [['pwnat'], ['pwnat', 'listen'], ['pwnat', 'connect']].map((words) => natpunchEnds(...words, '--help'));
  for (const { code, stdout } of await Promise.all(all)) {
    expect([code, stdout]).toEqual([0, expect.stringMatching(/Usage: natpunch pwnat[^]*Example/)]);
    expect(stdout.split('\n').filter((line) => [...line].length > 80)).toEqual([]);
  }
});

describe.concurrent('in the simulator', { timeout }, () => {
  test.each(['pwnat', 'pypwnat'])('%s meets, and what both ends recorded refolds', async (protocol) => {
    const log = join(scratchFolder(), 'a.jsonl');
    const { code, stdout } = await natpunchEnds('sim', protocol, '--a', 'port-restricted', '--b', 'open', '--record', log, '--json');
    expect([code, simResult.parse(onlyObject(stdout))]).toMatchObject([0, { a: { outcome: 'connected', protocol }, b: { outcome: 'connected', protocol } }]);
    expect((await natpunchEnds('replay', log)).code).toBe(0);
  });

  test('is told with two lifelines, and ends with what it can be where it fails', async () => {
    const { code, stdout } = await natpunchEnds('sim', 'pwnat', '--a', 'port-restricted', '--b', 'port-restricted');
    expect(code).toBe(1);
    expect(stdout).toMatch(/ms {2}a {23}b\n/);
    expect(stdout.replace(/\s+/g, ' ')).toContain('the NAT in front of this host does not translate the forged ICMP error');
    expect(stdout.split('\n').filter((line) => [...line].length > 80)).toEqual([]);
  });

  test('the grid is as the definitions say', async () => {
    const { code, stdout } = await natpunchEnds('grid', 'pwnat', '--seeds', '2', '--json');
    const { cells } = gridResult.parse(onlyObject(stdout));
    expect([code, cells.length, cells.filter(({ connected, runs, expected }) => connected !== (expected ? runs : 0))]).toEqual([0, 36, []]);
  });
});
