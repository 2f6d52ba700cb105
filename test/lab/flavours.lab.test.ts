/**
 * The base flavours, measured with bare sockets on the real kernel.
 *
 * For: proving that each NAT maps and filters as its name says (RFC 4787), for UDP and for TCP.
 * Never: uses the project's own protocol code.
 */
import { describe, expect, test } from 'vitest';
import type { Heard } from './probe.ts';
import { filteringOf, fresh, mappingOf, name, openAt, PUBLIC_A, PUBLIC_B, seenBy, SERVERS, sharedRig, staysSilent, type Rig } from './rig.ts';

const ALL = SERVERS.map(name).sort();
const SAME_ADDRESS = ALL.filter((server) => server.startsWith('198.18.0.2:'));
const SAME_ENDPOINT = ['198.18.0.2:3478'];

/** The outside ports that two listeners see of TCP connections from one local port. */
async function tcpMapping({ a, s }: Rig, port: number): Promise<(string | undefined)[]> {
  const seen: (string | undefined)[] = [];
  for (const address of ['198.18.0.2', '198.18.0.3']) {
    const listener = await s.call<number>('listen', [0, address]);
    seen.push((await a.call<{ seen?: string }>('connect', [[address, listener], port, 3_000])).seen);
  }
  return seen;
}

const TCP_MS = 250;
/** What a TCP connection from s to the outside endpoint ends with. */
const tcpInto = async ({ s }: Rig, port: number): Promise<{ seen?: string; failure?: string }> => s.call('connect', [[PUBLIC_A, port], 0, TCP_MS]);

describe.each([
  ['open', ALL, 'passes'],
  ['full-cone', ALL, 'passes'],
  ['restricted', SAME_ADDRESS, 'passes'],
  ['port-restricted', SAME_ENDPOINT, 'drops'],
  ['firewall', SAME_ENDPOINT, 'drops'],
])('%s', (flavour, expected, tcp) => {
  const bench = sharedRig({ a: flavour });

  test('maps a socket to one outside port of the same number, whatever the destination, in UDP and TCP', async () => {
    await openAt(bench().a, 40_000);
    await openAt(bench().a, 40_001);
    expect(await mappingOf(bench(), 40_000)).toEqual([40_000, 40_000, 40_000, 40_000]);
    expect(await mappingOf(bench(), 40_001)).toEqual([40_001, 40_001, 40_001, 40_001]);
    expect(await tcpMapping(bench(), 41_000)).toEqual([`${PUBLIC_A}:41000`, `${PUBLIC_A}:41000`]);
  });

  test(`lets in exactly ${expected.join(', ')} after one packet to 198.18.0.2:3478, and answers leave from the same port`, async () => {
    await openAt(bench().a, 40_002);
    const { passed, outside } = await filteringOf(bench(), 40_002);
    expect(outside).toEqual([PUBLIC_A, 40_002]);
    expect(passed).toEqual(expected);
    for (const server of SERVERS.filter((at) => passed.includes(name(at)))) {
      expect((await seenBy(bench().a, 40_002, bench().s, server))?.from).toEqual([PUBLIC_A, 40_002]);
    }
  });

  test(`${tcp} a TCP connection from another port of an address that its host has connected to from there`, async () => {
    await tcpMapping(bench(), 41_001);
    await bench().a.call('listen', [41_001, '0.0.0.0']);
    const result = await tcpInto(bench(), 41_001);
    if (tcp === 'passes') expect(result.seen).toMatch(/^198\.18\.0\.2:\d+$/);
    else expect(result).toEqual({ failure: 'timeout' });
  });
});

describe('restricted', () => {
  const bench = sharedRig({ a: 'restricted', b: 'open' }, 'abs');

  test('drops UDP and TCP from an address its host never wrote to', async () => {
    await openAt(bench().a, 40_000);
    await mappingOf(bench(), 40_000);
    await tcpMapping(bench(), 41_000);
    await bench().a.call('listen', [41_000, '0.0.0.0']);
    await openAt(bench().b, 40_000);
    await bench().b.call('send', ['40000', [PUBLIC_A, 40_000], ['stranger']]);
    expect(await bench().b.call('connect', [[PUBLIC_A, 41_000], 0, TCP_MS])).toEqual({ failure: 'timeout' });
    expect(await bench().a.call('heard', ['40000', 'stranger'])).toEqual([]);
  });
});

describe('symmetric and symmetric-seq', () => {
  const bench = sharedRig({ a: 'symmetric', b: 'symmetric-seq' }, 'abs');
  const sideB = (): Rig => ({ lab: bench().lab, a: bench().b, b: bench().a, s: bench().s });

  test('symmetric gives each destination an outside port of its own, does not count, and keeps a mapping that lives', async () => {
    await openAt(bench().a, 30_000);
    const ports = (await mappingOf(bench(), 30_000)) as number[];
    expect(new Set(ports).size).toBe(4);
    const steps = ports.slice(1).map((port, index) => Math.abs(port - (ports[index] ?? 0)));
    expect(Math.max(...steps)).toBeGreaterThan(16);
    expect(await mappingOf(bench(), 30_000)).toEqual(ports);
  });

  test('symmetric-seq gives each new mapping the next port, across sockets and across UDP and TCP, and keeps a mapping that lives', async () => {
    await openAt(bench().b, 30_000);
    await openAt(bench().b, 30_001);
    expect(await mappingOf(sideB(), 30_000)).toEqual([40_000, 40_001, 40_002, 40_003]);
    expect(await mappingOf(sideB(), 30_001)).toEqual([40_004, 40_005, 40_006, 40_007]);
    expect(await mappingOf(sideB(), 30_000)).toEqual([40_000, 40_001, 40_002, 40_003]);
    expect(await tcpMapping(sideB(), 31_000)).toEqual([`${PUBLIC_B}:40008`, `${PUBLIC_B}:40009`]);
  });

  test('both let in only the very endpoint written to', async () => {
    for (const side of [bench(), sideB()]) {
      await openAt(side.a, 30_002);
      expect((await filteringOf(side, 30_002)).passed).toEqual(SAME_ENDPOINT);
    }
  });

  test('symmetric drops a TCP connection to a port that its host has connected from', async () => {
    const [outside = ''] = await tcpMapping(bench(), 31_001);
    await bench().a.call('listen', [31_001, '0.0.0.0']);
    expect(await tcpInto(bench(), Number(outside.split(':')[1]))).toEqual({ failure: 'timeout' });
  });
});

