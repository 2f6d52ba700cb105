/** The contract on TCP: connections open, carry bytes in order, and end once, for both ends, in one way. */
import { expect, test } from 'vitest';
import type { Endpoint } from '../../effects/endpoint.ts';
import { type NetEffect, TCP_QUEUE_BYTES, TCP_QUEUE_SENDS } from '../../effects/net.ts';
import type { Ground } from './contract.ts';
import type { Party } from './party.ts';

export function claimStreams(ground: Ground): void {
  /** Two parties with a connection, called `a` at the one and `s/1` at the other. */
  const pair = async (): Promise<{ a: Party; b: Party; server: Endpoint }> => {
    const [a, b] = [ground.join('a'), ground.join('b')];
    const server = await b.listen('s', ground.address.b);
    await a.connect('a', server);
    await b.next('tcp.accepted');
    return { a, b, server };
  };

  test('connects, and tells both ends truly at both ends', async () => {
    const { a, b, server } = await pair();
    const [connected] = a.heard('tcp.connected');
    expect(connected).toMatchObject({ socket: 'a', peer: server, local: { host: ground.address.a } });
    expect(b.heard('tcp.accepted')).toMatchObject([{ listener: 's', socket: 's/1', local: server, peer: connected?.local }]);
  });

  test('listens on the port that was asked for, and frees it with its close', async () => {
    const b = ground.join('b');
    const { port } = await b.listen('s', ground.address.b);
    b.ask({ type: 'close', socket: 's' }, { type: 'tcp.listen', socket: 's', local: { host: ground.address.b, port } });
    expect((await b.next('tcp.listening', { nth: 2 })).local).toEqual({ host: ground.address.b, port });
  });

  test('never answers a TCP effect while it is being asked', async () => {
    const { a, server } = await pair();
    const before = a.events.length;
    a.ask({ type: 'tcp.listen', socket: 'l', local: { host: ground.address.a, port: 0 } }, { type: 'tcp.connect', socket: 'c', to: server });
    a.ask({ type: 'tcp.connect', socket: 'c', to: server }, { type: 'tcp.listen', socket: 'bad', local: { host: 'nowhere', port: 0 } });
    a.write('nobody', 1);
    a.write('a', 1);
    expect(a.events).toHaveLength(before);
  });

  test('carries 1 MiB each way at once, whole and in order', async () => {
    const { a, b } = await pair();
    const piece = (seed: number, n: number): Uint8Array => Uint8Array.from({ length: 65_536 }, (_, at) => (seed + n * 7 + at * 31 + (at >> 8)) & 255);
    const pieces = Array.from({ length: 16 }, (_, n) => n);
    for (const n of pieces) {
      a.ask({ type: 'tcp.send', socket: 'a', data: piece(1, n) });
      b.ask({ type: 'tcp.send', socket: 's/1', data: piece(2, n) });
    }
    const expected = (seed: number): Buffer => Buffer.concat(pieces.map((n) => piece(seed, n)));
    expect(expected(1).equals(await b.read('s/1', 1_048_576))).toBe(true);
    expect(expected(2).equals(await a.read('a', 1_048_576))).toBe(true);
  });

  test('hands on plain arrays that share no memory with one another', async () => {
    const { a, b } = await pair();
    for (let n = 1; n <= 5; n += 1) {
      a.write('a', n, n);
      await b.read('s/1', 2 * n);
      b.heard('tcp.received').at(-1)?.data.fill(255, 1);
    }
    expect(b.heard('tcp.received').map(({ data }) => [data.constructor, ...data])).toEqual([1, 2, 3, 4, 5].map((n) => [Uint8Array, n, 255]));
  });

  test('sends what was asked before the connection was up, and nothing for empty data', async () => {
    const [a, b] = [ground.join('a'), ground.join('b')];
    const to = await b.listen('s', ground.address.b);
    a.ask({ type: 'tcp.connect', socket: 'hasty', to });
    a.write('hasty');
    a.write('hasty', 1, 2);
    a.write('hasty', 3);
    expect(await b.read('s/1', 3)).toEqual(Uint8Array.of(1, 2, 3));
  });

  test('gives each accepted connection a label of its own, and passes over one that is open', async () => {
    const { a, b, server } = await pair();
    await b.open('s/2', ground.address.b);
    await a.connect('second', server);
    a.ask({ type: 'close', socket: 'a' });
    await b.ended('s/1');
    await a.connect('third', server);
    await b.next('tcp.accepted', { nth: 3 });
    expect(b.heard('tcp.accepted').map(({ socket }) => socket)).toEqual(['s/1', 's/3', 's/4']);
  });

  test('delivers what was sent before a close, then one end, and the closer hears no more', async () => {
    const { a, b } = await pair();
    const data = new Uint8Array(500_000).fill(7);
    a.ask({ type: 'tcp.send', socket: 'a', data }, { type: 'close', socket: 'a' });
    const before = a.events.length;
    a.write('a', 8);
    expect(await a.next('net.failed')).toMatchObject({ effect: 'tcp.send', socket: 'a', code: 'no-such-socket' });
    b.write('s/1', 9);
    expect(await b.ended('s/1')).toEqual(['closed']);
    expect((await b.read('s/1', 500_000)).length).toBe(500_000);
    b.write('s/1', 9);
    expect(await b.next('net.failed')).toMatchObject({ effect: 'tcp.send', socket: 's/1', code: 'no-such-socket' });
    expect(a.events).toHaveLength(before + 1);
    expect(b.events.at(-2)?.type).toBe('tcp.closed');
  });

  test('gives a connection up that is closed before it is up, without a word, and its label can be used again', async () => {
    const [a, b] = [ground.join('a'), ground.join('b')];
    const to = await b.listen('s', ground.address.b);
    a.ask({ type: 'tcp.connect', socket: 'c', to }, { type: 'close', socket: 'c' }, { type: 'tcp.connect', socket: 'c', to });
    a.ask({ type: 'tcp.listen', socket: 'l', local: { host: ground.address.a, port: 0 } }, { type: 'close', socket: 'l' });
    const local = await a.listen('l', ground.address.a);
    await a.next('tcp.connected');
    a.write('c', 1);
    await b.next('tcp.received');
    expect(b.heard('tcp.accepted')).toHaveLength(1);
    expect(a.events.map(({ type, socket }) => [type, socket]).toSorted()).toEqual([['tcp.connected', 'c'], ['tcp.listening', 'l']]);
    expect(local.port).toBeGreaterThan(0);
  });

  test('keeps the connections of a listener that is closed', async () => {
    const { a, b, server } = await pair();
    b.ask({ type: 'close', socket: 's' });
    a.ask({ type: 'tcp.connect', socket: 'late', to: server });
    expect(await a.ended('late')).toEqual(['refused']);
    a.write('a', 1);
    expect((await b.next('tcp.received')).socket).toBe('s/1');
    // A new listener of the name passes over the labels that are still open.
    const again = await b.listen('s', ground.address.b);
    await a.connect('again', again);
    expect((await b.next('tcp.accepted', { nth: 2 })).socket).toBe('s/2');
  });

  test('refuses where nobody listens, with where it was', async () => {
    const [a, b] = [ground.join('a'), ground.join('b')];
    const to = await b.listen('s', ground.address.b);
    b.ask({ type: 'close', socket: 's' });
    a.ask({ type: 'tcp.connect', socket: 'a', to });
    const refused = await a.next('net.failed');
    expect(refused).toMatchObject({ effect: 'tcp.connect', socket: 'a', code: 'refused', to, detail: expect.stringMatching(/^\S.*\S$/) });
    expect(await a.ended('a')).toHaveLength(1);
  });

  test('refuses a port that is taken, and addresses that are not the host\'s', async () => {
    const { a, b, server } = await pair();
    const foreign = { host: '203.0.113.77', port: 0 };
    b.ask({ type: 'tcp.listen', socket: 'second', local: server }, { type: 'tcp.listen', socket: 'foreign', local: foreign });
    a.ask({ type: 'tcp.connect', socket: 'foreign', to: server, local: foreign });
    expect([await b.ended('second'), await b.ended('foreign'), await a.ended('foreign')]).toEqual([['address-in-use'], ['address-not-available'], ['address-not-available']]);
  });

  test('refuses a label that is open as anything, and leaves its socket as it is', async () => {
    const { a, b, server } = await pair();
    const home = await b.open('u', ground.address.b);
    const local = { host: ground.address.b, port: 0 };
    const openings = ['s', 's/1', 'u'].flatMap((socket): NetEffect[] => [{ type: 'tcp.listen', socket, local }, { type: 'tcp.connect', socket, to: server }, { type: 'udp.open', socket }]);
    b.ask(...openings);
    await b.next('net.failed', { nth: openings.length });
    expect(b.heard('net.failed').map(({ effect, socket, code }) => [effect, socket, code])).toEqual(openings.map(({ type, socket }) => [type, socket, 'address-in-use']));
    a.write('a', 1);
    b.send('u', home, 1);
    await Promise.all([b.next('tcp.received', { socket: 's/1' }), b.next('udp.received', { socket: 'u' }), a.connect('more', server)]);
  });

  test('answers ends and limits that are none once each, and goes on', async () => {
    const { a, b, server } = await pair();
    const ends = [{ ...server, port: 0 }, { ...server, port: 70_000 }, { ...server, port: 1.5 }, { host: 'localhost', port: 9 }, { host: '', port: 9 }, { host: '999.0.0.1', port: 9 }];
    a.ask(...ends.map((to): NetEffect => ({ type: 'tcp.connect', socket: 'bad', to })));
    const locals = [{ host: '', port: 0 }, { host: 'localhost', port: 0 }, ...[65_536, -1, 1.5].map((port) => ({ host: ground.address.a, port }))];
    a.ask(...locals.flatMap((local): NetEffect[] => [{ type: 'tcp.listen', socket: 'bad', local }, { type: 'tcp.connect', socket: 'bad', to: server, local }]));
    const limits = [{ idleMs: 0 }, { idleMs: -1 }, { idleMs: 2 ** 31 }, { lifeMs: 0 }, { lifeMs: 2 ** 31 }, { limit: 0 }, { limit: 1.5 }, { perHost: 0 }, { perHost: 1.5 }];
    a.ask(...limits.map((some): NetEffect => ({ type: 'tcp.listen', socket: 'bad', local: { host: ground.address.a, port: 0 }, ...some })));
    a.ask({ type: 'tcp.connect', socket: 'bad', to: { host: '2001:db8::1', port: 9 }, local: { host: ground.address.a, port: 0 } });
    const codes = [...ends.map(() => 'unreachable'), ...locals.flatMap(() => ['address-not-available', 'address-not-available']), ...limits.map(() => 'unsupported'), 'unreachable'];
    await a.next('net.failed', { nth: codes.length });
    expect(a.heard('net.failed').map(({ code }) => code)).toEqual(codes);
    a.write('a', 1);
    await b.next('tcp.received');
  });

  test('sends only on connections', async () => {
    const { b } = await pair();
    await b.open('u', ground.address.b);
    for (const socket of ['s', 'u', 'nobody']) b.write(socket, 1);
    await b.next('net.failed', { nth: 3 });
    expect(b.heard('net.failed').map(({ effect, socket, code }) => [effect, socket, code])).toEqual(['s', 'u', 'nobody'].map((socket) => ['tcp.send', socket, 'no-such-socket']));
  });

  test('connects from one port to three listeners, then listens there, and connects from there no more', async () => {
    const [a, b] = [ground.join('a'), ground.join('b')];
    const servers = [await b.listen('s1', ground.address.b), await b.listen('s2', ground.address.b), await b.listen('s3', ground.address.b)];
    const [first, second, third] = servers;
    if (!first || !second || !third) throw new Error('three listeners');
    const local = await a.connect('c1', first, { host: ground.address.a, port: 0 });
    expect([await a.connect('c2', second, local), await a.connect('c3', third, local)]).toEqual([local, local]);
    a.ask({ type: 'tcp.listen', socket: 'own', local });
    expect((await a.next('tcp.listening')).local).toEqual(local);
    await b.connect('back', local);
    expect(await a.next('tcp.accepted')).toMatchObject({ listener: 'own', local });
    const fourth = await b.listen('s4', ground.address.b);
    a.ask({ type: 'tcp.connect', socket: 'late', to: fourth, local });
    expect(await a.ended('late')).toEqual(['address-in-use']);
    for (const [n, socket] of ['c1', 'c2', 'c3', 'own/1'].entries()) a.write(socket, n);
    expect(await Promise.all(['s1/1', 's2/1', 's3/1', 'back'].map((socket) => b.read(socket, 1)))).toEqual([0, 1, 2, 3].map((n) => Uint8Array.of(n)));
  });

  test('refuses a second connection between the same two ends', async () => {
    const { a, server } = await pair();
    const local = await a.connect('first', server, { host: ground.address.a, port: 0 });
    a.ask({ type: 'tcp.connect', socket: 'twin', to: server, local });
    expect(await a.ended('twin')).toEqual(['address-in-use']);
  });

  test.each([{ limit: 2 }, { perHost: 2 }])('accepts no more than its limit at once, and another when one has ended: %o', async (limits) => {
    const [a, b] = [ground.join('a'), ground.join('b')];
    const to = await b.listen('s', ground.address.b, limits);
    for (const socket of ['c1', 'c2']) await a.connect(socket, to);
    a.ask({ type: 'tcp.connect', socket: 'c3', to });
    expect(await a.ended('c3')).toHaveLength(1);
    a.ask({ type: 'close', socket: 'c1' });
    await b.ended('s/1');
    // The place is free a moment after the end is heard.
    for (let n = 4; b.heard('tcp.accepted').length < 3; n += 1) {
      await a.connect(`c${n}`, to);
      a.write(`c${n}`, 1);
      await Promise.race([b.next('tcp.received'), a.ended(`c${n}`)]);
    }
    expect(b.heard('tcp.accepted').map(({ socket }) => socket)).toEqual(['s/1', 's/2', 's/3']);
  });

  test('closes an accepted connection that is idle, and only that', async () => {
    const [a, b] = [ground.join('a'), ground.join('b')];
    const quick = await b.listen('quick', ground.address.b, { idleMs: 50 });
    const slow = await b.listen('slow', ground.address.b, { idleMs: 60_000 });
    for (const [socket, to] of [['idle', quick], ['busy', slow]] as const) await a.connect(socket, to);
    expect([await b.ended('quick/1'), await a.ended('idle')]).toEqual([['closed'], ['closed']]);
    a.write('busy', 1);
    await b.read('slow/1', 1);
    expect(b.heard('tcp.closed')).toHaveLength(1);
    expect([...a.heard('tcp.closed', 'busy'), ...a.heard('net.failed'), ...b.heard('net.failed')]).toEqual([]);
  });

  test('closes an accepted connection at the end of its life, however busy it is', async () => {
    const [a, b] = [ground.join('a'), ground.join('b')];
    await a.connect('busy', await b.listen('s', ground.address.b, { lifeMs: 100, idleMs: 60_000 }));
    for (let n = 1; b.heard('tcp.closed').length === 0; n += 1) {
      a.write('busy', 1);
      await b.eventually(() => b.heard('tcp.received').length >= n || b.heard('tcp.closed').length > 0, `piece no. ${n}`);
    }
    expect(b.heard('tcp.received').length).toBeGreaterThan(1);
    expect([await b.ended('s/1'), (await a.ended('busy')).length]).toEqual([['closed'], 1]);
  });

  test('gives a connection up for which more than the limit would wait, and both ends hear one end', async () => {
    const { a, b } = await pair();
    a.ask({ type: 'tcp.send', socket: 'a', data: new Uint8Array(TCP_QUEUE_BYTES + 1) });
    expect(await a.next('net.failed')).toMatchObject({ effect: 'tcp.send', socket: 'a', code: 'exhausted', detail: expect.stringContaining('a') });
    expect([await a.ended('a'), (await b.ended('s/1')).length]).toEqual([['exhausted'], 1]);
    a.write('a', 1);
    expect((await a.next('net.failed', { nth: 2 })).code).toBe('no-such-socket');
  });

  test('counts small sends too, which cost more memory than they hold, and gives up one too many', async () => {
    const [a, b] = [ground.join('a'), ground.join('b')];
    const to = await b.listen('s', ground.address.b);
    a.ask({ type: 'tcp.connect', socket: 'full', to }, { type: 'tcp.connect', socket: 'over', to });
    // None can leave before the connection is up.
    for (let n = 0; n < TCP_QUEUE_SENDS; n += 1) a.write('full', n & 255);
    for (let n = 0; n <= TCP_QUEUE_SENDS; n += 1) a.write('over', n & 255);
    expect(await a.ended('over')).toEqual(['exhausted']);
    await b.next('tcp.received');
    expect(await b.read(b.heard('tcp.received')[0]?.socket ?? '', TCP_QUEUE_SENDS)).toEqual(Uint8Array.from({ length: TCP_QUEUE_SENDS }, (_, n) => n & 255));
    expect(a.heard('net.failed')).toHaveLength(1);
  });

  test('ends every connection the moment it is unsubscribed, frees its ports, and reports nothing from then on', async () => {
    const { a, b, server } = await pair();
    b.ask({ type: 'tcp.connect', socket: 'half', to: server });
    const before = b.events.length;
    b.stop();
    const heir = ground.join('b');
    heir.ask({ type: 'tcp.listen', socket: 's', local: server });
    expect((await heir.next('tcp.listening')).local).toEqual(server);
    expect(await a.ended('a')).toEqual(['closed']);
    expect(b.events).toHaveLength(before);
  });
}
