/** The contract on sockets: how they open, fail, close and are left behind. */
import { expect, test } from 'vitest';
import type { NetEffect } from '../../effects/net.ts';
import type { Ground } from './contract.ts';
import type { Party } from './party.ts';

export function claimSockets(ground: Ground): void {
  /** Resolves when all that was sent from b to a before now has arrived, or never will. */
  const settle = async (a: Party, b: Party): Promise<void> => {
    const marker = await a.open('marker', ground.address.a);
    await b.open('marks', ground.address.b);
    b.send('marks', marker, 77);
    await a.next('udp.received', { socket: 'marker' });
  };

  test('opens a socket on the address and port that were asked for', async () => {
    const a = ground.join('a');
    const free = await a.open('first', ground.address.a);
    expect(free).toEqual({ host: ground.address.a, port: expect.toSatisfy((port: number) => port > 0 && port < 65_536) });
    a.ask({ type: 'close', socket: 'first' });
    expect(await a.open('second', ground.address.a, free.port)).toEqual(free);
    expect(a.heard('udp.opened', 'second')[0]?.addresses).toEqual([free]);
  });

  test('opens any address and a free port by default, and tells at most six own addresses of it', async () => {
    const a = ground.join('a');
    a.ask({ type: 'udp.open', socket: 'any' });
    const { local, addresses, at } = await a.next('udp.opened');
    expect(local.host).toBe('0.0.0.0');
    expect(addresses.length).toSatisfy((count: number) => count >= 1 && count <= 6);
    for (const { host, port } of addresses) expect([host, port]).toEqual([expect.stringMatching(/^[1-9]\d*\.\d+\.\d+\.\d+$/), local.port]);
    expect(at).toBeTypeOf('number');
  });

  test('never answers while it is being asked', () => {
    const a = ground.join('a');
    a.ask({ type: 'udp.open', socket: 'one' }, { type: 'udp.open', socket: 'one' }, { type: 'icmp.open', socket: 'two' });
    expect(a.events).toEqual([]);
  });

  test('answers opening effects in the order they were asked', async () => {
    const a = ground.join('a');
    const labels = Array.from({ length: 100 }, (_, n) => `sweep/${n}`);
    a.ask(...labels.map((socket): NetEffect => ({ type: 'udp.open', socket, local: { host: ground.address.a } })));
    await a.next('udp.opened', { nth: 100 });
    expect(a.events.map(({ socket }) => socket)).toEqual(labels);
    expect(new Set(a.heard('udp.opened').map(({ local }) => local.port)).size).toBe(100);
  });

  test('refuses a port that is taken', async () => {
    const a = ground.join('a');
    const { port } = await a.open('first', ground.address.a);
    a.ask({ type: 'udp.open', socket: 'second', local: { host: ground.address.a, port } });
    const refused = await a.next('net.failed');
    expect(refused).toMatchObject({ effect: 'udp.open', socket: 'second', code: 'address-in-use', detail: expect.stringMatching(/^\S.*\S$/) });
  });

  test('refuses an address that is not the host\'s', async () => {
    const a = ground.join('a');
    a.ask({ type: 'udp.open', socket: 'foreign', local: { host: '203.0.113.77' } });
    expect(await a.next('net.failed')).toMatchObject({ effect: 'udp.open', socket: 'foreign', code: 'address-not-available' });
  });

  test('refuses a label that is open, and leaves its socket as it is', async () => {
    const [a, b] = [ground.join('a'), ground.join('b')];
    const home = await a.open('main', ground.address.a);
    a.ask({ type: 'udp.open', socket: 'main' });
    expect(await a.next('net.failed')).toMatchObject({ effect: 'udp.open', socket: 'main', code: 'address-in-use' });
    await b.open('peer', ground.address.b);
    b.send('peer', home, 1);
    expect((await a.next('udp.received')).data).toEqual(Uint8Array.of(1));
  });

  test('reports nothing of a socket after its close', async () => {
    const [a, b] = [ground.join('a'), ground.join('b')];
    const home = await a.open('short', ground.address.a);
    await b.open('b', ground.address.b);
    b.send('b', home, 1);
    await a.next('udp.received');
    a.ask({ type: 'close', socket: 'short' });
    b.send('b', home, 2);
    await settle(a, b);
    expect(a.heard('udp.received', 'short')).toHaveLength(1);
    expect(a.heard('net.failed')).toEqual([]);
  });

  test('does not say that a socket is open which was closed at once', async () => {
    const a = ground.join('a');
    a.ask({ type: 'udp.open', socket: 'brief' }, { type: 'close', socket: 'brief' });
    await a.open('other', ground.address.a);
    expect(a.events.map(({ socket }) => socket)).toEqual(['other']);
  });

  test('closes what is not open without a word', async () => {
    const a = ground.join('a');
    a.ask({ type: 'close', socket: 'nobody' });
    await a.open('other', ground.address.a);
    expect(a.events).toHaveLength(1);
  });

  test('opens a label again after its close, on the same port if asked', async () => {
    const [a, b] = [ground.join('a'), ground.join('b')];
    const first = await a.open('main', ground.address.a);
    a.ask({ type: 'close', socket: 'main' });
    expect(await a.open('main', ground.address.a, first.port)).toEqual(first);
    await b.open('b', ground.address.b);
    b.send('b', first, 5);
    await a.next('udp.received', { socket: 'main' });
    expect(a.heard('udp.received')).toHaveLength(1);
  });

  test('frees every port the moment it is unsubscribed, and reports nothing from then on', async () => {
    const [a, b] = [ground.join('a'), ground.join('b')];
    const ports = [await a.open('one', ground.address.a), await a.open('two', ground.address.a)];
    await b.open('b', ground.address.b);
    a.send('nobody', { host: ground.address.b, port: 9 }, 1);
    ports.forEach((to) => b.send('b', to, 1));
    const before = a.events.length;
    a.stop();
    const heir = ground.join('a');
    const labels = ['one', 'two'];
    heir.ask(...ports.map((local, n): NetEffect => ({ type: 'udp.open', socket: labels[n] ?? '', local })));
    await heir.next('udp.opened', { nth: 2 });
    await settle(heir, b);
    expect(heir.heard('net.failed')).toEqual([]);
    expect(a.events).toHaveLength(before);
  });

  test('keeps the labels of two subscriptions apart', async () => {
    const [one, other] = [ground.join('a'), ground.join('a')];
    const first = await one.open('main', ground.address.a);
    const second = await other.open('main', ground.address.a);
    one.send('main', second, 1);
    expect((await other.next('udp.received')).from).toEqual(first);
  });
}
