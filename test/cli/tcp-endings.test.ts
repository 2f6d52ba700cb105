/** `natpunch tcp` stopped in every state, and with a rendezvous that is killed: an exit code, words, and the port free again. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, describe, expect, test } from 'vitest';
import { type Endpoint, parseEndpoint } from '../../effects/endpoint.ts';
import { openCodec } from '../../machines/tcp-open/index.ts';
import { OpenGuest } from '../load/open-guest.ts';
import { type Command, DEADLINE_MS, natpunch, served } from './command.ts';
import { failedResult, onlyObject } from './shapes.ts';

const timeout = 2 * DEADLINE_MS;
const ROOM = 'a room that nobody guesses';
const endings: (() => void)[] = [];
afterAll(() => endings.forEach((end) => end()));

describe.concurrent('Ctrl-C', { timeout }, () => {
  test('while nobody answers the call to the rendezvous', async () => {
    const { peer, port } = await started(await deaf());
    await peer.seen('stderr', /"status":"registering"/);
    await stops(peer, 'SIGINT', port);
  });

  test('while the rendezvous has accepted, and says nothing', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    endings.push(() => silent.close());
    await once(silent, 'listening');
    const { peer, port } = await started(addressOf(silent));
    const [socket] = (await once(silent, 'connection')) as [Socket];
    endings.push(() => socket.destroy());
    await once(socket, 'data');
    await stops(peer, 'SIGTERM', port);
  });

  test('while waiting for the peer, whose place is free then', async () => {
    const { address } = await served('rendezvous');
    const { peer, port } = await started(address);
    await peer.seen('stderr', /"status":"waiting"/);
    await stops(peer, 'SIGINT', port);
    const [one, other] = [natpunch(argsFor(address, '--once')), natpunch(argsFor(address, '--once'))];
    expect([(await one.ended).code, (await other.ended).code]).toEqual([0, 0]);
  });

  test('while waiting for the agreed moment', async () => {
    const { address } = await served('rendezvous');
    const { peer, port } = await started(address);
    // Who is so far away is waited for, half a round trip and at most 2 s.
    await introduced(peer, address, 4_000);
    await stops(peer, 'SIGTERM', port);
  });

  test('while calling a peer that refuses', async () => {
    const { address } = await served('rendezvous');
    const { peer, port } = await started(address);
    await introduced(peer, address, 0);
    await peer.seen('stderr', /"status":"punching"/);
    await stops(peer, 'SIGINT', port);
  });
});

describe.concurrent('a rendezvous that is killed', { timeout }, () => {
  test('while somebody waits there, is told', async () => {
    const { address, ...server } = await served('rendezvous');
    const { peer, port } = await started(address);
    await peer.seen('stderr', /"status":"waiting"/);
    server.signal('SIGKILL');
    const { code, stdout, stderr } = await peer.ended;
    expect([code, failedResult.parse(onlyObject(stdout))]).toMatchObject([1, { reason: 'no-rendezvous' }]);
    expect(stderr).toContain('ended the connection, or answers no more, and no peer had come yet');
    await isFree(port);
  });

  test('while two are connected, does not matter', async () => {
    const { address, ...server } = await served('rendezvous');
    const [one, other] = [natpunch(argsFor(address), { input: 'open' }), natpunch(argsFor(address), { input: 'open' })];
    await Promise.all([one.seen('stderr', /^connected to /m), other.seen('stderr', /^connected to /m)]);
    server.signal('SIGKILL');
    await server.ended;
    one.write('still here');
    await other.seen('stdout', /^still here$/);
    one.endInput();
    other.endInput();
    expect([(await one.ended).code, (await other.ended).code]).toEqual([0, 0]);
  });
});

test.concurrent('a stranger who calls the port of one who waits is refused, and one who calls that of a pair too', { timeout }, async () => {
  const { address } = await served('rendezvous');
  const port = await freePort();
  const one = natpunch([...argsFor(address), '--local', `127.0.0.1:${port}`], { input: 'open' });
  await one.seen('stderr', /^registered as /m);
  expect(await answerOf(port)).toBe('ECONNREFUSED');
  const other = natpunch(argsFor(address), { input: 'open' });
  await Promise.all([one.seen('stderr', /^connected to /m), other.seen('stderr', /^connected to /m)]);
  expect(await answerOf(port)).toBe('ECONNREFUSED');
  one.endInput();
  other.endInput();
  expect([(await one.ended).code, (await other.ended).code]).toEqual([0, 0]);
});

const argsFor = (server: string, ...more: string[]): string[] => ['tcp', '--server', server, '--room', ROOM, ...more];

async function started(server: string): Promise<{ readonly peer: Command; readonly port: number }> {
  const port = await freePort();
  return { port, peer: natpunch(argsFor(server, '--local', `127.0.0.1:${port}`, '--timeout', '60', '--json')) };
}

/** The end is asked for once, and has to come within the promised second and what a busy machine adds. */
async function stops(peer: Command, signal: NodeJS.Signals, port: number): Promise<void> {
  const startedAt = performance.now();
  peer.signal(signal);
  const { code, stdout } = await peer.ended;
  expect([code, failedResult.parse(onlyObject(stdout))]).toMatchObject([130, { reason: 'interrupted' }]);
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  await isFree(port);
}

/** The other one in the room, so far from the rendezvous: it registers, and neither calls nor listens. */
async function introduced(peer: Command, address: string, rttMs: number): Promise<void> {
  await peer.seen('stderr', /"status":"waiting"/);
  const guest = new OpenGuest(parsed(address), { peer: 'f'.repeat(16), codec: openCodec(ROOM) });
  endings.push(() => guest.close());
  await guest.register(rttMs).hear('introduced');
}

/** A listener whose queue is full: the system answers no more calls. */
async function deaf(): Promise<string> {
  const program = "require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () { console.log(this.address().port); process.kill(process.pid, 'SIGSTOP'); })";
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  endings.push(() => void child.kill('SIGKILL'));
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  const callers = Array.from({ length: 4 }, () => connect(Number(port), '127.0.0.1').on('error', () => undefined));
  endings.push(() => callers.forEach((caller) => caller.destroy()));
  // As many as it takes: one more than its backlog.
  await Promise.all(callers.slice(0, 2).map((caller) => once(caller, 'connect')));
  return `127.0.0.1:${Number(port)}`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function isFree(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  server.close();
}

function answerOf(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve('accepted');
    });
    socket.on('error', (error) => resolve('code' in error ? String(error.code) : error.message));
  });
}

function addressOf(server: Server): string {
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function parsed(address: string): Endpoint {
  const endpoint = parseEndpoint(address);
  if (!endpoint) throw new Error(`not an endpoint: ${address}`);
  return endpoint;
}
