/**
 * TCP asked of the kernel's hosts and NATs and of the simulator's, by the same code: what they answer must be equal.
 *
 * For: finding where the simulator's TCP is wrong.
 * Never: uses the project's own protocol code.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { LINUX_NAT, LINUX_TCP, world, type World } from '../../adapters/sim/index.ts';
import { type Endpoint, parseEndpoint } from '../../effects/endpoint.ts';
import type { NetEffect } from '../../effects/net.ts';
import { Opener, tellWhoCalls } from '../sim/opener.ts';
import { Port } from '../sim/port.ts';
import { buildLab, type Lab } from './lab.ts';
import type { Report } from './open-agent.ts';
import { PUBLIC_A, PUBLIC_B, rig } from './rig.ts';

const AGENT = new URL('open-agent.ts', import.meta.url);
const SERVER: Endpoint = { host: '198.18.0.2', port: 3478 };
const ROUNDS = 3;
const DELAY_MS = 20;

interface Pair {
  readonly a: string;
  readonly b: string;
  readonly skewMs: number;
}

/** What both ends said at last, for each of some rounds. */
type Reports = readonly (readonly [Report, Report])[];

async function kernel({ a, b, skewMs }: Pair): Promise<Reports> {
  const lab = await buildLab({ a, b, delayMs: DELAY_MS });
  try {
    const [s, one, other] = await Promise.all([lab.agent('s', AGENT), lab.agent('a', AGENT), lab.agent('b', AGENT)]);
    await s.call('serve', [{ host: '0.0.0.0', port: SERVER.port }]);
    const reports: [Report, Report][] = [];
    for (let n = 0; n < ROUNDS; n += 1) {
      const id = String(n);
      const both = <T>(name: string, argsOf: (host: 'a' | 'b') => unknown[] = () => []): Promise<[T, T]> =>
        Promise.all([one.call<T>(name, [id, ...argsOf('a')]), other.call<T>(name, [id, ...argsOf('b')])]);
      await both('register', (host) => [{ host: lab.hosts[host].address, port: 5000 + n }, SERVER, 2 * n + (host === 'a' ? 0 : 1)]);
      const look = async (met: (reports: readonly Report[]) => boolean, forMs: number): Promise<[Report, Report]> => {
        const deadline = performance.now() + forMs;
        for (;;) {
          const found = await both<Report>('report');
          if (met(found) || performance.now() > deadline) return found;
          await sleep(10);
        }
      };
      const [seenA, seenB] = await look((found) => found.every(({ seen }) => seen !== ''), 3_000);
      await one.call('open', [id, seenB.seen]);
      await sleep(skewMs);
      await other.call('open', [id, seenA.seen]);
      reports.push(await look((found) => found.every(({ opened }) => opened !== null), skewMs === 0 ? 2_000 : 5_000));
      await both('stop');
    }
    return reports;
  } finally {
    await lab.dispose();
  }
}

function simulator({ a, b, skewMs }: Pair): Reports {
  return Array.from({ length: ROUNDS }, (_, n) => {
    const w = world({ a, b }, { latencyMs: DELAY_MS, seed: n });
    tellWhoCalls(w.host('s').net(), { host: '0.0.0.0', port: SERVER.port });
    const opener = (host: string, seed: number): Opener => new Opener(w.host(host).net(), w.clock, { host: w.host(host).addresses[0] ?? '', port: 5000 }, seed);
    const [one, other] = [opener('a', 2 * n), opener('b', 2 * n + 1)];
    for (const each of [one, other]) each.register(SERVER);
    w.advance(500);
    const to = (seen: string): Endpoint => parseEndpoint(seen) ?? SERVER;
    one.open(to(other.seen));
    w.advance(skewMs);
    other.open(to(one.seen));
    w.advance(5_000);
    const report = ({ seen, opened, failures }: Opener): Report => ({ seen, opened: opened ?? null, failures });
    return [report(one), report(other)];
  });
}

/** What can be compared: how each side got its connection, and which failures came before it. Chance says how often. */
function portrait(reports: Reports): unknown {
  const of = (side: 0 | 1) => ({
    hows: [...new Set(reports.map((pair) => pair[side].opened?.how))],
    attempts: reports.every((pair) => pair[side].opened?.rounds === 1) ? 'one' : 'any',
    failures: [...new Set(reports.flatMap((pair) => pair[side].failures))].filter((code) => code !== 'reset' && code !== 'address-in-use').sort(),
  });
  return [of(0), of(1)];
}

