/**
 * Which outside ports new mappings get: `+block`, `+step`, `+randport` and `+hairpin` together, measured with bare sockets.
 *
 * For: proving the modifiers about ports, also behind a carrier NAT.
 * Never: uses the project's own protocol code.
 */
import { describe, expect, test } from 'vitest';
import { filteringOf, fresh, mappingOf, name, openAt, PUBLIC_A, rig, seenBy, SERVERS, staysSilent, type Rig } from './rig.ts';

const FIRST_SOCKET = 40_000;

/** The outside ports of so many sockets, each toward the four endpoints of s. */
async function portsOf(bench: Rig, sockets: number): Promise<number[][]> {
  const ports: number[][] = [];
  for (let port = FIRST_SOCKET; port < FIRST_SOCKET + sockets; port += 1) {
    await openAt(bench.a, port);
    ports.push((await mappingOf(bench, port)).map((outside) => outside ?? Number.NaN));
  }
  return ports;
}

const stepsOf = (ports: readonly number[]): number[] => ports.slice(1).map((port, index) => port - (ports[index] ?? 0));

describe('+block', () => {
  test.each(['full-cone+block=16', 'restricted+block=16+cgn', 'port-restricted+block=16+hairpin'])('%s gives each socket one port of the block, in no order', async (flavour) => {
    const ports = await portsOf(await rig({ a: flavour }), 6);
    for (const same of ports) expect(new Set(same).size).toBe(1);
    const given = ports.map(([port = Number.NaN]) => port);
    expect(new Set(given).size).toBe(6);
    for (const port of given) expect([port >= 20_000, port < 20_016]).toEqual([true, true]);
    expect(new Set(stepsOf(given)).size).toBeGreaterThan(1);
  });

  test.each([
    ['symmetric+block=64', 4],
    ['symmetric+block=64+cgn', 4],
    ['symmetric-open+block=64', 4],
    ['symmetric-addr+block=64', 2],
  ])('%s gives each new mapping another port of the block, in no order', async (flavour, mappings) => {
    const bench = await rig({ a: flavour });
    const ports = (await portsOf(bench, 3)).flat();
    expect(new Set(ports).size).toBe(3 * mappings);
    for (const port of ports) expect([port >= 20_000, port < 20_064]).toEqual([true, true]);
    expect(new Set(stepsOf([...new Set(ports)])).size).toBeGreaterThan(3);
    expect(await mappingOf(bench, FIRST_SOCKET), 'living mappings are kept').toEqual(ports.slice(0, 4));
  });

  test.each(['full-cone', 'restricted', 'port-restricted', 'symmetric', 'symmetric-open'])('leaves the filtering of %s as it is', async (kind) => {
    const passes = { 'full-cone': 4, restricted: 2, 'port-restricted': 1, symmetric: 1, 'symmetric-open': 4 }[kind];
    const bench = await rig({ a: `${kind}+block=64` });
    await openAt(bench.a, FIRST_SOCKET);
    const { passed, outside } = await filteringOf(bench, FIRST_SOCKET);
    expect(passed).toHaveLength(passes ?? 0);
    expect((await seenBy(bench.a, FIRST_SOCKET, bench.s, SERVERS[0]))?.from).toEqual(outside);
  });

  test('has no port left when all are in use, and drops what would need one', async () => {
    const bench = await rig({ a: 'port-restricted+block=2' });
    const [first, second] = await portsOf(bench, 2);
    await openAt(bench.a, 40_002);
    for (const server of SERVERS) expect(await seenBy(bench.a, 40_002, bench.s, server, undefined, 150)).toBeUndefined();
    expect([await mappingOf(bench, FIRST_SOCKET), await mappingOf(bench, 40_001)]).toEqual([first, second]);
  });

  test('is another one for another host of the same LAN, and another order for another seed', async () => {
    const first = await rig({ a: 'symmetric+block=64', b: 'same-nat' }, 'abs');
    await openAt(first.b, FIRST_SOCKET);
    const neighbour = await mappingOf({ lab: first.lab, a: first.b, b: first.a, s: first.s }, FIRST_SOCKET);
    for (const port of neighbour) expect(port).toBeGreaterThanOrEqual(20_064);
    const other = await rig({ a: 'symmetric+block=64', seed: 'another' });
    const [own, others] = [await portsOf(first, 1), await portsOf(other, 1)];
    expect(own).not.toEqual(others);
    for (const port of own.flat()) expect(port).toBeLessThan(20_064);
  });
});

describe('+step', () => {
  test.each([
    ['symmetric-seq+step=2', 2],
    ['symmetric-seq+step=-1', -1],
    ['symmetric-seq+step=-7+cgn', -7],
    ['symmetric-seq+step=512+hairpin', 512],
  ])('%s gives each new mapping the port %i further on, from 20000', async (flavour, step) => {
    const ports = (await portsOf(await rig({ a: flavour }), 2)).flat();
    expect(ports).toEqual(Array.from({ length: 8 }, (_, index) => 20_000 + index * step));
  });
});

describe('+hairpin with other ways to choose a port', () => {
  test.each([
    'full-cone+randport+hairpin',
    'restricted+block=32+hairpin',
    'symmetric+hairpin',
    'symmetric-addr+hairpin',
    'symmetric-open+hairpin+block=64',
    'symmetric-seq+step=2+hairpin',
  ])('%s brings a packet to its own outside port back in, and the answer finds its way', async (flavour) => {
    const bench = await rig({ a: flavour });
    for (const port of [40_000, 40_001]) await openAt(bench.a, port);
    const [target = 0] = await mappingOf(bench, 40_000);
    const there = await seenBy(bench.a, 40_001, bench.a, [PUBLIC_A, target], '40000');
    expect(there?.from[0]).toBe(PUBLIC_A);
    expect((await seenBy(bench.a, 40_000, bench.a, there?.from ?? SERVERS[0], '40001'))?.from).toEqual([PUBLIC_A, target]);
  });

  test.each(['full-cone+hairpin+cgn', 'symmetric-addr+hairpin+cgn', 'restricted+randport+hairpin+cgn'])('%s reaches only as far as the home NAT: the carrier turns nothing back', async (flavour) => {
    const bench = await rig({ a: flavour });
    for (const port of [40_000, 40_001]) await openAt(bench.a, port);
    const [target = 0] = await mappingOf(bench, 40_000);
    const text = fresh();
    await bench.a.call('send', ['40001', [PUBLIC_A, target], [text]]);
    expect(await staysSilent(bench.a, 40_000, text)).toBe(true);
    const home = await seenBy(bench.a, 40_001, bench.a, ['100.64.1.2', target], '40000');
    expect(home?.from[0]).toBe('100.64.1.2');
  });
});

test.each(['full-cone', 'restricted', 'port-restricted'])('%s+randport+cgn keeps one random port per socket and filters as the carrier does', async (kind) => {
  const bench = await rig({ a: `${kind}+randport+cgn` });
  const [one, other] = await portsOf(bench, 2);
  expect([new Set(one).size, new Set(other).size]).toEqual([1, 1]);
  expect([one?.[0], other?.[0]]).not.toEqual([40_000, 40_001]);
  await openAt(bench.a, 40_005);
  expect((await filteringOf(bench, 40_005)).passed).toEqual([name(SERVERS[0])]);
});
