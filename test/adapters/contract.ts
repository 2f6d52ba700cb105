/** What every network promises, whatever it is made of. Each claim runs on two hosts that reach one another. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Net, NetEffect } from '../../effects/net.ts';
import { type Await, Party } from './party.ts';

/** Two hosts that reach one another, and the passing of time. */
export interface NetPair {
  readonly a: NetHost;
  readonly b: NetHost;
  readonly until: Await;
}

export interface NetHost {
  readonly net: Net;
  /** Its own IPv4 address, at which the other reaches it. */
  readonly address: string;
}

export function describeNet(name: string, makePair: () => NetPair): void {
  describe(`a network (${name})`, () => {
    let pair: NetPair;
    let parties: Party[];

    beforeEach(() => {
      pair = makePair();
      parties = [];
    });
    afterEach(() => parties.forEach((party) => party.stop()));

    const join = ({ net }: NetHost): Party => {
      const party = new Party(net, pair.until);
      parties.push(party);
      return party;
    };

    /** Resolves when all that was sent from b to a before now has arrived, or never will. */
    const settle = async (a: Party, b: Party): Promise<void> => {
      const marker = await a.open('marker', pair.a.address);
      await b.open('marks', pair.b.address);
      b.send('marks', marker, 77);
      await a.next('udp.received', { socket: 'marker' });
    };

    test('opens a socket on the address and port that were asked for', async () => {
      const a = join(pair.a);
      const free = await a.open('first', pair.a.address);
      expect(free).toEqual({ host: pair.a.address, port: expect.toSatisfy((port: number) => port > 0 && port < 65_536) });
      a.ask({ type: 'close', socket: 'first' });
      expect(await a.open('second', pair.a.address, free.port)).toEqual(free);
      expect(a.heard('udp.opened', 'second')[0]?.addresses).toEqual([free]);
    });

    test('opens any address and a free port by default, and tells at most six own addresses of it', async () => {
      const a = join(pair.a);
      a.ask({ type: 'udp.open', socket: 'any' });
      const { local, addresses, at } = await a.next('udp.opened');
      expect(local.host).toBe('0.0.0.0');
      expect(addresses.length).toSatisfy((count: number) => count >= 1 && count <= 6);
      for (const { host, port } of addresses) expect([host, port]).toEqual([expect.stringMatching(/^[1-9]\d*\.\d+\.\d+\.\d+$/), local.port]);
      expect(at).toBeTypeOf('number');
    });

    test('never answers while it is being asked', () => {
      const a = join(pair.a);
      a.ask({ type: 'udp.open', socket: 'one' }, { type: 'udp.open', socket: 'one' }, { type: 'icmp.open', socket: 'two' });
      expect(a.events).toEqual([]);
    });

    test('answers opening effects in the order they were asked', async () => {
      const a = join(pair.a);
      const labels = Array.from({ length: 100 }, (_, n) => `sweep/${n}`);
      a.ask(...labels.map((socket): NetEffect => ({ type: 'udp.open', socket, local: { host: pair.a.address } })));
      await a.next('udp.opened', { nth: 100 });
      expect(a.events.map(({ socket }) => socket)).toEqual(labels);
      expect(new Set(a.heard('udp.opened').map(({ local }) => local.port)).size).toBe(100);
    });

    test('refuses a port that is taken', async () => {
      const a = join(pair.a);
      const { port } = await a.open('first', pair.a.address);
      a.ask({ type: 'udp.open', socket: 'second', local: { host: pair.a.address, port } });
      const refused = await a.next('net.failed');
      expect(refused).toMatchObject({ effect: 'udp.open', socket: 'second', code: 'address-in-use', detail: expect.stringMatching(/^\S.*\S$/) });
    });

    test('refuses an address that is not the host\'s', async () => {
      const a = join(pair.a);
      a.ask({ type: 'udp.open', socket: 'foreign', local: { host: '203.0.113.77' } });
      expect(await a.next('net.failed')).toMatchObject({ effect: 'udp.open', socket: 'foreign', code: 'address-not-available' });
    });

    test('refuses a label that is open, and leaves its socket as it is', async () => {
      const [a, b] = [join(pair.a), join(pair.b)];
      const home = await a.open('main', pair.a.address);
      a.ask({ type: 'udp.open', socket: 'main' });
      expect(await a.next('net.failed')).toMatchObject({ effect: 'udp.open', socket: 'main', code: 'address-in-use' });
      await b.open('peer', pair.b.address);
      b.send('peer', home, 1);
      expect((await a.next('udp.received')).data).toEqual(Uint8Array.of(1));
    });

    test('sends nothing from a socket that is not open', async () => {
      const a = join(pair.a);
      const to = { host: pair.b.address, port: 9 };
      a.send('nobody', to, 1);
      expect(await a.next('net.failed')).toMatchObject({ effect: 'udp.send', socket: 'nobody', code: 'no-such-socket', to });
    });

    test('carries a datagram both ways, and tells where it truly came from', async () => {
      const [a, b] = [join(pair.a), join(pair.b)];
      const atA = await a.open('a', pair.a.address);
      const atB = await b.open('b', pair.b.address);
      a.send('a', atB, 1, 2, 3);
      const there = await b.next('udp.received');
      expect([there.socket, there.from, there.data]).toEqual(['b', atA, Uint8Array.of(1, 2, 3)]);
      b.send('b', there.from, 4);
      const back = await a.next('udp.received');
      expect([back.socket, back.from, back.data]).toEqual(['a', atB, Uint8Array.of(4)]);
    });

    test('sends from a socket before it has heard that it is open', async () => {
      const [a, b] = [join(pair.a), join(pair.b)];
      const atB = await b.open('b', pair.b.address);
      a.ask({ type: 'udp.open', socket: 'hasty' }, { type: 'udp.send', socket: 'hasty', to: atB, data: Uint8Array.of(9) });
      expect((await b.next('udp.received')).data).toEqual(Uint8Array.of(9));
    });

    test('carries an empty datagram', async () => {
      const [a, b] = [join(pair.a), join(pair.b)];
      const atB = await b.open('b', pair.b.address);
      await a.open('a', pair.a.address);
      a.send('a', atB);
      expect((await b.next('udp.received')).data).toEqual(new Uint8Array());
    });

    test('carries the largest datagram whole, and refuses one byte more', async () => {
      const [a, b] = [join(pair.a), join(pair.b)];
      const to = await b.open('b', pair.b.address);
      await a.open('a', pair.a.address);
      const largest = Uint8Array.from({ length: 65_507 }, (_, n) => n % 251);
      a.ask({ type: 'udp.send', socket: 'a', to, data: new Uint8Array(65_508) }, { type: 'udp.send', socket: 'a', to, data: largest });
      expect((await b.next('udp.received')).data).toEqual(largest);
      expect(await a.next('net.failed')).toMatchObject({ effect: 'udp.send', socket: 'a', code: 'too-large', to });
    });

    test('keeps 1,000 datagrams apart, in order, whatever their ttl', async () => {
      const [a, b] = [join(pair.a), join(pair.b)];
      const to = await b.open('b', pair.b.address);
      await a.open('a', pair.a.address);
      // Between two hosts there are routers, at which a low ttl would end.
      const ttls = pair.a.address === pair.b.address ? [undefined, 1, 64, 255] : [undefined, 32, 64, 255];
      // Batches, as a default receive buffer holds only some hundreds of datagrams.
      for (let n = 0; n < 1_000; n += 1) {
        a.ask({ type: 'udp.send', socket: 'a', to, data: Uint8Array.of(n >> 8, n & 255), ttl: ttls[n % 4] });
        if (n % 100 === 99) await b.next('udp.received', { nth: n + 1 });
      }
      expect(b.heard('udp.received').map(({ data }) => ((data[0] ?? 0) << 8) | (data[1] ?? 0))).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
      expect(a.heard('net.failed')).toEqual([]);
    });

    test('gives every datagram memory of its own', async () => {
      const [a, b] = [join(pair.a), join(pair.b)];
      const to = await b.open('b', pair.b.address);
      await a.open('a', pair.a.address);
      for (let n = 0; n < 50; n += 1) a.send('a', to, n, n, n);
      await b.next('udp.received', { nth: 50 });
      b.heard('udp.received').forEach(({ data }) => expect(data.constructor).toBe(Uint8Array));
      b.heard('udp.received')[0]?.data.fill(255);
      expect(b.heard('udp.received').slice(1).map(({ data }) => data[1])).toEqual(Array.from({ length: 49 }, (_, n) => n + 1));
    });

    test('reports nothing of a socket after its close', async () => {
      const [a, b] = [join(pair.a), join(pair.b)];
      const home = await a.open('short', pair.a.address);
      await b.open('b', pair.b.address);
      b.send('b', home, 1);
      await a.next('udp.received');
      a.ask({ type: 'close', socket: 'short' });
      b.send('b', home, 2);
      await settle(a, b);
      expect(a.heard('udp.received', 'short')).toHaveLength(1);
      expect(a.heard('net.failed')).toEqual([]);
    });

    test('does not say that a socket is open which was closed at once', async () => {
      const a = join(pair.a);
      a.ask({ type: 'udp.open', socket: 'brief' }, { type: 'close', socket: 'brief' });
      await a.open('other', pair.a.address);
      expect(a.events.map(({ socket }) => socket)).toEqual(['other']);
    });

    test('closes what is not open without a word', async () => {
      const a = join(pair.a);
      a.ask({ type: 'close', socket: 'nobody' });
      await a.open('other', pair.a.address);
      expect(a.events).toHaveLength(1);
    });

    test('opens a label again after its close, on the same port if asked', async () => {
      const [a, b] = [join(pair.a), join(pair.b)];
      const first = await a.open('main', pair.a.address);
      a.ask({ type: 'close', socket: 'main' });
      expect(await a.open('main', pair.a.address, first.port)).toEqual(first);
      await b.open('b', pair.b.address);
      b.send('b', first, 5);
      await a.next('udp.received', { socket: 'main' });
      expect(a.heard('udp.received')).toHaveLength(1);
    });

    test('frees every port the moment it is unsubscribed, and reports nothing from then on', async () => {
      const [a, b] = [join(pair.a), join(pair.b)];
      const ports = [await a.open('one', pair.a.address), await a.open('two', pair.a.address)];
      await b.open('b', pair.b.address);
      a.send('nobody', { host: pair.b.address, port: 9 }, 1);
      ports.forEach((to) => b.send('b', to, 1));
      const before = a.events.length;
      a.stop();
      const heir = join(pair.a);
      const labels = ['one', 'two'];
      heir.ask(...ports.map((local, n): NetEffect => ({ type: 'udp.open', socket: labels[n] ?? '', local })));
      await heir.next('udp.opened', { nth: 2 });
      await settle(heir, b);
      expect(heir.heard('net.failed')).toEqual([]);
      expect(a.events).toHaveLength(before);
    });

    test('keeps the labels of two subscriptions apart', async () => {
      const [one, other] = [join(pair.a), join(pair.a)];
      const first = await one.open('main', pair.a.address);
      const second = await other.open('main', pair.a.address);
      one.send('main', second, 1);
      expect((await other.next('udp.received')).from).toEqual(first);
    });

    test('answers each kind it does not carry as unsupported, in words, and goes on', async () => {
      const a = join(pair.a);
      const there = { host: pair.b.address, port: 9 };
      const foreign: readonly NetEffect[] = [
        { type: 'tcp.listen', socket: 't1', local: there },
        { type: 'tcp.connect', socket: 't2', to: there },
        { type: 'tcp.send', socket: 't3', data: Uint8Array.of(1) },
        { type: 'icmp.open', socket: 'i1' },
        { type: 'icmp.send', socket: 'i2', to: there.host, data: Uint8Array.of(8) },
      ];
      a.ask(...foreign);
      await a.next('net.failed', { nth: foreign.length });
      const answers = a.heard('net.failed');
      expect(answers.map(({ effect, socket, code }) => ({ effect, socket, code }))).toEqual(
        foreign.map(({ type, socket }) => ({ effect: type, socket, code: 'unsupported' })),
      );
      answers.forEach(({ detail }) => expect(detail).toMatch(/TCP|ICMP/i));
      await a.open('still', pair.a.address);
    });

    test('answers destinations and addresses that are none once each, and goes on', async () => {
      const [a, b] = [join(pair.a), join(pair.b)];
      const to = await b.open('b', pair.b.address);
      await a.open('a', pair.a.address);
      const data = Uint8Array.of(1);
      const nowhere = [{ ...to, port: 0 }, { ...to, port: 70_000 }, { host: '', port: 9 }, { host: '2001:db8::1', port: 9 }, { host: '999.0.0.1', port: 9 }];
      a.ask(...nowhere.map((end): NetEffect => ({ type: 'udp.send', socket: 'a', to: end, data })));
      a.ask({ type: 'udp.open', socket: 'bad', local: { host: 'not an address' } });
      a.send('a', to, 2);
      expect((await b.next('udp.received')).data).toEqual(Uint8Array.of(2));
      await a.next('net.failed', { nth: nowhere.length + 1 });
      const codes = a.heard('net.failed').map(({ code }) => code);
      expect(codes).toEqual([...nowhere.map(() => 'unreachable'), 'address-not-available']);
      expect([a.heard('udp.opened').length, b.heard('udp.received').length]).toEqual([1, 1]);
    });
  });
}
