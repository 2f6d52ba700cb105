/** `natpunch serve stun`, `nat-check` and `assist`, and the three-role check that uses the latter two: events, junk, signals, refusals. */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkResult, checkServerEvent, expectReadable, failedCheck } from './check-shapes.ts';
import { rolesServing, type Served, stunServing } from './check-servers.ts';
import { DEADLINE_MS, natpunchEnds, scratchFolder, takenPort } from './command.ts';
import { objects, onlyObject, statusLine } from './shapes.ts';

const timeout = 2 * DEADLINE_MS;
const REFOLDS = { code: 0, stderr: '', stdout: expect.stringMatching(/^refolded \d+ lines, no divergence\n$/) };

test.concurrent('a STUN server: events as JSON, one a line; junk changes nothing; SIGINT ends it with 0; its recording refolds', { timeout }, async () => {
  const log = join(scratchFolder(), 'stun.jsonl');
  const server = await stunServing('--json', '--record', log);
  await throwJunk(server.address);
  const { code, stdout } = await natpunchEnds('check', '--stun', server.address, '--json');
  expect(code).toBe(0);
  expect(checkResult.parse(onlyObject(stdout))).toMatchObject({ verdict: 'open' });
  const { events, ...ended } = await stopped(server, 'SIGINT');
  expect(ended).toEqual({ code: 0, stderr: '' });
  expect(events.map(({ event }) => event)).toEqual(Array(8).fill('listening'));
  const places = events.flatMap((event) => (event.event === 'listening' ? [`${event.transport ?? 'udp'} ${event.local}`] : []));
  const ports = new Set(places.map((place) => place.split(':').at(-1)));
  expect([new Set(places).size, ports.size]).toEqual([8, 2]);
  expect(places).toContain(`tcp ${server.address}`);
  expect(await natpunchEnds('replay', log)).toMatchObject(REFOLDS);
});

test.concurrent('the three roles: a verdict with JSON on every side, junk or not, and all three recordings refold', { timeout }, async () => {
  const folder = scratchFolder();
  const { server: main, assist } = await rolesServing(folder);
  await Promise.all([throwJunk(main.address), throwJunk(assist.address)]);
  const args = ['check', '--server', main.address, '--assist', assist.address, '--local', '127.0.0.1:0'];
  const script = await natpunchEnds(...args, '--json', '--record', join(folder, 'client.jsonl'));
  expect(script.code).toBe(0);
  expect(checkResult.parse(onlyObject(script.stdout))).toMatchObject({ verdict: 'open', udp: true, nat: false, mapping: 'endpoint-independent', filtering: 'endpoint-independent', allocation: null, hairpin: null });
  expect(objects(script.stderr).map((line) => statusLine.parse(line))).toMatchObject([{ status: 'checking', message: `asking ${main.address} and ${assist.address}…` }]);
  const people = await natpunchEnds(...args, '--verbose');
  expect(people).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^open: no NAT and no filter.*\n/) });
  expectReadable(people.stdout);
  expect(people.stdout).toContain('  strangers get in: ');

  const [ofMain, ofAssist] = await Promise.all([stopped(main, 'SIGTERM'), stopped(assist, 'SIGINT')]);
  expect([ofMain, ofAssist]).toMatchObject([{ code: 0, stderr: '' }, { code: 0, stderr: '' }]);
  expect(ofMain.events.map(({ event }) => event)).toEqual(['listening', 'listening', 'checking', 'checking']);
  expect(new Set(ofAssist.events.map(({ event }) => event))).toEqual(new Set(['listening', 'reported']));
  for (const refolded of await Promise.all(['client', 'server', 'assist'].map((role) => natpunchEnds('replay', join(folder, `${role}.jsonl`))))) expect(refolded).toMatchObject(REFOLDS);
});

test.concurrent('for people the servers say what they do on stderr, and nothing on stdout', { timeout }, async () => {
  const { server, assist } = await rolesServing();
  expect((await natpunchEnds('check', '--server', server.address, '--assist', assist.address)).code).toBe(0);
  for (const one of [server, assist]) one.signal('SIGTERM');
  const [ofServer, ofAssist] = await Promise.all([server.ended, assist.ended]);
  expect(ofServer).toMatchObject({ code: 0, stdout: '', stderr: expect.stringMatching(/^(listening on 127\.0\.0\.1:\d+\n){2}127\.0\.0\.1:\d+ asks to be checked\n$/) });
  expect(ofAssist).toMatchObject({ code: 0, stdout: '', stderr: expect.stringMatching(/^listening on 127\.0\.0\.2:\d+\n(told the server where 127\.0\.0\.1:\d+ is seen\n)+$/) });
  expectReadable(ofServer.stderr + ofAssist.stderr);
});

