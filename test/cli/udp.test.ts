/** `natpunch udp` on 127.0.0.1: a pair through a rendezvous, what it carries, and every way it can fail to. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DEADLINE_MS, natpunch, natpunchEnds, scratchFolder, served, takenPort } from './command.ts';
import { connectedResult, failedResult, objects, onlyObject, statusLine } from './shapes.ts';

const timeout = 2 * DEADLINE_MS;
const ROOM = 'a room that nobody guesses';

// The two that take seconds by design come first, and the others run beside them.
test.concurrent('a server that says nothing is given up, in one line', { timeout }, async () => {
  const silent = await takenPort();
  const { code, stdout, stderr } = await natpunch(['udp', '--server', `127.0.0.1:${silent}`, '--room', ROOM]).ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^natpunch: No answer from the rendezvous at 127\.0\.0\.1:\d+ .*\(no-rendezvous\)$/m);
});

test.concurrent('--wire seed: a pair meets through serve seed-udp, talks, and proves the hole with --once', { timeout }, async () => {
  const { address, ...server } = await served('seed-udp');
  const args = ['udp', '--wire', 'seed', '--server', address];
  const [one, other] = [natpunch(args, { input: 'open' }), natpunch(args, { input: 'open' })];
  await Promise.all([one.seen('stderr', /^connected to /m), other.seen('stderr', /^connected to /m)]);
  one.write('hello');
  await other.seen('stdout', /^hello$/);
  other.write('and back');
  await one.seen('stdout', /^and back$/);
  const pair = [natpunch([...args, '--once', '--json']).ended, natpunch([...args, '--once', '--json']).ended];
  for (const { code, stdout } of await Promise.all(pair)) {
    expect(code).toBe(0);
    expect(connectedResult.parse(onlyObject(stdout))).toMatchObject({ protocol: 'seed-udp' });
  }
  server.signal('SIGINT');
  expect(await server.ended).toMatchObject({ code: 0, stdout: '', stderr: expect.stringMatching(/^listening on .*\n.* waits for another client\npaired /) });
});

describe.concurrent('a pair', { timeout }, () => {
  test('carries stdin to stdout both ways, and a peer that closes ends it with 0', async () => {
    const { address } = await served('rendezvous');
    const args = ['udp', '--server', address, '--room', ROOM];
    const [one, other] = [natpunch(args, { input: 'open' }), natpunch(args, { input: 'open' })];
    await Promise.all([one.seen('stderr', /^connected to 127\.0\.0\.1:\d+/m), other.seen('stderr', /^connected to /m)]);
    one.write('hello');
    await other.seen('stdout', /^hello$/);
    other.write('and back');
    await one.seen('stdout', /^and back$/);
    other.signal('SIGINT');
    expect(await one.ended).toMatchObject({ code: 0, stdout: 'and back', stderr: expect.stringMatching(/^the peer has closed the connection$/m) });
    expect(await other.ended).toMatchObject({ code: 130, stdout: 'hello' });
  });

  test('echo hi on one side and an empty stdin on the other: delivered, and both end', async () => {
    const { address } = await served('rendezvous');
    const speaker = natpunch(['udp', '--server', address, '--room', ROOM, '--json'], { input: 'open' });
    speaker.write('hi\n');
    speaker.endInput();
    const listener = natpunch(['udp', '--server', address, '--room', ROOM]);
    expect(await listener.ended).toMatchObject({ code: 0, stdout: 'hi\n' });
    const { code, stdout, stderr } = await speaker.ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    const statuses = objects(stderr).map((line) => statusLine.parse(line));
    expect(statuses.map(({ status }) => status)).toEqual(expect.arrayContaining(['registering', 'connected', 'closed']));
    const { status: _status, message: _message, ...result } = statuses.find(({ status }) => status === 'connected') ?? {};
    connectedResult.parse(result);
  });

  test('long input leaves in datagrams of 1,200 bytes, none of them changed', async () => {
    const { address } = await served('rendezvous');
    const args = ['udp', '--server', address, '--room', ROOM];
    const text = Array.from({ length: 2_000 }, (_, index) => `line ${index}\n`).join('');
    const speaker = natpunch(args, { input: 'open' });
    speaker.write(text);
    speaker.endInput();
    const listener = await natpunch(args).ended;
    expect(listener).toMatchObject({ code: 0, stdout: text });
    expect((await speaker.ended).code).toBe(0);
  });

  test('--once confirms both ways, prints the result and exits; what both recorded refolds and holds no secret', async () => {
    const { address, ...server } = await served('rendezvous', '--json', '--record', join(scratchFolder(), 'server.jsonl'));
    const folder = scratchFolder();
    const logs = [join(folder, 'one.jsonl'), join(folder, 'other.jsonl')];
    const pair = logs.map((log) => natpunch(['udp', '--server', address, '--room', ROOM, '--once', '--json', '--record', log], { input: 'open' }).ended);
    for (const { code, stdout } of await Promise.all(pair)) {
      expect(code).toBe(0);
      expect(connectedResult.parse(onlyObject(stdout))).toMatchObject({ protocol: 'udp-punch', peer: expect.stringMatching(/:\d+$/) });
    }
    // Who was told goodbye first has nothing left to be told by its application.
    expect(logs.map((log) => readFileSync(log, 'utf8')).join('')).toContain('"told":{"type":"close"}');
    for (const log of logs) {
      expect(readFileSync(log, 'utf8')).not.toContain(ROOM);
      expect(await natpunchEnds('replay', log)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^refolded \d+ lines, no divergence\n$/) });
    }
    server.signal('SIGTERM');
    expect((await server.ended).code).toBe(0);
  });

  test('a reader of stdout that goes away ends it quietly, and the peer hears goodbye', async () => {
    const { address } = await served('rendezvous');
    const args = ['udp', '--server', address, '--room', ROOM];
    const [one, other] = [natpunch(args, { input: 'open' }), natpunch(args, { input: 'open' })];
    await Promise.all([one.seen('stderr', /^connected to /m), other.seen('stderr', /^connected to /m)]);
    one.hangUp();
    other.write('into the void');
    expect((await other.ended).code).toBe(0);
    expect(await one.ended).toMatchObject({ code: 0, stderr: expect.not.stringContaining('bug') });
  });
});

describe.concurrent('no pair', { timeout }, () => {
  test('two rooms are no room: each waits, and nobody comes', async () => {
    const { address } = await served('rendezvous');
    const endings = await Promise.all(['one', 'other'].map((room) => natpunch(['udp', '--server', address, '--room', room, '--timeout', '1', '--json']).ended));
    for (const { code, stdout, stderr } of endings) {
      expect(code).toBe(1);
      expect(failedResult.parse(onlyObject(stdout))).toMatchObject({ reason: 'no-peer', protocol: 'udp-punch' });
      for (const line of objects(stderr)) statusLine.parse(line);
    }
  });

  test('a name that does not exist', async () => {
    const args = ['udp', '--server', 'nobody.invalid:3478', '--room', ROOM];
    const [plain, json] = await Promise.all([natpunchEnds(...args), natpunchEnds(...args, '--json')]);
    expect(plain).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^natpunch: .*nobody\.invalid.*\n$/) });
    expect(json.code).toBe(1);
    expect(failedResult.parse(onlyObject(json.stdout))).toMatchObject({ reason: 'no-rendezvous', packetsSent: 0 });
  });

  test('a port that is taken, and an address that is not ours, exit with 3', async () => {
    const taken = await takenPort();
    const local = (address: string): Promise<{ code: number | null; stdout: string; stderr: string }> =>
      natpunchEnds('udp', '--server', '127.0.0.1:9', '--room', ROOM, '--local', address, '--json');
    const [inUse, foreign] = await Promise.all([local(`127.0.0.1:${taken}`), local('203.0.113.1:5000')]);
    expect(inUse.code).toBe(3);
    expect(failedResult.parse(onlyObject(inUse.stdout))).toMatchObject({ reason: 'address-in-use' });
    expect(inUse.stderr).toContain('choose another port with --local');
    expect(foreign.code).toBe(3);
    expect(failedResult.parse(onlyObject(foreign.stdout))).toMatchObject({ reason: 'address-not-available' });
  });
});
