/**
 * What the modifiers change, measured with bare sockets on the real kernel.
 *
 * For: proving each `+modifier`, and that its effect is absent without it.
 * Never: uses the project's own protocol code.
 */
import { describe, expect, test } from 'vitest';
import { filteringOf, fresh, mappingOf, name, openAt, PUBLIC_A, PUBLIC_B, rig, seenBy, SERVERS, sharedRig, staysSilent, type Rig } from './rig.ts';
import type { Heard } from './probe.ts';

const B_PORT = 50_000;

/** Lets b's packet reach NAT A before a wrote to b, then tells from which outside port a's own packets reach b. */
async function afterEarlyProbe(bench: Rig, port: number): Promise<number | undefined> {
  const text = fresh();
  await openAt(bench.b, B_PORT);
  await bench.b.call('send', [String(B_PORT), [PUBLIC_A, port], [text]]);
  expect(await staysSilent(bench.a, port, text)).toBe(true);
  return (await seenBy(bench.a, port, bench.b, [PUBLIC_B, B_PORT], String(B_PORT)))?.from[1];
}

describe.each(['port-restricted', 'restricted'])('+linux-open on %s', (kind) => {
  const bench = sharedRig({ a: `${kind}+linux-open`, b: 'open' }, 'abs');

  test('a peer whose packet comes first moves our port, for that peer and for every new destination', async () => {
    await openAt(bench().a, 40_000);
    expect((await seenBy(bench().a, 40_000, bench().s, SERVERS[0]))?.from[1]).toBe(40_000);
    const moved = await afterEarlyProbe(bench(), 40_000);
    expect(moved).toBeTypeOf('number');
    expect(moved).not.toBe(40_000);
    expect(await mappingOf(bench(), 40_000)).toEqual([40_000, moved, moved, moved]);
    const text = fresh();
    await bench().b.call('send', [String(B_PORT), [PUBLIC_A, 40_000], [text]]);
    expect(await staysSilent(bench().a, 40_000, text), 'the old port stays shut').toBe(true);
  });

  test('does no harm when our own packet was first, even one that died at the core', async () => {
    await openAt(bench().a, 40_001);
    await openAt(bench().b, 50_001);
    await bench().a.call('send', ['40001', [PUBLIC_B, 50_001], ['opener'], 2]);
    const text = fresh();
    await bench().b.call('send', ['50001', [PUBLIC_A, 40_001], [text]]);
    expect(await bench().a.call('wait', ['40001', text, 2_000])).toHaveLength(1);
    expect((await seenBy(bench().a, 40_001, bench().b, [PUBLIC_B, 50_001], '50001'))?.from[1]).toBe(40_001);
    expect(await bench().b.call('heard', ['50001', 'opener'])).toEqual([]);
  });
});

test.each(['port-restricted', 'restricted'])('without +linux-open, %s drops the early packet and keeps its port', async (kind) => {
  const bench = await rig({ a: kind, b: 'open' }, 'ab');
  await openAt(bench.a, 40_000);
  await bench.a.call('send', ['40000', SERVERS[0], ['map']]);
  expect(await afterEarlyProbe(bench, 40_000)).toBe(40_000);
});

describe('+rst', () => {
  test.each([
    ['port-restricted', 'timeout'],
    ['full-cone', 'timeout'],
    ['port-restricted+rst', 'ECONNREFUSED'],
    ['full-cone+rst', 'ECONNREFUSED'],
    ['udp-blocked+rst', 'ECONNREFUSED'],
    ['port-restricted+linux-open', 'ECONNREFUSED'],
    ['firewall', 'timeout'],
    ['firewall+rst', 'ECONNREFUSED'],
    ['symmetric-addr+rst', 'ECONNREFUSED'],
    ['symmetric-open+block=64+rst', 'ECONNREFUSED'],
  ])('an unsolicited SYN to %s ends with %s', async (flavour, failure) => {
    const { s } = await rig({ a: flavour }, 's');
    expect(await s.call('connect', [[PUBLIC_A, 41_000], 0, 250])).toEqual({ failure });
  });
});

describe('+hairpin', () => {
  test.each(['full-cone', 'restricted', 'port-restricted'])('%s brings a packet to its own outside port back in, from an outside source', async (kind) => {
    const bench = await rig({ a: `${kind}+hairpin` });
    for (const port of [40_000, 40_001]) await openAt(bench.a, port);
    await mappingOf(bench, 40_000);
    const there = await seenBy(bench.a, 40_001, bench.a, [PUBLIC_A, 40_000], '40000');
    expect(there?.from).toEqual([PUBLIC_A, 40_001]);
    expect((await seenBy(bench.a, 40_000, bench.a, [PUBLIC_A, 40_001], '40001'))?.from).toEqual([PUBLIC_A, 40_000]);
  });

  test('symmetric brings it back in too, from the next outside port', async () => {
    const bench = await rig({ a: 'symmetric-seq+hairpin' });
    for (const port of [40_000, 40_001]) await openAt(bench.a, port);
    expect(await mappingOf(bench, 40_000)).toEqual([20_000, 20_001, 20_002, 20_003]);
    expect((await seenBy(bench.a, 40_001, bench.a, [PUBLIC_A, 20_002], '40000'))?.from).toEqual([PUBLIC_A, 20_004]);
  });

  test('leaves the filtering of strangers as it was', async () => {
    const bench = await rig({ a: 'port-restricted+hairpin' });
    await openAt(bench.a, 40_000);
    expect((await filteringOf(bench, 40_000)).passed).toEqual([name(SERVERS[0])]);
  });

  test.each(['full-cone', 'restricted', 'port-restricted'])('without it, %s drops such a packet', async (kind) => {
    const bench = await rig({ a: kind }, 'a');
    for (const port of [40_000, 40_001]) await openAt(bench.a, port);
    await bench.a.call('send', ['40000', SERVERS[0], ['map']]);
    const text = fresh();
    await bench.a.call('send', ['40001', [PUBLIC_A, 40_000], [text]]);
    expect(await staysSilent(bench.a, 40_000, text)).toBe(true);
  });
});

