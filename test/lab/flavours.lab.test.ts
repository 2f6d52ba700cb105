/**
 * The seven base flavours, measured with bare sockets on the real kernel.
 *
 * For: proving that each NAT maps and filters as its name says (RFC 4787), for UDP and for TCP.
 * Never: uses the project's own protocol code.
 */
import { describe, expect, test } from 'vitest';
import { filteringOf, mappingOf, name, openAt, PUBLIC_A, PUBLIC_B, seenBy, SERVERS, sharedRig, type Rig } from './rig.ts';

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
