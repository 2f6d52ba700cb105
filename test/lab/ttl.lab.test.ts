/**
 * A ttl is one datagram's, seen from behind a real router: hosts a and b and a router r in network namespaces of the
 * kernel.
 */
import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { script } from './scripts.ts';

const TAG = `np${process.pid}`;
const [A, R, B] = [`${TAG}a`, `${TAG}r`, `${TAG}b`] as const;
const PORT = '7000';

/** Ms for node to start in a namespace and for datagrams to cross it. */
const DEADLINE_MS = 20_000;

describe('a router', () => {
  let children: ChildProcessByStdio<null, Readable, null>[] = [];

  beforeEach(() => {
    for (const name of [A, R, B]) ip(`netns add ${name}`);
    for (const [host, net] of [[A, '10.1.0'], [B, '10.2.0']] as const) {
      ip(`link add uplink netns ${host} type veth peer name ${host} netns ${R}`);
      ip(`-n ${host} addr add ${net}.2/24 dev uplink`);
      ip(`-n ${R} addr add ${net}.1/24 dev ${host}`);
      ip(`-n ${host} link set uplink up`);
      ip(`-n ${R} link set ${host} up`);
      ip(`-n ${host} route add default via ${net}.1`);
    }
    ip(`netns exec ${R} sysctl -qw net.ipv4.ip_forward=1`);
  });

  afterEach(() => {
    for (const child of children) child.kill('SIGKILL');
    children = [];
    for (const name of [A, R, B]) ip(`netns del ${name}`);
  });

  const start = (namespace: string, ...args: readonly string[]): AsyncIterator<string> => {
    const file = script('test/lab/ttl-host.ts');
    const command = ['netns', 'exec', namespace, process.execPath, file, ...args];
    const child = spawn('ip', command, { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    return createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  };

  /** What b hears of a's datagrams, up to the last one, which is sent to arrive. */
  const crossing = async (ttls: readonly (number | undefined)[], bytes: number): Promise<number[]> => {
    const listener = start(B, 'listen', '10.2.0.2', PORT);
    expect(await listener.next()).toMatchObject({ value: 'open' });
    start(A, 'send', '10.2.0.2', PORT, ttls.map((ttl) => ttl ?? '').join(','), String(bytes));
    const heard: number[] = [];
    while (heard.at(-1) !== ttls.length - 1) {
      const { value, done } = await listener.next();
      if (done) throw new Error(`the listener ended after ${heard.length} datagrams`);
      heard.push(Number(value));
    }
    return heard;
  };

  const pattern = Array.from({ length: 401 }, (_, n) => [undefined, 1, 64, 1, 2][n % 5]);
  const survivors = pattern.flatMap((ttl, n) => (ttl === 1 ? [] : [n]));

  test('ends exactly the datagrams with a ttl of 1, of many sent in one go', { timeout: DEADLINE_MS }, async () => {
    expect(await crossing(pattern, 2)).toEqual(survivors);
  });

  test('ends exactly those also when the send buffer is full and datagrams have to wait', { timeout: DEADLINE_MS }, async () => {
    ip(`netns exec ${A} tc qdisc add dev uplink root tbf rate 20mbit burst 4k latency 20s`);
    expect(await crossing(pattern, 1_400)).toEqual(survivors);
  });
});

function ip(command: string): void {
  execFileSync('ip', command.split(' '), { stdio: 'pipe' });
}
