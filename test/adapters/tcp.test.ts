/** TCP on real sockets against peers that are no natpunch: crowds, resets, peers that do not read or never end. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Subject } from 'rxjs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { nodeNet } from '../../adapters/node/net.ts';
import { startListener } from '../../adapters/node/tcp-listener.ts';
import { type Connection, write } from '../../adapters/node/tcp-stream.ts';
import type { Endpoint } from '../../effects/endpoint.ts';
import { type NetEffect, type NetEvent, TCP_QUEUE_SENDS } from '../../effects/net.ts';
import { Party } from './party.ts';
import { until } from './real-time.ts';

const LOOPBACK = '127.0.0.1';
let party: Party;
let others: (Socket | Server)[];

beforeEach(() => {
  party = new Party(nodeNet(), until);
  others = [];
});
afterEach(() => {
  vi.useRealTimers();
  party.stop();
  for (const other of others) {
    if ('destroy' in other) other.destroy();
    else other.close();
  }
});

test('closes a thousand connections beyond its limit unannounced, and serves the ten within it', async () => {
  const { port } = await party.listen('s', LOOPBACK, { limit: 10 });
  const first = await Promise.all(Array.from({ length: 10 }, () => connected(port)));
  let ended = 0;
  for (let batch = 0; batch < 10; batch += 1) {
    for (let n = 0; n < 100; n += 1) dial(port).on('close', () => void (ended += 1));
    await until(() => ended === (batch + 1) * 100, 'the end of those beyond the limit');
  }
  first.forEach((socket) => socket.write('x'));
  await party.next('tcp.received', { nth: 10 });
  expect(party.events.map(({ type }) => type).toSorted()).toEqual([...Array<string>(10).fill('tcp.accepted'), 'tcp.listening', ...Array<string>(10).fill('tcp.received')]);
});

test('lets in as many of one address as it may, whatever that address does, and everybody else', async () => {
  const { port } = await party.listen('s', LOOPBACK, { perHost: 3 });
  const greedy = await Promise.all(Array.from({ length: 50 }, () => connected(port)));
  const isOver = greedy.map(closing);
  await party.next('tcp.accepted', { nth: 3 });
  const others = await Promise.all(['127.0.0.2', '127.0.0.3', '127.0.0.3'].map((from) => connected(port, from)));
  others.forEach((socket) => socket.write('x'));
  await party.next('tcp.received', { nth: 3 });
  await until(() => greedy.filter(({ destroyed }) => destroyed).length === 47, 'the end of 47');
  expect(party.heard('tcp.accepted').map(({ peer }) => peer.host).toSorted()).toEqual([...Array<string>(3).fill(LOOPBACK), '127.0.0.2', '127.0.0.3', '127.0.0.3']);
  greedy.forEach((socket) => socket.destroy());
  await Promise.all(isOver);
  await until(() => party.heard('tcp.closed').length === 3, 'the end of the others');
  (await connected(port)).write('x');
  await party.next('tcp.received', { nth: 4 });
});

test('reports a reset in the middle once, at the end that accepted and at the end that connected', async () => {
  const { port } = await party.listen('s', LOOPBACK);
  const caller = await connected(port);
  caller.write('x');
  await party.next('tcp.received');
  caller.resetAndDestroy();
  expect(await party.next('net.failed')).toMatchObject({ effect: 'tcp.listen', socket: 's/1', code: 'reset', to: { host: LOOPBACK } });

  const { at, peer } = await serve();
  await party.connect('c', at);
  (await peer).resetAndDestroy();
  expect(await party.next('net.failed', { socket: 'c' })).toMatchObject({ effect: 'tcp.connect', code: 'reset', to: at, detail: expect.stringContaining('broke') });
  await party.connect('after', await party.listen('other', LOOPBACK));
  expect([party.heard('tcp.closed'), party.heard('net.failed').length]).toEqual([[], 2]);
});

test('is not troubled by connections that are reset before they are accepted', async () => {
  const { port } = await party.listen('s', LOOPBACK);
  for (let n = 0; n < 50; n += 1) dial(port).on('connect', function reset(this: Socket) {
    this.resetAndDestroy();
  });
  const ends = (): number => party.heard('tcp.closed').length + party.heard('net.failed').length;
  const last = await connected(port);
  last.write('x');
  await party.next('tcp.received');
  await until(() => ends() === party.heard('tcp.accepted').length - 1, 'one end for each but the last');
  expect(party.heard('net.failed').every(({ code, socket }) => code === 'reset' && socket.startsWith('s/'))).toBe(true);
});

test('gives a connection up whose peer does not read, before much memory is used', async () => {
  const { at, peer } = await serve();
  await party.connect('c', at);
  (await peer).pause();
  const data = new Uint8Array(65_536);
  let sent = 0;
  // What the system itself holds of a stream is its to say: some MiB.
  for (; party.heard('net.failed').length === 0 && sent < 1_024; sent += 1) {
    party.ask({ type: 'tcp.send', socket: 'c', data });
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(party.heard('net.failed')).toMatchObject([{ effect: 'tcp.send', socket: 'c', code: 'exhausted', to: at }]);
  expect(sent).toBeLessThan(1_024);
  const gone = closing(await peer);
  (await peer).resume();
  await gone;
  expect(await party.ended('c')).toHaveLength(1);
});

test('counts only sends that wait, not those that the system has taken', async () => {
  const { at, peer } = await serve();
  const socket = await connected(at.port);
  const connection: Connection = { label: 'c', socket, origin: 'tcp.connect', peer: at, isUp: true, waiting: 0, asked: { bytes: 0, sends: 0 }, hush: () => undefined };
  const count = 3 * TCP_QUEUE_SENDS;
  for (let n = 0; n < count; n += 1) expect(write(connection, Uint8Array.of(1))).toBe(true);
  await until(() => connection.waiting === 0, 'the end of what waited');
  let arrived = 0;
  (await peer).on('data', (data) => {
    arrived += data.length;
  });
  await until(() => arrived === count, 'all bytes');
});

test('lets go of a closed connection whose peer never ends its side, after ten seconds', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { at, peer } = await serve();
  await party.connect('c', at);
  const silent = await peer;
  silent.resume();
  party.ask({ type: 'close', socket: 'c' });
  await once(silent, 'end');
  silent.write('still here');
  vi.advanceTimersByTime(9_999);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(1);
  // The one that is gone answers what still comes with a reset.
  const broken = closing(silent);
  const nagging = setInterval(() => silent.write('hello?'), 1);
  await broken;
  clearInterval(nagging);
  expect(party.events.map(({ type }) => type)).toEqual(['tcp.connected']);
});

test('sets no timer that outlives a connection which ends in order', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { port } = await party.listen('s', LOOPBACK);
  const caller = await connected(port);
  party.ask({ type: 'close', socket: 's/1' });
  await closing(caller);
  await until(() => vi.getTimerCount() === 0, 'the end of the timer');
  const impatient = await connected(port);
  impatient.end();
  await party.next('tcp.closed');
  await until(() => vi.getTimerCount() === 0, 'the end of the timer');
});

test('says once that a listener cannot accept, until it has accepted again', async () => {
  const heard: string[] = [];
  const server = startListener({ type: 'tcp.listen', socket: 's', local: { host: LOOPBACK, port: 0 } }, {
    listening: ({ port }) => {
      dial(port);
    },
    accepted: (socket) => {
      heard.push('accepted');
      others.push(socket);
    },
    refused: ({ code }) => heard.push(`refused ${code}`),
    stuck: ({ code }) => heard.push(`stuck ${code}`),
  });
  others.push(server);
  await until(() => heard.length === 1, 'a connection');
  // As Node does when the system has nothing left to accept with.
  const full = Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' });
  for (let n = 0; n < 3; n += 1) server.emit('error', full);
  expect(heard).toEqual(['accepted', 'stuck exhausted']);
  const bound = server.address();
  await connected(bound !== null && typeof bound !== 'string' ? bound.port : 0);
  await until(() => heard.length === 3, 'another connection');
  server.emit('error', full);
  expect(heard).toEqual(['accepted', 'stuck exhausted', 'accepted', 'stuck exhausted']);
});

test('sends an answer that is asked at once, to a peer that has already ended its side, but not for ever', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const effects = new Subject<NetEffect>();
  const events: NetEvent[] = [];
  const timers: number[] = [];
  const subscription = nodeNet()(effects).subscribe((event) => {
    events.push(event);
    timers.push(vi.getTimerCount());
    if (event.type === 'tcp.received') effects.next({ type: 'tcp.send', socket: event.socket, data: event.data });
  });
  effects.next({ type: 'tcp.listen', socket: 's', local: { host: LOOPBACK, port: 0 } });
  await until(() => events.length === 1, 'a listener');
  const caller = dial(events[0]?.type === 'tcp.listening' ? events[0].local.port : 0);
  caller.end('request');
  const [answer] = await once(caller, 'data');
  expect(String(answer)).toBe('request');
  await until(() => events.length === 4, 'the end');
  expect(events.map(({ type }) => type)).toEqual(['tcp.listening', 'tcp.accepted', 'tcp.received', 'tcp.closed']);
  expect(timers).toEqual([0, 0, 0, 1]);
  subscription.unsubscribe();
});

test('reports destinations without a route, and addresses of the other family', async () => {
  const local = { host: LOOPBACK, port: 0 };
  // From loopback there is no way out, whatever this host's routes are.
  const nowhere = ['198.51.100.1', '255.255.255.255', '224.0.0.1'];
  party.ask(...nowhere.map((host, n): NetEffect => ({ type: 'tcp.connect', socket: `c${n}`, to: { host, port: 9 }, local })));
  expect(await Promise.all(nowhere.map((_, n) => party.ended(`c${n}`)))).toEqual(nowhere.map(() => ['unreachable']));
  party.ask({ type: 'tcp.connect', socket: 'six', to: { host: '::1', port: 9 }, local });
  expect(await party.next('net.failed', { socket: 'six' })).toMatchObject({ code: 'unreachable', detail: expect.stringContaining('IPv4') });
});

test('carries IPv6, and both families on one wildcard port', async () => {
  party.ask({ type: 'tcp.listen', socket: 'six', local: { host: '::', port: 0 } });
  await until(() => party.events.length === 1, 'an answer for IPv6');
  const answer = party.events[0];
  // A host without IPv6 says so.
  if (answer?.type === 'net.failed') return expect(answer.code).toMatch(/unsupported|address-not-available/);
  const { port } = (await party.next('tcp.listening')).local;
  party.ask({ type: 'tcp.listen', socket: 'four', local: { host: '0.0.0.0', port } });
  await party.next('tcp.listening', { socket: 'four' });
  party.ask({ type: 'tcp.connect', socket: 'c6', to: { host: '::1', port } }, { type: 'tcp.connect', socket: 'c4', to: { host: LOOPBACK, port } });
  await party.next('tcp.accepted', { nth: 2 });
  expect(party.heard('tcp.accepted').map(({ listener, local }) => [listener, local.host]).toSorted()).toEqual([['four', LOOPBACK], ['six', '::1']]);
});

test('throws nothing at TCP effects that are none, and stamps what it says with its clock', async () => {
  const stamped = new Party(nodeNet({ now: () => 42 }), until);
  await stamped.listen('s', LOOPBACK);
  const broken = [{ type: 'tcp.send', socket: 's' }, { type: 'tcp.send', socket: 'c' }, { type: 'tcp.connect', socket: 'c' }, { type: 'tcp.listen', socket: 'l' }] as unknown as NetEffect[];
  stamped.ask(...broken, ...[Number.NaN, Infinity].map((idleMs): NetEffect => ({ type: 'tcp.listen', socket: 'l', local: { host: LOOPBACK, port: 0 }, idleMs })));
  await stamped.next('net.failed', { nth: 6 });
  expect(new Set(stamped.events.map(({ at }) => at))).toEqual(new Set([42]));
  stamped.stop();
});

function dial(port: number, from = LOOPBACK): Socket {
  const socket = connect({ host: LOOPBACK, port, localAddress: from });
  // The other end may go at any moment, which is the test's wish.
  socket.on('error', () => socket.destroy());
  others.push(socket);
  return socket.resume();
}

/** Unlike `once`, at home with an error before it. */
function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => void socket.once('close', () => resolve()));
}

async function connected(port: number, from?: string): Promise<Socket> {
  const socket = dial(port, from);
  await once(socket, 'connect');
  return socket;
}

/** A server that never ends its side by itself, and the first peer that comes. */
async function serve(): Promise<{ readonly at: Endpoint; readonly peer: Promise<Socket> }> {
  const server = createServer({ allowHalfOpen: true });
  others.push(server);
  const peer = new Promise<Socket>((resolve) => {
    server.on('connection', (socket) => {
      socket.on('error', () => socket.destroy());
      others.push(socket);
      resolve(socket);
    });
  });
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a server without a port');
  return { at: { host: LOOPBACK, port: address.port }, peer };
}
