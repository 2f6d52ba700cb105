/** `natpunch check --stun` on 127.0.0.1: verdicts and their words, what scripts read, and every way it can fail to ask. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { checkResult, expectReadable, failedCheck } from './check-shapes.ts';
import { type Served, serving, stunServing } from './check-servers.ts';
import { DEADLINE_MS, natpunchEnds, scratchFolder, takenPort } from './command.ts';
import { objects, onlyObject, statusLine } from './shapes.ts';

const timeout = 2 * DEADLINE_MS;
let whole: Served;
let plain: Served;

beforeAll(async () => {
  [whole, plain] = await Promise.all([stunServing(), serving('stun', '--listen', '[::1]:0')]);
}, timeout);

describe.concurrent('a verdict', { timeout }, () => {
  test('of a server with two addresses: in words on stdout, and nothing else in a pipe', async () => {
    const { code, stdout, stderr } = await natpunchEnds('check', '--stun', whole.address);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expectReadable(stdout);
    expect(stdout).toMatch(/^open: no NAT and no filter, anybody can reach this host\.\n\n {2}seen as +127\.0\.0\.1:\d+\n {2}mapping +endpoint-independent\n {2}filtering +endpoint-independent\n/);
    expect(stdout).toMatch(/^ {2}udp {3}yes +yes +yes +yes +yes +yes$/m);
    expect(stdout).not.toContain('evidence');
  });

  test('with --lifetime: each silence is a status line, and the result has what was survived', async () => {
    const { code, stdout, stderr } = await natpunchEnds('check', '--stun', whole.address, '--lifetime', '1', '--json');
    expect(code).toBe(0);
    expect(checkResult.parse(onlyObject(stdout))).toMatchObject({ verdict: 'open', lifetime: { aliveMs: 1_000, deadMs: null } });
    const statuses = objects(stderr).map((line) => statusLine.parse(line));
    expect(statuses.map(({ status }) => status)).toEqual(['probing', 'measuring', 'ageing', 'ageing']);
    expect(statuses.filter(({ status }) => status === 'ageing')).toMatchObject([
      { silenceMs: 0, message: 'testing whether the server answers to another port…' },
      { silenceMs: 1_000, message: 'waiting 1 s in silence…' },
    ]);
  });

  test('of several servers: the dead one and the one without a name cost no verdict', async () => {
    const silent = `127.0.0.1:${await takenPort()}`;
    const { code, stdout, stderr } = await natpunchEnds('check', '--stun', silent, '--stun', 'nobody.invalid', '--stun', whole.address, '--verbose');
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'natpunch: no host is named nobody.invalid; going on without it\n' });
    expectReadable(stdout);
    expect(stdout).toMatch(/^open: /);
    expect(stdout).toMatch(/^evidence:\n {2}udp true \(1\): 127\.0\.0\.1:\d+ answered\n {2}nat false \(0\.99\): seen as /m);
  });

  test('of a server with one address, over IPv6: what it cannot tell is ?, with the reason and what would help', async () => {
    const [people, script] = await Promise.all([natpunchEnds('check', '--stun', plain.address), natpunchEnds('check', '--stun', plain.address, '--json')]);
    expect(people).toMatchObject({ code: 0, stderr: '' });
    expectReadable(people.stdout);
    expect(people.stdout).toMatch(/^not known: there is no NAT; whether a filter keeps strangers out could not be\ntested\.\n\n {2}seen as +\[::1\]:\d+\n/);
    expect(people.stdout).toMatch(/^ {2}\? filtering: the server has no second address to answer from/m);
    expect(people.stdout).toMatch(/^ {2}To know more, name another server too; one with two addresses tells most\.$/m);
    expect(people.stdout).toContain('(· no, ? not known)');
    expect(script.code).toBe(0);
    expect(checkResult.parse(onlyObject(script.stdout))).toMatchObject({ verdict: null, udp: true, nat: false, mapping: null, filtering: null, reflexive: expect.stringMatching(/^\[::1\]:/) });
  });
});

test.concurrent('--json is NDJSON; the same --seed asks the same; the recording refolds', { timeout }, async () => {
  const folder = scratchFolder();
  const logs = [join(folder, 'one.jsonl'), join(folder, 'other.jsonl')];
  for (const log of logs) {
    const { code, stdout, stderr } = await natpunchEnds('check', '--stun', whole.address, '--local', '127.0.0.1:0', '--json', '--seed', '7', '--record', log);
    expect(code).toBe(0);
    expect(checkResult.parse(onlyObject(stdout))).toMatchObject({ verdict: 'open', udp: true, nat: false, mapping: 'endpoint-independent', filtering: 'endpoint-independent', reflexive: expect.stringMatching(/^127\.0\.0\.1:/) });
    const statuses = objects(stderr).map((line) => statusLine.parse(line));
    expect(statuses).toMatchObject([{ status: 'probing', servers: whole.address }, { status: 'measuring', mapped: expect.stringMatching(/^127\.0\.0\.1:\d+$/) }]);
  }
  const [one, other] = logs.map(firstAsked);
  expect(one).toHaveLength(16);
  expect(one).toEqual(other);
  expect(await natpunchEnds('replay', logs[0] ?? '')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^refolded \d+ lines, no divergence\n$/) });
});

describe.concurrent('no verdict about the NAT', { timeout }, () => {
  test('nobody answers: that is a result too, with exit 1, and it says what would tell more', async () => {
    const silent = `127.0.0.1:${await takenPort()}`;
    const args = ['check', '--stun', silent, '--timeout', '0.3'];
    const [people, script] = await Promise.all([natpunchEnds(...args), natpunchEnds(...args, '--json')]);
    expect(people).toMatchObject({ code: 1, stderr: '' });
    expectReadable(people.stdout);
    expect(people.stdout.replaceAll('\n', ' ')).toMatch(/^udp-blocked, perhaps: nothing came from 127\.0\.0\.1:\d+ \(asked \d+ times\): the server may be down; a second --stun server would tell that from blocked UDP $/);
    expect(script.code).toBe(1);
    const { reach, ...result } = checkResult.parse(onlyObject(script.stdout));
    expect(result).toMatchObject({ verdict: 'udp-blocked', udp: false, nat: null, mapping: null, filtering: null, reflexive: null });
    expect(Object.values(reach).flatMap((peers) => Object.values(peers)).every((prospect) => prospect === 'unknown')).toBe(true);
  });

  test('a server without a port is asked at 3478, and one of another address family is left out with a warning', async () => {
    const { stderr } = await natpunchEnds('check', '--stun', '127.0.0.1', '--stun', '[::1]', '--timeout', '0.1', '--json');
    expect(objects(stderr)).toMatchObject([{ status: 'warning', message: expect.stringMatching(/^natpunch: ::1 is of another address family/) as string }, { status: 'probing', servers: '127.0.0.1:3478' }]);
  });

  test('a name that does not exist: one line, exit 1', async () => {
    const args = ['check', '--stun', 'nobody.invalid'];
    const [people, script] = await Promise.all([natpunchEnds(...args), natpunchEnds(...args, '--json')]);
    expect(people).toEqual({ code: 1, stdout: '', stderr: 'natpunch: no host is named nobody.invalid. Check --stun (no-server)\n' });
    expect(script.code).toBe(1);
    expect(failedCheck.parse(onlyObject(script.stdout))).toMatchObject({ reason: 'no-server', packetsSent: 0 });
  });

  test('a port that is taken, and an address that is not ours, exit with 3 and say what to try', async () => {
    const from = async (local: string) => {
      const { code, stdout, stderr } = await natpunchEnds('check', '--stun', whole.address, '--local', local, '--json');
      for (const line of objects(stderr)) statusLine.parse(line);
      return { code, stderr, ...failedCheck.parse(onlyObject(stdout)) };
    };
    const [inUse, foreign] = await Promise.all([from(`127.0.0.1:${await takenPort()}`), from('203.0.113.1:0')]);
    expect(inUse).toMatchObject({ code: 3, reason: 'address-in-use', stderr: expect.stringContaining('choose another port with --local') });
    expect(foreign).toMatchObject({ code: 3, reason: 'address-not-available', stderr: expect.stringContaining('Choose an address of this host with --local') });
  });
});

/** Which sockets were to be opened, and the first requests: more may be asked on a busy machine, but never others. */
function firstAsked(log: string): readonly unknown[] {
  const effects = objects(readFileSync(log, 'utf8')).flatMap((line) => (isEffect(line) ? [line.effect] : []));
  const opens = effects.filter(({ type }) => type === 'udp.open').slice(0, 13);
  const sends = effects.filter(({ type, socket }) => type === 'udp.send' && socket === 'map').slice(0, 1);
  const fresh = effects.filter(({ type, socket }) => type === 'udp.send' && socket.startsWith('fresh/')).slice(0, 2);
  return [...opens, ...sends, ...fresh];
}

function isEffect(line: unknown): line is { readonly effect: { readonly type: string; readonly socket: string } } {
  return typeof line === 'object' && line !== null && 'effect' in line;
}
