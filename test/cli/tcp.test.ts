/** `natpunch tcp` on 127.0.0.1: a pair through a rendezvous, what its stream carries, and every way it can fail to. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DEADLINE_MS, natpunch, natpunchEnds, scratchFolder, served } from './command.ts';
import { connectedResult, failedResult, objects, onlyObject, statusLine } from './shapes.ts';

const timeout = 2 * DEADLINE_MS;
const ROOM = 'a room that nobody guesses';

/** A port on which somebody else listens by TCP. */
async function takenTcpPort(): Promise<{ readonly port: number; readonly free: () => void }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const at = server.address();
  return { port: typeof at === 'object' && at ? at.port : 0, free: () => void server.close() };
}

describe.concurrent('a pair', { timeout }, () => {
  test('carries both directions, each of which ends by itself', async () => {
    const { address } = await served('rendezvous');
    const args = ['tcp', '--server', address, '--room', ROOM];
    const [one, other] = [natpunch(args, { input: 'open' }), natpunch(args, { input: 'open' })];
    await Promise.all([one.seen('stderr', /^connected to 127\.0\.0\.1:\d+/m), other.seen('stderr', /^connected to /m)]);
    one.write('hello');
    one.endInput();
    await other.seen('stdout', /^hello$/);
    other.write('still open this way');
    await one.seen('stdout', /^still open this way$/);
    other.endInput();
    for (const side of [one, other]) expect(await side.ended).toMatchObject({ code: 0 });
  });

  test('carries what is long whole and in order, into a listener without input', async () => {
    const { address } = await served('rendezvous');
    const args = ['tcp', '--server', address, '--room', ROOM];
    const text = Array.from({ length: 100_000 }, (_, index) => `line ${index}\n`).join('');
    const speaker = natpunch([...args, '--json'], { input: 'open' });
    speaker.write(text);
    speaker.endInput();
    expect(await natpunch(args).ended).toMatchObject({ code: 0, stdout: text });
    const { code, stdout, stderr } = await speaker.ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    const statuses = objects(stderr).map((line) => statusLine.parse(line));
    expect(statuses.map(({ status }) => status)).toEqual(expect.arrayContaining(['registering', 'connected', 'closed']));
    const { status: _status, message: _message, ...result } = statuses.find(({ status }) => status === 'connected') ?? {};
    connectedResult.parse(result);
  });

  test('--once confirms, prints the result and exits; what all three recorded refolds and holds no secret', async () => {
    const folder = scratchFolder();
    const { address, ...server } = await served('rendezvous', '--json', '--record', join(folder, 'server.jsonl'));
    const logs = [join(folder, 'one.jsonl'), join(folder, 'other.jsonl')];
    const pair = logs.map((log) => natpunch(['tcp', '--server', address, '--room', ROOM, '--once', '--json', '--record', log], { input: 'open' }).ended);
    for (const { code, stdout, stderr } of await Promise.all(pair)) {
      expect(code).toBe(0);
      expect(connectedResult.parse(onlyObject(stdout))).toMatchObject({ protocol: 'tcp-open', peer: expect.stringMatching(/:\d+$/) });
      for (const line of objects(stderr)) statusLine.parse(line);
    }
    server.signal('SIGTERM');
    expect((await server.ended).code).toBe(0);
    for (const log of [...logs, join(folder, 'server.jsonl.2')]) {
      expect(readFileSync(log, 'utf8')).not.toContain(ROOM);
      expect(await natpunchEnds('replay', log)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^refolded \d+ lines, no divergence\n$/) });
    }
  });

  test('ends with 130 on SIGINT, and the other is told that it broke, not that all has come', async () => {
    const { address } = await served('rendezvous');
    const args = ['tcp', '--server', address, '--room', ROOM];
    const [one, other] = [natpunch(args, { input: 'open' }), natpunch(args, { input: 'open' })];
    await Promise.all([one.seen('stderr', /^connected to /m), other.seen('stderr', /^connected to /m)]);
    one.signal('SIGINT');
    expect((await one.ended).code).toBe(130);
    expect(await other.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('(peer-lost)') });
  });
});

describe.concurrent('no pair', { timeout }, () => {
  test('a room that is needed, two rooms, and a rendezvous that is not there', async () => {
    expect(await natpunchEnds('tcp', '--server', '127.0.0.1:9')).toMatchObject({ code: 2, stderr: expect.stringContaining('--room') });
    const { address } = await served('rendezvous');
    const alone = await natpunchEnds('tcp', '--server', address, '--room', ROOM, '--timeout', '1', '--json');
    expect([alone.code, failedResult.parse(onlyObject(alone.stdout))]).toMatchObject([1, { reason: 'no-peer', protocol: 'tcp-open' }]);
    const { port, free } = await takenTcpPort();
    free();
    expect(await natpunchEnds('tcp', '--server', `127.0.0.1:${port}`, '--room', ROOM)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^natpunch: No answer from the rendezvous .*\(no-rendezvous\)$/m) });
  });

  test('a port that is taken, and an address that is not ours, exit with 3', async () => {
    const { port, free } = await takenTcpPort();
    const local = (address: string) => natpunchEnds('tcp', '--server', '127.0.0.1:9', '--room', ROOM, '--local', address, '--json');
    const [inUse, foreign] = await Promise.all([local(`127.0.0.1:${port}`), local('203.0.113.1:5000')]);
    free();
    expect([inUse.code, failedResult.parse(onlyObject(inUse.stdout))]).toMatchObject([3, { reason: 'address-in-use' }]);
    expect(inUse.stderr).toContain('choose another port with --local');
    expect([foreign.code, failedResult.parse(onlyObject(foreign.stdout))]).toMatchObject([3, { reason: 'address-not-available' }]);
  });
});
