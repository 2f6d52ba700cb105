/** Packets across whole worlds: LANs, nested NATs, firewalls, hops, and what observers see of it. */
import { describe, expect, test } from 'vitest';
import { FIREWALL, LINUX_NAT, type Sighting, world, type World } from '../../adapters/sim/index.ts';
import { Port } from './port.ts';

const S = '198.18.0.2:3478';

function ports(w: World): Record<'a' | 'b' | 's', Port> {
  const port = (name: string): Port => new Port(w.host(name)).open('main', name === 's' ? { port: 3478 } : undefined);
  return { a: port('a'), b: port('b'), s: port('s') };
}

const drops = (w: World): string[] => w.drops().map(({ by, reason }) => `${by} ${reason}`);

test('hosts, NATs and servers have the addresses of the kernel lab', () => {
  const w = world({ a: 'symmetric', b: 'port-restricted+cgn', c: 'open' });
  const { a, b, s } = ports(w);
  const c = new Port(w.host('c')).open('main');
  for (const port of [a, b, c]) port.send('main', S, 'x');
  w.advance(100);
  expect([a, b, c].map(({ heard }) => heard[0])).toMatchObject(['192.168.1.2', '192.168.2.2', '198.18.3.2'].map((host) => ({ addresses: [{ host }] })));
  expect(s.received().map((text) => text.split(/[<:]/)[1])).toEqual(['198.18.1.2', '198.18.2.2', '198.18.3.2']);
  expect(w.trace().filter((text) => text.includes('nat-b as'))).toEqual(['0 nat-b as 100.64.2.2:40000 > 198.18.0.2:3478 payload']);
  expect(['a', 'b', 'c', 's', 's2'].map((name) => w.address(name))).toEqual(['198.18.1.2', '198.18.2.2', '198.18.3.2', '198.18.0.2', '198.18.0.3']);
});

describe('two hosts on one LAN', () => {
  const lan = (nat: string): { w: World; a: Port; b: Port } => {
    const w = world({ a: nat, b: 'behind a' });
    return { w, ...ports(w) };
  };

  test('reach each other directly: no NAT, no hop, no time', () => {
    const { w, a, b } = lan('port-restricted');
    a.send('main', '192.168.1.3:40000', 'x', 1);
    w.advance(0);
    expect(b.received()).toEqual(['main<192.168.1.2:40000 x']);
    expect(w.journeys()[0]).toMatchObject({ hops: [], deliveredTo: 'b:main', deliveredAt: 0 });
  });

  test.each([
    ['port-restricted', [], ['nat-a no-hairpin']],
    ['port-restricted+hairpin', ['main<198.18.1.2:40000 y'], []],
  ])('by their external endpoints behind %s', (nat, received, dropped) => {
    const { w, a, b } = lan(nat);
    a.send('main', S, 'x');
    w.advance(100);
    b.send('main', S, 'x');
    w.advance(100);
    const mapped = w.journeys()[1]!.hops[0]!.after!.src.port;
    expect(mapped).not.toBe(40_000);
    a.send('main', `198.18.1.2:${mapped}`, 'y');
    w.advance(100);
    expect(b.received()).toEqual(received);
    expect(drops(w)).toEqual(dropped);
  });

  test('share a public subnet behind a plain router', () => {
    const { w, a, b } = lan('open');
    a.send('main', '198.18.1.3:40000', 'x');
    b.send('main', S, 'y');
    w.advance(100);
    expect(b.received()).toEqual(['main<198.18.1.2:40000 x']);
    expect(w.journeys()[1]).toMatchObject({ deliveredTo: 's:main' });
  });
});

describe('nested NATs', () => {
  test('translate twice each way, and the strictest filters', () => {
    const w = world({ a: 'full-cone+cgn', b: 'open' });
    const { a, b, s } = ports(w);
    a.send('main', S, 'x');
    w.advance(100);
    s.send('main', '198.18.1.2:40000', 'y');
    b.send('main', '198.18.1.2:40000', 'z');
    w.advance(100);
    expect(a.received()).toEqual([`main<${S} y`]);
    expect(drops(w)).toEqual(['cgn-a filtering']);
    expect(w.journeys()[0]!.hops.map(({ device, after }) => [device, after?.src.host])).toEqual([
      ['nat-a', '100.64.1.2'],
      ['cgn-a', '198.18.1.2'],
      ['core', undefined],
    ]);
  });

  test('two homes below one carrier meet inside it by its hairpin, or by their carrier addresses', () => {
    const carrier = { ...LINUX_NAT, hairpin: true };
    const w = world({ a: [LINUX_NAT, carrier], b: 'port-restricted behind cgn-a' });
    const { a, b } = ports(w);
    a.send('main', S, 'x');
    b.send('main', S, 'x').send('main', '100.64.1.2:40000', 'knock');
    w.advance(100);
    a.send('main', '100.64.1.3:40000', 'near');
    w.advance(100);
    expect(b.received()).toEqual(['main<100.64.1.2:40000 near']);
    b.send('main', '198.18.1.2:40000', 'far');
    w.advance(100);
    expect(drops(w)).toEqual(['nat-a filtering', 'nat-a filtering']);
    expect(w.journeys().at(-1)!.hops.map(({ device }) => device)).toEqual(['nat-b', 'cgn-a', 'nat-a']);
  });

  test('whoever asks for a router that is not there is told which there are', () => {
    expect(() => world({ a: 'restricted', b: 'behind cgn-a' })).toThrow("nobody can be behind 'cgn-a': there are nat-a, a");
  });
});

