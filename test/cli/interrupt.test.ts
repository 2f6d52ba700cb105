/** Ctrl-C in every state: exit 130 within a second, the port free again, the peer told. A second one does not wait. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { failedCheck } from './check-shapes.ts';
import { serving, slowStun } from './check-servers.ts';
import { DEADLINE_MS, natpunch, natpunchEnds, scratchFolder, served, takenPort } from './command.ts';
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
  const { code, stderr } = await one.ended;
  expect(code).toBe(130);
  expect(stderr).toMatch(/^natpunch: stopped without saying goodbye$/m);
});

describe.concurrent('a check', { timeout }, () => {
  const asking = (status: string, signal: NodeJS.Signals, where: () => Promise<readonly string[]>, message = '') =>
    test(`while ${status}, by ${signal}`, async () => {
      const port = await freePort();
      const check = natpunch(['check', ...(await where()), '--local', `127.0.0.1:${port}`, '--json']);
      await check.seen('stderr', new RegExp(`"status":"${status}","message":"${message}.*\n`));
      const { code, stdout } = await interrupted(check, signal);
      expect(code).toBe(130);
      expect(failedCheck.parse(onlyObject(stdout))).toMatchObject({ reason: 'interrupted' });
      await isFree(port);
    });

  asking('probing', 'SIGINT', async () => ['--stun', `127.0.0.1:${await takenPort()}`, '--timeout', '60']);
  asking('measuring', 'SIGTERM', async () => ['--stun', await slowStun()]);
  asking('ageing', 'SIGINT', async () => ['--stun', (await serving('stun', '--listen', '127.0.0.1:0')).address, '--lifetime'], 'waiting 5 s');
  asking('checking', 'SIGTERM', async () => ['--server', `127.0.0.1:${await takenPort()}`, '--assist', '127.0.0.2:9']);

  test('for people: one line that it was stopped, and no result', async () => {
    const log = join(scratchFolder(), 'check.jsonl');
    const port = await freePort();
    const check = natpunch(['check', '--stun', `127.0.0.1:${await takenPort()}`, '--timeout', '60', '--local', `127.0.0.1:${port}`, '--record', log]);
    // In a pipe it says nothing before its end: the recording tells that it asks.
    await expect.poll(() => (existsSync(log) ? readFileSync(log, 'utf8') : ''), { timeout: DEADLINE_MS }).toContain('udp.send');
    expect(await interrupted(check, 'SIGINT')).toEqual({ code: 130, stdout: '', stderr: 'natpunch: Stopped before the check was done. (interrupted)\n' });
    await isFree(port);
    expect((await natpunchEnds('replay', log)).code).toBe(0);
  });
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