describe('+randport', () => {
  test.each([
    ['full-cone', 4],
    ['restricted', 2],
    ['port-restricted', 1],
  ])('%s keeps one random outside port per socket, and its filtering', async (kind, passes) => {
    const bench = await rig({ a: `${kind}+randport` });
    for (const port of [40_000, 40_001, 40_002]) await openAt(bench.a, port);
    const { passed, outside } = await filteringOf(bench, 40_002);
    expect(passed).toHaveLength(passes);
    expect((await seenBy(bench.a, 40_002, bench.s, SERVERS[0]))?.from).toEqual(outside);
    const [first, second] = [await mappingOf(bench, 40_000), await mappingOf(bench, 40_001)];
    expect(new Set(first).size).toBe(1);
    expect(new Set(second).size).toBe(1);
    expect(first[0]).not.toBe(40_000);
    expect(first[0]).not.toBe(second[0]);
  });

  test('keeps the port even when the first packets to several destinations leave in one burst', async () => {
    const bench = await rig({ a: 'port-restricted+randport' });
    await openAt(bench.a, 40_000);
    const text = fresh();
    await Promise.all(SERVERS.map((server) => bench.a.call('send', ['40000', server, [text]])));
    const ports = new Set<number | undefined>();
    for (const server of SERVERS) ports.add((await bench.s.call<Heard[]>('wait', [name(server), text, 2_000]))[0]?.from[1]);
    expect(ports.size).toBe(1);
    expect(ports).not.toContain(undefined);
  });
});

describe('+cgn', () => {
  test('a full cone below a carrier NAT is seen under the carrier address, and filters as the carrier does', async () => {
    const bench = await rig({ a: 'full-cone+cgn' });
    await openAt(bench.a, 40_000);
    const { passed, outside } = await filteringOf(bench, 40_000);
    expect(outside).toEqual([PUBLIC_A, 40_000]);
    expect(passed).toEqual([name(SERVERS[0])]);
    const home = await bench.lab.conntrack('nat-a');
    expect(home.some((line) => line.includes('dst=100.64.1.2'))).toBe(true);
  });

  test('adds one hop', async () => {
    const bench = await rig({ a: 'port-restricted+cgn', b: 'port-restricted' }, 'abs');
    for (const agent of [bench.a, bench.b]) await openAt(agent, 40_000);
    for (const [agent, hops] of [[bench.a, 4], [bench.b, 3]] as const) {
      for (const ttl of [hops - 1, hops]) await agent.call('send', ['40000', SERVERS[0], [`ttl ${hops} ${ttl}`], ttl]);
      expect(await bench.s.call('wait', [name(SERVERS[0]), `ttl ${hops} ${hops}`, 2_000])).toHaveLength(1);
      expect(await bench.s.call('heard', [name(SERVERS[0]), `ttl ${hops} ${hops - 1}`])).toEqual([]);
    }
  });
});

describe('+noise', () => {
  test.each([
    ['symmetric-seq+noise=400', 1],
    ['symmetric-seq+noise=400+cgn', 1],
    ['symmetric-seq+noise=400+step=2', 2],
    ['symmetric-seq+step=-3+noise=400+hairpin', -3],
  ])('foreign flows move the counter of %s at about the rate asked for', async (flavour, step) => {
    const bench = await rig({ a: flavour });
    await openAt(bench.a, 40_000);
    const [before, , , after] = [SERVERS[0], ...SERVERS.slice(1)];
    const first = await seenBy(bench.a, 40_000, bench.s, before);
    await staysSilent(bench.a, 40_000, fresh());
    const last = await seenBy(bench.a, 40_000, bench.s, after ?? before);
    const seconds = ((last?.at ?? 0) - (first?.at ?? 0)) / 1_000;
    const foreign = ((last?.from[1] ?? 0) - (first?.from[1] ?? 0)) / step - 1;
    expect(foreign % 1).toBe(0);
    // A busy machine sends in bursts, and catches up.
    expect(foreign / seconds).toBeGreaterThan(100);
    expect(foreign / seconds).toBeLessThan(1_600);
  });

  test.each([
    ['full-cone+noise=200', 1],
    ['restricted+randport+noise=200', 1],
    ['port-restricted+block=8+noise=200', 1],
    ['symmetric-addr+noise=200+cgn', 2],
    ['symmetric-addr+block=8+noise=200', 2],
    ['symmetric-open+noise=200', 4],
  ])('changes nothing that can be seen of %s', async (flavour, ports) => {
    const bench = await rig({ a: flavour });
    for (const port of [40_000, 40_001]) await openAt(bench.a, port);
    await staysSilent(bench.a, 40_000, fresh());
    const [one, other] = [await mappingOf(bench, 40_000), await mappingOf(bench, 40_001)];
    expect([new Set(one).size, new Set(other).size]).toEqual([ports, ports]);
    expect(new Set([...one, ...other]).size).toBe(2 * ports);
    expect(await mappingOf(bench, 40_000)).toEqual(one);
  });
});
