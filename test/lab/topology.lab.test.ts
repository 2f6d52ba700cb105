/**
 * The lab's ground: hop counts, the Internet's filters, delays, shared NATs, agents, and leaving nothing behind.
 *
 * For: proving that what stands between the hosts is what the lab says.
 * Never: uses the project's own protocol code.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { buildLab } from './lab.ts';
import { isAlive, namespacesOf, processesIn, removeLeftovers } from './namespaces.ts';
import { fresh, name, openAt, PUBLIC_A, PUBLIC_B, rig, seenBy, SERVERS, sharedRig, staysSilent } from './rig.ts';
import type { At, Heard } from './probe.ts';

const B_AT: At = [PUBLIC_B, 50_000];
const prefixOf = (ns: string): string => ns.slice(0, ns.lastIndexOf('-') + 1);

describe.each([
  ['plain links', {}],
  ['delayed links', { delayMs: 4 }],
])('time to live over %s', (_title, delays) => {
  const bench = sharedRig({ a: 'port-restricted', b: 'open', ...delays }, 'abs');

  test('from a, 3 hops reach s and 4 reach b, and one less does not', async () => {
    await openAt(bench().a, 40_000);
    await openAt(bench().b, 50_000);
    for (const [hops, to, agent, socket] of [[3, SERVERS[0], bench().s, name(SERVERS[0])], [4, B_AT, bench().b, '50000']] as const) {
      for (const ttl of [hops - 1, hops]) await bench().a.call('send', ['40000', to, [`hops ${ttl}`], ttl]);
      expect(await agent.call('wait', [socket, `hops ${hops}`, 2_000])).toHaveLength(1);
      expect(await agent.call('heard', [socket, `hops ${hops - 1}`])).toEqual([]);
    }
  });

  test('a packet with 2 hops opens its own NAT and dies at the core; with 1 hop it opens nothing', async () => {
    await openAt(bench().a, 40_001);
    await openAt(bench().b, 50_001);
    const [one, two] = [fresh(), fresh()];
    await bench().a.call('send', ['40001', [PUBLIC_B, 50_001], ['opener'], 1]);
    await bench().b.call('send', ['50001', [PUBLIC_A, 40_001], [one]]);
    expect(await staysSilent(bench().a, 40_001, one)).toBe(true);
    await bench().a.call('send', ['40001', [PUBLIC_B, 50_001], ['opener'], 2]);
    await bench().b.call('send', ['50001', [PUBLIC_A, 40_001], [two]]);
    expect(await bench().a.call('wait', ['40001', two, 2_000])).toHaveLength(1);
    expect(await bench().b.call('heard', ['50001', 'opener'])).toEqual([]);
  });
});

describe('the core', () => {
  test('drops and counts packets from or to a private address, and carries the same host’s public ones', async () => {
    const { lab, a, s } = await rig({ a: 'open' });
    for (const address of ['192.168.7.7', '100.64.7.7', '10.7.7.7']) {
      await lab.run('a', ['ip', 'addr', 'add', `${address}/32`, 'dev', 'lo']);
      await a.call('open', [address, 40_000, address]);
      await a.call('send', [address, SERVERS[0], ['private']]);
    }
    await openAt(a, 40_001);
    await a.call('send', ['40001', ['192.168.2.2', 40_000], ['private']]);
    expect(await seenBy(a, 40_001, s, SERVERS[0])).toBeDefined();
    expect(await s.call('heard', [name(SERVERS[0]), 'private'])).toEqual([]);
    expect(await lab.run('core', ['nft', 'list', 'counter', 'ip', 'lab', 'private'])).toContain('packets 4 ');
  });
});

describe('delays', () => {
  test.each([
    ['delayMs 20', { delayMs: 20 }, 20, 20],
    ['delayA 15, delayB 5', { delayA: 15, delayB: 5 }, 20, 15],
    ['delayMs 10, delayB 20', { delayMs: 10, delayB: 20 }, 25, 10],
    ['none', {}, 0, 0],
  ])('with %s, one way lasts what was asked', async (_title, delays, toB, toS) => {
    const { a, b, s } = await rig({ a: 'full-cone', b: 'open', ...delays }, 'abs');
    await openAt(a, 40_000);
    await b.call('open', ['echo', 50_000, '0.0.0.0', true]);
    await s.call('open', ['echo', 9_000, '198.18.0.2', true]);
    for (const [to, oneWay] of [[B_AT, toB], [['198.18.0.2', 9_000], toS]] as const) {
      // The quickest of several: a busy machine adds to a round trip, nothing takes from it.
      const trip = Math.min(...(await a.call<number[]>('roundTrips', ['40000', to, 6])));
      expect(trip).toBeGreaterThanOrEqual(2 * oneWay);
      expect(trip).toBeLessThan(2 * oneWay + 5);
    }
  });

  test('a burst of 2,000 datagrams crosses a delayed path whole and in order', async () => {
    const { a, b } = await rig({ a: 'port-restricted', b: 'open', delayMs: 20 }, 'ab');
    await openAt(a, 40_000);
    await openAt(b, 50_000);
    const texts = Array.from({ length: 2_000 }, (_, index) => `burst ${index}`);
    const [start, arrived] = await Promise.all([a.call<number>('send', ['40000', B_AT, texts]), b.call<Heard[]>('wait', ['50000', 'burst', 5_000, texts.length])]);
    expect(arrived.map(({ text }) => text)).toEqual(texts);
    expect((arrived.at(-1)?.at ?? Infinity) - start).toBeLessThan(1_500);
  });
});

describe('two hosts behind one NAT', () => {
  test('hear each other on the LAN at one hop, and share the public address', async () => {
    const { lab, a, b, s } = await rig({ a: 'restricted', b: 'same-nat' }, 'abs');
    expect([lab.hosts.a.address, lab.hosts.b.address]).toEqual(['192.168.1.2', '192.168.1.3']);
    await openAt(a, 40_000);
    await openAt(b, 40_000);
    await a.call('send', ['40000', ['192.168.1.3', 40_000], ['neighbour'], 1]);
    const [heard] = await b.call<Heard[]>('wait', ['40000', 'neighbour', 2_000]);
    expect(heard?.from).toEqual(['192.168.1.2', 40_000]);
    expect((await seenBy(a, 40_000, s, SERVERS[0]))?.from).toEqual([PUBLIC_A, 40_000]);
    const other = (await seenBy(b, 40_000, s, SERVERS[3]))?.from;
    expect(other?.[0]).toBe(PUBLIC_A);
    expect(other?.[1], 'a cone gives the second host a port of its own').not.toBe(40_000);
    expect((await seenBy(b, 40_000, s, SERVERS[0]))?.from).toEqual(other);
  });

  test.each([
    ['port-restricted', false],
    ['port-restricted+hairpin', true],
  ])('%s: one reaches the other through the public address: %s', async (flavour, reaches) => {
    const { a, b } = await rig({ a: flavour, b: 'same-nat' }, 'ab');
    await openAt(a, 40_000);
    await openAt(b, 40_001);
    await b.call('send', ['40001', SERVERS[0], ['map']]);
    const text = fresh();
    await a.call('send', ['40000', [PUBLIC_A, 40_001], [text]]);
    const [heard] = await b.call<Heard[]>('wait', ['40001', text, reaches ? 2_000 : 150]);
    expect(heard?.from).toEqual(reaches ? [PUBLIC_A, 40_000] : undefined);
  });
});

describe('agents', () => {
  const bench = sharedRig({ a: 'open' }, 'a');

  test('report a failure with its text, an unknown function, and a call that takes too long', async () => {
    const { a } = bench();
    await expect(a.call('send', ['nobody', SERVERS[0], ['x']])).rejects.toThrow('no socket "nobody"');
    await expect(a.call('nonsense')).rejects.toThrow('no function "nonsense"');
    await openAt(a, 40_000);
    await expect(a.call('wait', ['40000', 'never', 1_000], { timeoutMs: 50 })).rejects.toThrow('wait() did not finish within 50 ms');
  });

  test('reject what waits when they are stopped, and a module that does not load with its error', async () => {
    const { lab } = bench();
    const agent = await lab.agent('a', new URL('probe.ts', import.meta.url));
    await openAt(agent, 40_002);
    const waiting = expect(agent.call('wait', ['40002', 'never', 5_000])).rejects.toThrow('ended');
    await agent.stop();
    await waiting;
    await expect(lab.agent('a', new URL('nonexistent.ts', import.meta.url))).rejects.toThrow('nonexistent.ts is none of the programs');
  });
});

describe('what a lab leaves behind', () => {
  const expectNothing = (prefix: string, pids: readonly number[]): void => {
    expect(namespacesOf(prefix)).toEqual([]);
    expect(pids.filter(isAlive)).toEqual([]);
  };

  test('dispose leaves no namespace and no process, and may be called again; another lab lives on', async () => {
    const other = await rig({ a: 'port-restricted', b: 'open' }, 'as');
    const lab = await buildLab({ a: 'full-cone+cgn', b: 'same-nat', delayMs: 10 });
    lab.exec('b', ['sleep', '1000']);
    const agent = await lab.agent('a', new URL('probe.ts', import.meta.url));
    const prefix = prefixOf(lab.hosts.a.ns);
    const pids = processesIn(namespacesOf(prefix));
    expect(pids).toContain(agent.pid);
    expect(pids.length).toBeGreaterThanOrEqual(3);
    await lab.dispose();
    await lab.dispose();
    expectNothing(prefix, pids);
    await openAt(other.a, 40_000);
    expect(await seenBy(other.a, 40_000, other.s, SERVERS[0])).toBeDefined();
  });

  test.each(['exit', 'throw', 'SIGINT', 'SIGTERM', 'SIGKILL'])('nor does a process that ends by %s', async (how) => {
    const fixture = fileURLToPath(new URL('crash-fixture.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', fixture, how], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [ns] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
    const prefix = prefixOf(ns.trim());
    const pids = processesIn(namespacesOf(prefix));
    const ended = once(child, 'exit');
    if (how.startsWith('SIG')) child.kill(how as NodeJS.Signals);
    await ended;
    if (how === 'SIGKILL') removeLeftovers();
    for (const deadline = Date.now() + 20_000; pids.some(isAlive) && Date.now() < deadline; ) await sleep(10);
    expectNothing(prefix, pids);
    if (how.startsWith('SIG')) expect(child.signalCode).toBe(how);
  });
});