test.concurrent('a three-role check without its servers: exit 1, and what to try', { timeout }, async () => {
  const [server, assist] = [`127.0.0.1:${await takenPort()}`, '127.0.0.2:9'];
  const [late, oneHost, unnamed, nowhere] = await Promise.all([
    natpunchEnds('check', '--server', server, '--assist', assist, '--timeout', '0.2', '--json'),
    natpunchEnds('check', '--server', server, '--assist', server),
    natpunchEnds('check', '--server', server, '--assist', 'nobody.invalid:7000', '--json'),
    natpunchEnds('check', '--server', 'nobody.invalid:7000', '--assist', assist),
  ]);
  expect(late.code).toBe(1);
  expect(failedCheck.parse(onlyObject(late.stdout))).toMatchObject({ reason: 'no-server', detail: 'The check was not done within 0.2 s. Give it more time with --timeout' });
  expect(oneHost).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^natpunch: Server and assist both have the address 127\.0\.0\.1\. .*start the assist on another\. \(no-assist\)\n$/) });
  expect(unnamed.code).toBe(1);
  expect(failedCheck.parse(onlyObject(unnamed.stdout))).toMatchObject({ reason: 'no-assist', detail: expect.stringContaining('nobody.invalid. Check --assist') });
  expect(nowhere).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/nobody\.invalid\. Check --server \(no-server\)\n$/) });
});

test.concurrent('a STUN server on one address says what clients cannot learn from it, in one line', { timeout }, async () => {
  const [people, script] = await Promise.all(['', '--json'].map((json) => natpunchEnds('serve', 'stun', '--listen', '127.0.0.1:0', '--timeout', '0.1', ...(json ? [json] : []))));
  const note = 'natpunch: without --alternate, clients learn neither how their NAT filters nor how its mappings vary by address';
  expect(people).toMatchObject({ code: 0, stdout: '', stderr: expect.stringMatching(new RegExp(`^${note}\nlistening on 127.0.0.1:\\d+\n`)) });
  expect(statusLine.parse(onlyObject(script?.stderr ?? ''))).toEqual({ status: 'warning', message: note });
});

test.concurrent('an address that cannot be had exits with 3 and names the options to change', { timeout }, async () => {
  const taken = `127.0.0.1:${await takenPort()}`;
  const [stun, roles, foreign] = await Promise.all([
    natpunchEnds('serve', 'stun', '--listen', taken),
    natpunchEnds('serve', 'nat-check', '--listen', taken, '--json'),
    natpunchEnds('serve', 'stun', '--listen', '127.0.0.1:0', '--alternate', '203.0.113.1:0'),
  ]);
  for (const { code, stdout, stderr } of [stun, roles]) {
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(/^natpunch: cannot open a UDP socket on 127\.0\.0\.1:\d+: the address is in use\. Stop what uses it, or choose another port with --listen\n$/);
  }
  expect(foreign).toMatchObject({ code: 3, stdout: '', stderr: expect.stringMatching(/natpunch: .* on 203\.0\.113\.1:\d+: this host does not have that address\. Choose an address of this host with --listen or --alternate\n$/) });
});

/** Whatever a server has to bear: what is no message, what begins like one, what says that it is longer or shorter, and streams of it. */
async function throwJunk(address: string): Promise<void> {
  const [host = '', port = ''] = address.split(':');
  const socket = createSocket('udp4');
  const header = Buffer.from('000100002112a442000000000000000000000000', 'hex');
  const pieces = [Buffer.alloc(0), header.subarray(0, 7), Buffer.concat([header, Buffer.alloc(3)]), Buffer.from('0001fffc2112a442', 'hex'), Buffer.from('NEXT'), Buffer.from('999.1.1.1:99999'), Buffer.alloc(1_400, 0xff)];
  for (const piece of [...pieces, ...Array.from({ length: 50 }, (_, i) => randomBytes(i * 7))]) {
    await new Promise<void>((resolve, reject) => socket.send(piece, Number(port), host, (error) => (error ? reject(error) : resolve())));
  }
  socket.close();
  const stream = connect(Number(port), host);
  stream.on('error', () => undefined).end(randomBytes(4_096));
  await new Promise<void>((resolve) => stream.on('close', () => resolve()));
}

async function stopped(server: Served, signal: NodeJS.Signals) {
  server.signal(signal);
  const { code, stdout, stderr } = await server.ended;
  return { code, stderr, events: objects(stdout).map((line) => checkServerEvent.parse(line)) };
}