describe('kernel and simulator open alike', () => {
  test.each([
    ['port-restricted', 'port-restricted', 0],
    ['port-restricted', 'port-restricted', 300],
    ['restricted', 'symmetric', 0],
    ['symmetric-seq', 'full-cone', 300],
    ['open', 'port-restricted', 300],
    ['port-restricted', 'symmetric', 0],
    ['symmetric', 'symmetric-seq', 0],
  ])('%s and %s, %i ms apart', async (a, b, skewMs) => {
    expect(portrait(await kernel({ a, b, skewMs }))).toEqual(portrait(simulator({ a, b, skewMs })));
  });

  test.each([
    ['port-restricted+rst', 'port-restricted+rst'],
    ['symmetric+rst', 'restricted+rst'],
    ['port-restricted+linux-open', 'port-restricted+linux-open'],
  ])('%s and %s, where who is early is refused', async (a, b) => {
    for (const reports of [await kernel({ a, b, skewMs: 300 }), simulator({ a, b, skewMs: 300 })]) {
      for (const [one, other] of reports) {
        expect([one.opened === null, other.opened === null, one.failures[0]]).toEqual([false, false, 'refused']);
        expect([...one.failures, ...other.failures].filter((code) => !['refused', 'reset', 'address-in-use'].includes(code))).toEqual([]);
      }
    }
  });
});

/** How long nat-a remembers the session between two ends, in seconds, rounded up to tens; undefined when it does not. */
async function kernelLife(lab: Lab, from: number, to: string): Promise<number | undefined> {
  const line = (await lab.conntrack('nat-a')).find((entry) => new RegExp(`dst=${to} sport=${from} `).test(entry));
  return line === undefined ? undefined : Math.ceil(Number(/ tcp +6 (\d+) /.exec(line)?.[1]) / 10) * 10;
}

function simulatedLife(w: World, from: number, to: string): number | undefined {
  const now = w.clock.now();
  const row = w.internet.routers.get('nat-a')?.nat?.rows(now).find(({ inside, remote }) => inside.port === from && remote.startsWith(to));
  return row && Math.ceil((row.expiresAt - now) / 10_000) * 10;
}

test('kernel and simulator remember a session alike: unanswered, refused, standing, ended, reset', async () => {
  const { lab, a, s } = await rig({ a: 'port-restricted', b: 'port-restricted+rst' });
  await s.call('listen', [80, '198.18.0.2']);
  const resets = "require('net').createServer((socket) => socket.resetAndDestroy()).listen(81, '198.18.0.2', () => console.log('up'))";
  const stands = "require('net').createServer(() => undefined).listen(82, '198.18.0.2', () => console.log('up'))";
  const servers = [resets, stands].map((script) => lab.exec('s', [process.execPath, '-e', script]));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.stdout?.once('data', resolve))));
  const ends: readonly (readonly [number, string, number])[] = [[41_000, '198.18.0.77', 1], [41_001, PUBLIC_B, 1], [41_002, '198.18.0.2', 82], [41_003, '198.18.0.2', 80], [41_004, '198.18.0.2', 81]];
  const kernelLives: unknown[] = [];
  for (const [from, host, port] of ends) {
    const isStanding = port === 82;
    const call = a.call('connect', [[host, port], from, isStanding ? 3_000 : 500]);
    if (!isStanding) await call;
    // What stands is seen while it does; a busy machine connects, and looks, when it can.
    let life = await kernelLife(lab, from, host);
    for (let looks = isStanding ? 40 : 0; life !== 432_000 && looks > 0; looks -= 1) {
      await sleep(50);
      life = await kernelLife(lab, from, host);
    }
    kernelLives.push(life);
    await call;
  }

  const w = world({ a: 'port-restricted', b: 'port-restricted+rst' }, { latencyMs: 0 });
  const [inside, server] = [new Port(w.host('a')), new Port(w.host('s'))];
  for (const port of [80, 81, 82]) server.ask({ type: 'tcp.listen', socket: String(port), local: { host: '0.0.0.0', port } });
  for (const [from, host, port] of ends) inside.ask({ type: 'tcp.connect', socket: String(from), to: { host, port }, local: { host: '0.0.0.0', port: from } });
  w.advance(1);
  server.ask({ type: 'close', socket: '80/1' }).ask({ type: 'tcp.send', socket: '81/1', data: new Uint8Array(2 ** 21) });
  w.advance(1);
  expect(kernelLives).toEqual(ends.map(([from, host]) => simulatedLife(w, from, host)));
  expect(kernelLives).toEqual([120, undefined, 432_000, 120, 10]);
});