describe('udp-blocked', () => {
  const bench = sharedRig({ a: 'udp-blocked' });

  test('passes no UDP, and TCP like a port-restricted NAT', async () => {
    await openAt(bench().a, 40_000);
    expect(await seenBy(bench().a, 40_000, bench().s, SERVERS[0], undefined, 200)).toBeUndefined();
    expect(await tcpMapping(bench(), 41_000)).toEqual([`${PUBLIC_A}:41000`, `${PUBLIC_A}:41000`]);
  });
});

describe('firewall', () => {
  const bench = sharedRig({ a: 'firewall' });

  test('leaves the host its public address and rewrites nothing', async () => {
    expect(bench().lab.hosts.a.address).toBe(PUBLIC_A);
    await openAt(bench().a, 40_000);
    await mappingOf(bench(), 40_000);
    const entries = (await bench().lab.conntrack('nat-a')).filter((line) => line.includes('sport=40000'));
    expect(entries).toHaveLength(4);
    for (const entry of entries) expect(entry).toMatch(/src=198\.18\.1\.2 dst=(\S+) sport=40000 dport=(\d+) .*src=\1 dst=198\.18\.1\.2 sport=\2 dport=40000/);
  });

  test('drops what nobody asked for, and stands as many hops away as a NAT', async () => {
    await openAt(bench().a, 40_001);
    const text = fresh();
    await bench().s.call('send', [name(SERVERS[0]), [PUBLIC_A, 40_001], [text]]);
    expect(await staysSilent(bench().a, 40_001, text)).toBe(true);
    for (const ttl of [2, 3]) await bench().a.call('send', ['40001', SERVERS[0], [`hops ${ttl}`], ttl]);
    expect(await bench().s.call('wait', [name(SERVERS[0]), 'hops 3', 2_000])).toHaveLength(1);
    expect(await bench().s.call('heard', [name(SERVERS[0]), 'hops 2'])).toEqual([]);
  });

  test('is opened by a packet that dies at the core, and not by one that dies at the firewall', async () => {
    for (const [port, ttl, opens] of [[40_002, 1, false], [40_003, 2, true]] as const) {
      await openAt(bench().a, port);
      await bench().a.call('send', [String(port), SERVERS[0], ['opener'], ttl]);
      const text = fresh();
      await bench().s.call('send', [name(SERVERS[0]), [PUBLIC_A, port], [text]]);
      expect(await staysSilent(bench().a, port, text)).toBe(!opens);
    }
  });
});

describe('symmetric-addr and symmetric-open', () => {
  const bench = sharedRig({ a: 'symmetric-addr', b: 'symmetric-open' }, 'abs');
  const sideB = (): Rig => ({ lab: bench().lab, a: bench().b, b: bench().a, s: bench().s });

  test('symmetric-addr gives each remote address a random outside port of its own, and keeps it for all its ports', async () => {
    for (const port of [30_000, 30_001]) await openAt(bench().a, port);
    const [p0, p1, p2, p3] = await mappingOf(bench(), 30_000);
    expect([p1, p3]).toEqual([p0, p2]);
    const others = await mappingOf(bench(), 30_001);
    expect(new Set([p0, p2, ...others, 30_000, 30_001]).size).toBe(6);
    expect(await mappingOf(bench(), 30_000)).toEqual([p0, p0, p2, p2]);
  });

  test('symmetric-addr does so in TCP, and lets in only the very endpoint written to', async () => {
    const [first, second] = await tcpMapping(bench(), 31_000);
    expect((await tcpMapping(bench(), 31_000)).map(String)).toEqual([first, second]);
    expect(first).not.toBe(second);
    await openAt(bench().a, 30_002);
    expect((await filteringOf(bench(), 30_002)).passed).toEqual(SAME_ENDPOINT);
  });

  test('symmetric-open gives each destination a random outside port and lets everybody in there; answers leave by it', async () => {
    await openAt(bench().b, 30_000);
    const { passed, outside } = await filteringOf(sideB(), 30_000);
    expect(passed).toEqual(ALL);
    for (const server of SERVERS) expect((await seenBy(bench().b, 30_000, bench().s, server))?.from).toEqual(outside);
    await openAt(bench().b, 30_001);
    expect(new Set(await mappingOf(sideB(), 30_001)).size).toBe(4);
  });

  test('symmetric-open shows a remote that has a flow of its own by another port, and the answer finds its way', async () => {
    await openAt(bench().b, 30_002);
    const [first] = await mappingOf(sideB(), 30_002);
    const text = fresh();
    await bench().s.call('send', [name(SERVERS[1]), [PUBLIC_B, first], [text]]);
    const [heard] = await bench().b.call<Heard[]>('wait', ['30002', text, 2_000]);
    expect(heard?.from[0]).toBe(SERVERS[1][0]);
    expect(heard?.from[1]).not.toBe(SERVERS[1][1]);
    expect((await seenBy(bench().b, 30_002, bench().s, heard?.from ?? SERVERS[1], name(SERVERS[1])))?.from).toEqual([PUBLIC_B, first]);
  });
});
