/** Ctrl-C in every state: exit 130 within a second, the port free again, the peer told. A second one does not wait. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { DEADLINE_MS, natpunch, served, takenPort } from './command.ts';
import { failedResult, onlyObject } from './shapes.ts';

const timeout = 2 * DEADLINE_MS;

test.concurrent('while registering', { timeout }, async () => {
  const silent = await takenPort();
  const port = await freePort();
  const peer = natpunch(['udp', '--server', `127.0.0.1:${silent}`, '--room', 'r', '--local', `127.0.0.1:${port}`, '--json']);
  await peer.seen('stderr', /"status":"registering"/);
  const { code, stdout } = await interrupted(peer, 'SIGINT');
  expect(code).toBe(130);
  expect(failedResult.parse(onlyObject(stdout))).toMatchObject({ reason: 'interrupted' });
  await isFree(port);
});

test.concurrent('while waiting, by SIGTERM', { timeout }, async () => {
  const { address } = await served('rendezvous');
  const port = await freePort();
  const peer = natpunch(['udp', '--server', address, '--room', 'r', '--local', `127.0.0.1:${port}`], { input: 'open' });
  await peer.seen('stderr', /^registered as .*, waiting for the peer…$/m);
  const { code, stdout, stderr } = await interrupted(peer, 'SIGTERM');
  expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
  expect(stderr).toMatch(/^natpunch: .*\(interrupted\)$/m);
  await isFree(port);
});

test.concurrent('while connected, with an input that never ends', { timeout }, async () => {
  const { address } = await served('rendezvous');
  const port = await freePort();
  const args = ['udp', '--server', address, '--room', 'r'];
  const one = natpunch([...args, '--local', `127.0.0.1:${port}`], { input: 'open' });
  const other = natpunch(args, { input: 'open' });
  await Promise.all([one.seen('stderr', /^connected to /m), other.seen('stderr', /^connected to /m)]);
  expect(await interrupted(one, 'SIGINT')).toMatchObject({ code: 130, stdout: '', stderr: expect.stringMatching(/^closed\n$/m) });
  expect((await other.ended).code).toBe(0);
  await isFree(port);
});

test.concurrent('twice: the second does not wait for goodbyes', { timeout }, async () => {
  const { address } = await served('rendezvous');
  const args = ['udp', '--server', address, '--room', 'r'];
  const [one, other] = [natpunch(args, { input: 'open' }), natpunch(args, { input: 'open' })];
  await Promise.all([one.seen('stderr', /^connected to /m), other.seen('stderr', /^connected to /m)]);
  // A peer that cannot answer makes the goodbye take its full time.
  other.signal('SIGSTOP');
  one.signal('SIGINT');
  one.signal('SIGTERM');
  expect((await one.ended).code).toBe(130);
});

/** The end is asked for once, and has to come within the promised second and what a busy machine adds. */
async function interrupted(command: ReturnType<typeof natpunch>, signal: NodeJS.Signals): ReturnType<typeof natpunch>['ended'] {
  const startedAt = performance.now();
  command.signal(signal);
  const ended = await command.ended;
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  return ended;
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

async function isFree(port: number): Promise<void> {
  const socket = createSocket('udp4').bind(port, '127.0.0.1');
  await once(socket, 'listening');
  socket.close();
}
