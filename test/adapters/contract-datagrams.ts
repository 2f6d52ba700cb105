/** The contract on datagrams: they arrive whole, apart, in order and with their true source, or are refused. */
import { expect, test } from 'vitest';
import type { NetEffect } from '../../effects/net.ts';
import type { Ground } from './contract.ts';

export function claimDatagrams(ground: Ground): void {
  test('sends nothing from a socket that is not open', async () => {
    const a = ground.join('a');
    const to = { host: ground.address.b, port: 9 };
    a.send('nobody', to, 1);
    expect(await a.next('net.failed')).toMatchObject({ effect: 'udp.send', socket: 'nobody', code: 'no-such-socket', to });
  });

  test('carries a datagram both ways, and tells where it truly came from', async () => {
    const [a, b] = [ground.join('a'), ground.join('b')];
    const atA = await a.open('a', ground.address.a);
    const atB = await b.open('b', ground.address.b);
    a.send('a', atB, 1, 2, 3);
    const there = await b.next('udp.received');
    expect([there.socket, there.from, there.data]).toEqual(['b', atA, Uint8Array.of(1, 2, 3)]);
    b.send('b', there.from, 4);
    const back = await a.next('udp.received');
    expect([back.socket, back.from, back.data]).toEqual(['a', atB, Uint8Array.of(4)]);
  });

  test('sends from a socket before it has heard that it is open', async () => {
    const [a, b] = [ground.join('a'), ground.join('b')];
    const atB = await b.open('b', ground.address.b);
    a.ask({ type: 'udp.open', socket: 'hasty' }, { type: 'udp.send', socket: 'hasty', to: atB, data: Uint8Array.of(9) });
    expect((await b.next('udp.received')).data).toEqual(Uint8Array.of(9));
  });

  test('carries an empty datagram', async () => {
    const [a, b] = [ground.join('a'), ground.join('b')];
    const atB = await b.open('b', ground.address.b);
    await a.open('a', ground.address.a);
    a.send('a', atB);
    expect((await b.next('udp.received')).data).toEqual(new Uint8Array());
  });

  test('carries the largest datagram whole, and refuses one byte more', async () => {
    const [a, b] = [ground.join('a'), ground.join('b')];
    const to = await b.open('b', ground.address.b);
    await a.open('a', ground.address.a);
    const largest = Uint8Array.from({ length: 65_507 }, (_, n) => n % 251);
    a.ask({ type: 'udp.send', socket: 'a', to, data: new Uint8Array(65_508) }, { type: 'udp.send', socket: 'a', to, data: largest });
    expect((await b.next('udp.received')).data).toEqual(largest);
    expect(await a.next('net.failed')).toMatchObject({ effect: 'udp.send', socket: 'a', code: 'too-large', to });
  });

  test('keeps 1,000 datagrams apart, in order, whatever their ttl', async () => {
    const [a, b] = [ground.join('a'), ground.join('b')];
    const to = await b.open('b', ground.address.b);
    await a.open('a', ground.address.a);
    // Between two hosts there are routers, at which a low ttl would end.
    const ttls = ground.address.a === ground.address.b ? [undefined, 1, 64, 255] : [undefined, 32, 64, 255];
    // Batches, as a default receive buffer holds only some hundreds of datagrams.
    for (let n = 0; n < 1_000; n += 1) {
      a.ask({ type: 'udp.send', socket: 'a', to, data: Uint8Array.of(n >> 8, n & 255), ttl: ttls[n % 4] });
      if (n % 100 === 99) await b.next('udp.received', { nth: n + 1 });
    }
    expect(b.heard('udp.received').map(({ data }) => ((data[0] ?? 0) << 8) | (data[1] ?? 0))).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
    expect(a.heard('net.failed')).toEqual([]);
  });

  test('gives every datagram memory of its own', async () => {
    const [a, b] = [ground.join('a'), ground.join('b')];
    const to = await b.open('b', ground.address.b);
    await a.open('a', ground.address.a);
    for (let n = 0; n < 50; n += 1) a.send('a', to, n, n, n);
    await b.next('udp.received', { nth: 50 });
    b.heard('udp.received').forEach(({ data }) => expect(data.constructor).toBe(Uint8Array));
    b.heard('udp.received')[0]?.data.fill(255);
    expect(b.heard('udp.received').slice(1).map(({ data }) => data[1])).toEqual(Array.from({ length: 49 }, (_, n) => n + 1));
  });

  test('answers destinations and addresses that are none once each, and goes on', async () => {
    const [a, b] = [ground.join('a'), ground.join('b')];
    const to = await b.open('b', ground.address.b);
    await a.open('a', ground.address.a);
    const data = Uint8Array.of(1);
    const nowhere = [{ ...to, port: 0 }, { ...to, port: 70_000 }, { ...to, port: -1 }, { ...to, port: 1.5 }, { host: '', port: 9 }, { host: '2001:db8::1', port: 9 }, { host: '999.0.0.1', port: 9 }];
    a.ask(...nowhere.map((end): NetEffect => ({ type: 'udp.send', socket: 'a', to: end, data })));
    const unbindable = [{ host: 'not an address' }, ...[65_536, -1, 1.5].map((port) => ({ host: ground.address.a, port }))];
    a.ask(...unbindable.map((local): NetEffect => ({ type: 'udp.open', socket: 'bad', local })));
    a.send('a', to, 2);
    expect((await b.next('udp.received')).data).toEqual(Uint8Array.of(2));
    await a.next('net.failed', { nth: nowhere.length + unbindable.length });
    const codes = a.heard('net.failed').map(({ code }) => code);
    expect(codes).toEqual([...nowhere.map(() => 'unreachable'), ...unbindable.map(() => 'address-not-available')]);
    expect([a.heard('udp.opened').length, b.heard('udp.received').length]).toEqual([1, 1]);
  });
}
