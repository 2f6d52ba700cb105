/** `natpunch serve`: events, signals and refusals. */
import { expect, test } from 'vitest';
import { DEADLINE_MS, natpunch, natpunchEnds, served, takenPort } from './command.ts';
import { objects, serverEvent } from './shapes.ts';

const timeout = 2 * DEADLINE_MS;

test.concurrent('a rendezvous tells its events as JSON on stdout, and ends with 0 on SIGTERM', { timeout }, async () => {
  const { address, ...server } = await served('rendezvous', '--json');
  const pair = [0, 1].map(() => natpunch(['udp', '--server', address, '--room', 'r', '--once']).ended);
  for (const { code, stdout } of await Promise.all(pair)) {
    expect(code).toBe(0);
    expect(stdout).toMatch(/^connected to [\d.]+:\d+ from [\d.]+:\d+ after [\d.]+ ms\n$/);
  }
  server.signal('SIGTERM');
  const { code, stdout, stderr } = await server.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const events = objects(stdout).map((line) => serverEvent.parse(line));
  expect(events.map(({ event }) => event)).toEqual(['listening', 'listening', 'room-opened', 'paired']);
});

test.concurrent('a port that is taken exits with 3: what failed, why, what to try', { timeout }, async () => {
  const taken = await takenPort();
  const listen = ['--listen', `127.0.0.1:${taken}`];
  for (const { code, stdout, stderr } of await Promise.all([natpunchEnds('serve', 'rendezvous', ...listen), natpunchEnds('serve', 'seed-udp', ...listen, '--json')])) {
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(/^natpunch: cannot open a UDP socket on 127\.0\.0\.1:\d+: the address is in use\. Stop what uses it, or choose another port with --listen\n$/);
  }
});

test.concurrent('--timeout ends a server with 0', { timeout }, async () => {
  expect(await natpunchEnds('serve', 'rendezvous', '--listen', '127.0.0.1:0', '--timeout', '0.1')).toMatchObject({ code: 0, stdout: '' });
});