test('kernel and simulator lose an idle session alike: the outside cannot wake it, the inside can', async () => {
  const { lab } = await rig({ a: 'port-restricted' }, '');
  await lab.run('nat-a', ['sh', '-c', 'echo 1 > /proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established']);
  const speak = "socket.setNoDelay(true).on('data', (data) => { console.log(String(data)); })";
  const server = lab.exec('s', [process.execPath, '-e', `require('net').createServer((socket) => { ${speak}; setTimeout(() => socket.write('out'), 2500); }).listen(82, '198.18.0.2', () => console.log('up'))`]);
  const heard: string[] = [];
  server.stdout?.on('data', (data) => heard.push(`s ${String(data).trim()}`));
  while (heard.length === 0) await sleep(10);
  const client = lab.exec('a', [process.execPath, '-e', `const socket = require('net').connect(82, '198.18.0.2'); ${speak}; setTimeout(() => socket.write('in'), 3200);`]);
  client.stdout?.on('data', (data) => heard.push(`a ${String(data).trim()}`));
  const deadline = performance.now() + 15_000;
  while (heard.length < 3 && performance.now() < deadline) await sleep(10);

  const w = world({ a: { ...LINUX_NAT, tcp: { ...LINUX_TCP, establishedMs: 1_000 } } }, { latencyMs: 0 });
  const [outside, inside] = [new Port(w.host('s')), new Port(w.host('a'))];
  outside.ask({ type: 'tcp.listen', socket: 'l', local: { host: '0.0.0.0', port: 82 } });
  inside.ask({ type: 'tcp.connect', socket: 'c', to: { host: '198.18.0.2', port: 82 } });
  w.advance(2_500);
  outside.ask({ type: 'tcp.send', socket: 'l/1', data: new TextEncoder().encode('out') });
  w.advance(700);
  expect(inside.heard.filter(({ type }) => type === 'tcp.received')).toEqual([]);
  inside.ask({ type: 'tcp.send', socket: 'c', data: new TextEncoder().encode('in') });
  w.advance(10_000);
  // What was sent into the void comes again, once the inside has spoken.
  expect(heard).toEqual(['s up', 's in', 'a out']);
  const simulated = [...outside.heard, ...inside.heard].flatMap((event) => (event.type === 'tcp.received' ? [new TextDecoder().decode(event.data)] : []));
  expect(simulated).toEqual(['in', 'out']);
});

test('a SYN that comes first leaves nothing at a Linux NAT, even where a datagram would move the port', async () => {
  const { a, b } = await rig({ a: 'port-restricted+linux-open', b: 'open' }, 'ab');
  // From the very end to which ours goes then.
  expect(await b.call('connect', [[PUBLIC_A, 40_000], 80, 500])).toEqual({ failure: 'ECONNREFUSED' });
  await b.call('listen', [80, PUBLIC_B]);
  expect(await a.call('connect', [[PUBLIC_B, 80], 40_000, 2_000])).toEqual({ seen: `${PUBLIC_A}:40000` });
});

test('kernel and simulator alike forget who was calling a listener that closes, and keep his pair of ends from us for a moment', async () => {
  const delayMs = 200;
  const here = { host: PUBLIC_A, port: 5000 };
  const there = { host: PUBLIC_B, port: 5000 };
  const call: NetEffect = { type: 'tcp.connect', socket: 'call', to: here, local: there };
  const listen: NetEffect = { type: 'tcp.listen', socket: 'l', local: here };
  const back = (socket: string): NetEffect => ({ type: 'tcp.connect', socket, to: there, local: here });
  const close: NetEffect = { type: 'close', socket: 'l' };
  const told = [['tcp.listening l', 'address-in-use c1', 'tcp.listening l', 'refused c2'], ['tcp.connected call', 'reset call']];

  const lab = await buildLab({ a: 'open', b: 'open', delayMs });
  try {
    const [a, b] = await Promise.all([lab.agent('a', AGENT), lab.agent('b', AGENT)]);
    await a.call('ask', [[listen]]);
    await b.call('ask', [[call]]);
    await sleep(2 * delayMs);
    await a.call('ask', [[close, back('c1'), listen]]);
    await sleep(4 * delayMs);
    await a.call('ask', [[close, back('c2')]]);
    await sleep(4 * delayMs);
    expect([await a.call('answers'), await b.call('answers')]).toEqual(told);
  } finally {
    await lab.dispose();
  }

  const w = world({ a: 'open', b: 'open' }, { latencyMs: delayMs });
  const [a, b] = [new Port(w.host('a')).ask(listen), new Port(w.host('b')).ask(call)];
  w.advance(1.9 * delayMs);
  for (const effect of [close, back('c1'), listen]) a.ask(effect);
  w.advance(4 * delayMs);
  for (const effect of [close, back('c2')]) a.ask(effect);
  w.advance(4 * delayMs);
  expect([a, b].map(({ heard }) => heard.map((event) => `${event.type === 'net.failed' ? event.code : event.type} ${event.socket}`))).toEqual(told);
});
