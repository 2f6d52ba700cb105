/** Worlds as tests write them, playing a toy protocol. */
import { describe, expect, test } from 'vitest';
import { world } from '../../adapters/sim/index.ts';
import { brokenKnock, knock, type KnockOutcome } from './knock.ts';

const met = (peer: string): KnockOutcome => ({ kind: 'met', peer });

test('two peers behind port-restricted NATs meet, and the trace tells how', () => {
  const w = world({ a: 'port-restricted', b: 'port-restricted' }, { latencyMs: 20, startMs: { b: 5 } }).run(knock);
  expect(w.outcome('a')).toEqual(met('198.18.2.2:40000'));
  expect(w.outcomes('b')).toEqual([{ at: 65, outcome: met('198.18.1.2:40000') }]);
  expect(w.trace()).toEqual([
    '0 a:main 192.168.1.2:40000 > 198.18.0.2:3478 hello',
    '0 nat-a as 198.18.1.2:40000 > 198.18.0.2:3478 hello',
    '5 b:main 192.168.2.2:40000 > 198.18.0.2:3478 hello',
    '5 nat-b as 198.18.2.2:40000 > 198.18.0.2:3478 hello',
    '20 s:main got 198.18.1.2:40000 > 198.18.0.2:3478 hello',
    '25 s:main got 198.18.2.2:40000 > 198.18.0.2:3478 hello',
    '25 s:main 198.18.0.2:3478 > 198.18.1.2:40000 peer',
    '25 s:main 198.18.0.2:3478 > 198.18.2.2:40000 peer',
    '45 nat-a as 198.18.0.2:3478 > 192.168.1.2:40000 peer',
    '45 a:main got 198.18.0.2:3478 > 192.168.1.2:40000 peer',
    '45 a:main 192.168.1.2:40000 > 198.18.2.2:40000 knock',
    '45 nat-a as 198.18.1.2:40000 > 198.18.2.2:40000 knock',
    '45 nat-b as 198.18.0.2:3478 > 192.168.2.2:40000 peer',
    '45 b:main got 198.18.0.2:3478 > 192.168.2.2:40000 peer',
    '45 b:main 192.168.2.2:40000 > 198.18.1.2:40000 knock',
    '45 nat-b as 198.18.2.2:40000 > 198.18.1.2:40000 knock',
    '65 nat-b as 198.18.1.2:40000 > 192.168.2.2:40000 knock',
    '65 b:main got 198.18.1.2:40000 > 192.168.2.2:40000 knock',
    '65 b:main 192.168.2.2:40000 > 198.18.1.2:40000 knock',
    '65 nat-b as 198.18.2.2:40000 > 198.18.1.2:40000 knock',
    '65 nat-a as 198.18.2.2:40000 > 192.168.1.2:40000 knock',
    '65 a:main got 198.18.2.2:40000 > 192.168.1.2:40000 knock',
    '65 a:main 192.168.1.2:40000 > 198.18.2.2:40000 knock',
    '65 nat-a as 198.18.1.2:40000 > 198.18.2.2:40000 knock',
    '85 nat-a as 198.18.2.2:40000 > 192.168.1.2:40000 knock',
    '85 a:main got 198.18.2.2:40000 > 192.168.1.2:40000 knock',
    '85 nat-b as 198.18.1.2:40000 > 192.168.2.2:40000 knock',
    '85 b:main got 198.18.1.2:40000 > 192.168.2.2:40000 knock',
  ]);
});

test('a run goes on for the settling time after the last outcome, and no longer', () => {
  const w = world({ a: 'open', b: 'open' }).run(knock, { settleMs: 500 });
  expect(w.clock.now()).toBe(w.outcomes('a')[0]!.at + 500);
});

test('a run without outcomes ends when its time is over', () => {
  const w = world({ a: 'open', b: 'open' }).partition('a').run(knock, { maxMs: 2000 });
  expect(w.clock.now()).toBe(2000);
  expect(w.outcome('a')).toBeUndefined();
  expect(w.drops()).toMatchObject([{ by: 'link-a', reason: 'partition' }]);
});

describe('lose', () => {
  test('takes the next datagrams in that direction, after the near NAT has seen them', () => {
    const w = world({ a: 'port-restricted', b: 'port-restricted' }).lose('a -> b', 2).run(knock);
    expect(w.drops()).toEqual([
      { at: 50, by: 'link-a', reason: 'loss', from: '198.18.1.2:40000', to: '198.18.2.2:40000' },
      { at: 70, by: 'link-a', reason: 'loss', from: '198.18.1.2:40000', to: '198.18.2.2:40000' },
    ]);
    expect(w.outcome('b')).toEqual({ kind: 'failed' });
    expect(w.outcome('a')).toEqual(met('198.18.2.2:40000'));
  });

  test.each(['a -> s', 's -> a'])('%s too', (direction) => {
    const w = world({ a: 'port-restricted', b: 'open' }).lose(direction, 1).run(knock);
    expect(w.drops()[0]).toMatchObject({ reason: 'loss', by: `link-${direction[0]}` });
    expect(w.outcome('a')).toEqual({ kind: 'failed' });
  });

  test('reaches hosts on one LAN', () => {
    const w = world({ a: 'port-restricted+hairpin', b: 'behind a' }).lose('a -> b', 1).run(knock);
    expect(w.drops()).toMatchObject([{ by: 'link-a', reason: 'loss' }]);
  });

  test('refuses a direction of which it knows no end', () => {
    expect(() => world({ a: 'open', b: 'open' }).lose('a -> c', 1)).toThrow("no direction 'a -> c': hosts are s, a, b");
  });
});