describe('a firewall', () => {
  test('keeps strangers from a public address, and lets answers in', () => {
    const w = world({ a: FIREWALL, b: 'open' });
    const { a, b } = ports(w);
    b.send('main', '198.18.1.2:40000', 'early');
    w.advance(100);
    a.send('main', '198.18.2.2:40000', 'out');
    w.advance(100);
    b.send('main', '198.18.1.2:40000', 'answer');
    w.advance(100);
    expect(drops(w)).toEqual(['firewall-a no-mapping']);
    expect(b.received()).toEqual(['main<198.18.1.2:40000 out']);
    expect(a.received()).toEqual(['main<198.18.2.2:40000 answer']);
  });
});

describe('hops', () => {
  test.each([
    ['port-restricted', 3],
    ['open', 3],
    ['port-restricted+cgn', 4],
  ])('%s to the server costs %i', (nat, hops) => {
    const w = world({ a: nat, b: 'open' });
    const { a, s } = ports(w);
    a.send('main', S, 'short', hops - 1).send('main', S, 'enough', hops);
    w.advance(100);
    expect(s.received().map((text) => text.split(' ')[1])).toEqual(['enough']);
    expect(drops(w)).toEqual(['core ttl']);
  });

  test('an opener with 2 opens the near NAT and dies before the far one, which then meets no early probe', () => {
    const w = world({ a: 'port-restricted+linux-open', b: 'port-restricted+linux-open' });
    const { a, b } = ports(w);
    a.send('main', '198.18.2.2:40000', 'opener', 2);
    b.send('main', '198.18.1.2:40000', 'opener', 2);
    w.advance(100);
    expect(drops(w)).toEqual(['core ttl', 'core ttl']);
    a.send('main', '198.18.2.2:40000', 'probe');
    w.advance(100);
    b.send('main', '198.18.1.2:40000', 'answer');
    w.advance(100);
    expect(b.received()).toEqual(['main<198.18.1.2:40000 probe']);
    expect(a.received()).toEqual(['main<198.18.2.2:40000 answer']);
  });

  test('with 3 it reaches the far NAT itself and clashes there', () => {
    const w = world({ a: 'port-restricted+linux-open', b: 'port-restricted+linux-open' });
    const { a, b } = ports(w);
    a.send('main', '198.18.2.2:40000', 'opener', 3);
    w.advance(100);
    b.send('main', '198.18.1.2:40000', 'probe');
    w.advance(100);
    expect(drops(w)).toEqual(['nat-b early-probe', 'nat-a early-probe']);
    expect(w.trace().find((text) => text.includes('nat-b as'))).not.toContain('198.18.2.2:40000');
  });
});

test('the core routes no private address, neither to nor from', () => {
  const w = world({ a: 'port-restricted', b: FIREWALL });
  const { a } = ports(w);
  a.send('main', '192.168.2.2:40000', 'x').send('main', '10.0.0.1:1', 'x').send('main', '198.18.9.9:1', 'x');
  w.advance(100);
  expect(drops(w)).toEqual(['core unroutable', 'core unroutable', 'core unroutable']);
});

describe('observers', () => {
  test('see each row of a NAT come and go, when it does', () => {
    const w = world({ a: { ...LINUX_NAT, table: { size: 1, eviction: 'oldest' } }, b: 'open' });
    const rows: unknown[] = [];
    w.internet.observe((seen: Sighting) => 'row' in seen && rows.push([seen.at, seen.type, seen.device, seen.row.remote]));
    const { a } = ports(w);
    a.send('main', S, 'x');
    w.advance(1000);
    a.send('main', '198.18.2.2:1', 'x');
    w.advance(20_000);
    a.send('main', '198.18.2.2:1', 'x');
    w.advance(100_000);
    expect(rows).toEqual([
      [0, 'row.added', 'nat-a', S],
      [1000, 'row.evicted', 'nat-a', S],
      [1000, 'row.added', 'nat-a', '198.18.2.2:1'],
      [51_000, 'row.expired', 'nat-a', '198.18.2.2:1'],
    ]);
  });

  test('can be several, and leave when they like', () => {
    const w = world({ a: 'open', b: 'open' }, { keep: false });
    const counts = [0, 0];
    const stop = w.internet.observe(() => (counts[0]! += 1));
    w.internet.observe(() => (counts[1]! += 1));
    const { a } = ports(w);
    a.send('main', S, 'x');
    stop();
    w.advance(100);
    expect(counts[0]).toBeLessThan(counts[1]!);
    expect(() => w.drops()).toThrow('keeps nothing');
  });

  test('change nothing: a world unobserved runs the same', () => {
    const run = (keep: boolean): string[] => {
      const w = world({ a: 'symmetric', b: 'open' }, { keep, jitterMs: 9, loss: 0.3, duplicate: 0.2 });
      const { a, s } = ports(w);
      for (let n = 0; n < 50; n += 1) a.send('main', S, `${n}`);
      w.advance(1000);
      return s.received();
    };
    expect(run(false)).toEqual(run(true));
  });
});

test('devices of one host are told apart by how deep they are, and NATs may be given as what they do', () => {
  const w = world({ a: [LINUX_NAT, LINUX_NAT, LINUX_NAT], b: [FIREWALL, FIREWALL], c: LINUX_NAT, d: { behind: 'c' } });
  expect([...w.internet.routers.keys()].filter((name) => /-[abc]$/.test(name))).toEqual(expect.arrayContaining(['nat-a', 'cgn-a', 'cgn2-a', 'firewall-b', 'firewall2-b', 'nat-c']));
  expect(w.address('d')).toBe(w.address('c'));
});

test('a host that is not there, and one that is there twice, are mistakes', () => {
  expect(() => world({ a: 'open' }).host('z')).toThrow("no host 'z': there are s, a");
  expect(() => world({ s: 'open' })).toThrow("two hosts are called 's'");
});