test('a partition that heals lets through what is sent afterwards', () => {
  const w = world({ a: 'open', b: 'open' }, { startMs: { a: 100, b: 100 } }).partition('b');
  w.clock.setTimeout(() => w.heal('b'), 50);
  expect(w.run(knock).outcome('b')).toEqual(met('198.18.1.2:40000'));
});

test('a NAT that reboots gives a symmetric flow another port', () => {
  const w = world({ a: 'symmetric-seq', b: 'open' }, { startMs: { b: 1000 } });
  w.clock.setTimeout(() => w.reboot('nat-a'), 500);
  w.run(knock);
  expect(w.drops().filter(({ by }) => by === 'nat-a')[0]).toMatchObject({ reason: 'no-mapping', from: '198.18.0.2:3478' });
  expect(() => w.reboot('a')).toThrow("no NAT 'a': routers are nat-a, router-b");
});

test('a journey tells the way of one packet from hop to hop', () => {
  const w = world({ a: 'port-restricted', b: 'open' }).run(knock);
  const inside = { host: '192.168.1.2', port: 40_000 };
  const outside = { host: '198.18.1.2', port: 40_000 };
  const server = { host: '198.18.0.2', port: 3478 };
  expect(w.journeys()[0]).toEqual({
    id: 0,
    host: 'a',
    socket: 'main',
    sentAt: 0,
    data: new TextEncoder().encode('hello'),
    src: inside,
    dst: server,
    hops: [
      { at: 0, device: 'nat-a', before: { src: inside, dst: server }, after: { src: outside, dst: server } },
      { at: 10, device: 'core' },
    ],
    deliveredTo: 's:main',
    deliveredAt: 20,
  });
});

test('a copy that a link made has a journey of its own', () => {
  const w = world({ a: 'open', b: 'open' }, { links: { a: { duplicate: 1 } } }).run(knock);
  const copies = w.journeys().filter(({ copyOf, host }) => copyOf !== undefined && host === 'a');
  expect(copies.length).toBeGreaterThan(0);
  expect(copies[0]).toMatchObject({ copyOf: 0, host: 'a', deliveredTo: 's:main' });
  expect(w.trace()).toContain('0 link-a copied 198.18.1.2:40000 > 198.18.0.2:3478 hello');
});

test('stopping leaves nothing behind: no socket, no timer', () => {
  const w = world({ a: 'symmetric', b: 'port-restricted' }).run(knock, { maxMs: 60 });
  expect(w.leaks()).toEqual(['s: socket main on port 3478', 'a: socket main on port 40000', 'b: socket main on port 40000', 'a: 2 timers', 'b: 2 timers']);
  expect(w.stop().leaks()).toEqual([]);
});

test('a part whose time to start has not come never plays once the world is stopped', () => {
  const w = world({ a: 'open', b: 'open' }, { startMs: { b: 500 } }).run(knock, { maxMs: 100 }).stop();
  w.advance(1000);
  expect(w.leaks()).toEqual([]);
});

describe('what a machine throws', () => {
  test('is thrown by the run', () => {
    expect(() => world({ a: 'open', b: 'open' }).run(brokenKnock)).toThrow('a bug in a machine');
  });

  test('is thrown by whoever steps the clock, or at the latest by stop()', () => {
    const w = world({ a: 'open', b: 'open' }).run(brokenKnock, { maxMs: 99 });
    expect(() => w.advance(10)).toThrow('a bug in a machine');
    expect(w.stop().leaks()).toEqual([]);
  });
});

test('time that never passes is an error, not a hang', () => {
  const w = world({ a: 'open', b: 'open' });
  const spin = (): void => void w.clock.setTimeout(spin, 0);
  spin();
  expect(() => w.advance(1)).toThrow('time stands still at 0 ms');
});

test('one host can have a line of its own', () => {
  const w = world({ a: 'open', b: 'open' }, { latencyMs: 20, links: { a: { latencyMs: 100 } } }).run(knock);
  expect(w.journeys().find(({ host }) => host === 'a')).toMatchObject({ sentAt: 0, deliveredAt: 110 });
  expect(w.journeys().find(({ host }) => host === 'b')).toMatchObject({ sentAt: 0, deliveredAt: 20 });
});

test('end to end loss is what was asked for', () => {
  const w = world({ a: 'open', b: 'open' }, { loss: 0.3 });
  const to = { host: w.address('s'), port: 9 };
  let heard = 0;
  w.host('s').bind('sink', { port: 9 }, () => (heard += 1));
  const socket = w.host('a').bind('main', {}, () => {});
  if ('code' in socket) return expect.unreachable();
  for (let n = 0; n < 10_000; n += 1) socket.send(to, new Uint8Array());
  w.advance(100);
  expect(heard).toBeGreaterThan(6_800);
  expect(heard).toBeLessThan(7_200);
});

test('each host has a seed of its own, and surroundings that can be decorated', () => {
  const seeds = new Map<string, string>();
  const decorated: string[] = [];
  const decorate = <T>(host: string, surroundings: T): T => {
    decorated.push(host);
    return surroundings;
  };
  const part: typeof knock.part = (host, stage) => (seeds.set(host, stage.seed), knock.part(host, stage));
  world({ a: 'open', b: 'open' }, { seed: 7, decorate }).run({ name: 'seeds', part });
  expect([...seeds]).toEqual([['s', '7/s'], ['a', '7/a'], ['b', '7/b']]);
  expect(decorated).toEqual(['s', 'a', 'b']);
});

test('more servers than one get addresses of their own', () => {
  const w = world({ a: 'open', b: 'open' }, { servers: ['s', 'assist'] });
  expect(['s', 's2', 'assist', 'assist2'].map((name) => w.address(name))).toEqual(['198.18.0.2', '198.18.0.3', '198.18.0.4', '198.18.0.5']);
});
