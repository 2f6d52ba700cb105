/** What strangers can do to the n4 server: nothing to those who wait, and nothing to its memory that is not bounded. Pure transitions. */
import { expect, test } from 'vitest';
import { LIMITS } from '../../machines/n4/clients.ts';
import { ServerBench } from './n4-server.ts';
import { runs } from '../runs.ts';

/** More than there is room for. */
const MANY = runs(10_000, 5_000);
/** Of one host, which may have far fewer. */
const SOME = runs(10_000, 1_000);

const A = '198.18.1.2';
const B = '198.18.2.2';

test.each([
  ['a second HELLO', { type: 'hello', ident: 'n4n4n4' }],
  ['a server’s READY', { type: 'ready' }],
  ['a server’s PEERINFO', { type: 'peerinfo', peer: { host: '203.0.113.9', port: 53 } }],
  ['an EXCHANGE over TCP', { type: 'exchange', ident: 'n4n4n4' }],
  ['a PUNCH', { type: 'punch', ident: 'n4n4n4' }],
] as const)('%s ends the connection of the client that says it', (_, message) => {
  const server = new ServerBench().hello('a').says('a', message);
  expect([server.told, server.memory.clients.size, server.memory.rooms.size]).toEqual([['close a'], 0, 0]);
});

test('datagrams that are not an awaited EXCHANGE change nothing, whoever sends them', () => {
  const server = new ServerBench().hello('a').hello('b');
  const before = server.memory;
  for (const message of [{ type: 'hello', ident: 'n4n4n4' }, { type: 'ready' }, { type: 'punch', ident: 'n4n4n4' }, { type: 'exchange', ident: 'other' }] as const) {
    server.send({ ...message, socket: 'udp', from: { host: A, port: 9 }, at: server.now });
    expect(server.told).toEqual([]);
  }
  server.send({ type: 'net.unreadable', socket: 'udp', from: { host: A, port: 9 }, at: server.now, reason: 'junk' });
  expect(server.memory).toBe(before);
});

test('EXCHANGEs of an address without a client are kept for an ident that waits, two of them, and go with it', () => {
  const server = new ServerBench();
  for (let n = 1; n < 100; n += 1) server.exchange(`203.0.113.${n}`, n);
  expect(server.memory.strays.size).toBe(0);
  server.hello('a').hello('b');
  for (let n = 1; n < 100; n += 1) server.exchange(`203.0.113.${n}`, n);
  expect([...server.memory.strays.shards].flatMap((shard) => [...(shard?.values() ?? [])])).toEqual([[expect.anything(), expect.anything()]]);
  server.exchange(A, 1).exchange(B, 2);
  expect(server.memory.strays.size).toBe(0);
});

test('an address of IPv6 is told to nobody: PEERINFO has no room for it', () => {
  const server = new ServerBench().hello('a', 'n4n4n4', '2001:db8::1').hello('b', 'n4n4n4', '2001:db8::2');
  expect(server.exchange('2001:db8::1', 1).exchange('2001:db8::2', 2).told).toEqual([]);
});

test('thousands of half-open clients of one host push out each other and nobody else', () => {
  const server = new ServerBench().hello('a').connect('b');
  for (let n = 0; n < SOME; n += 1) server.connect(`x${n}`, '203.0.113.9');
  expect(server.memory.silent.order).toHaveLength(LIMITS.silent.perHost + 1);
  expect(server.memory.clients.size).toBe(LIMITS.silent.perHost + 2);
  expect(server.hello('b').told).toEqual(['ready > a', 'ready > b']);
  server.advance(15_000);
  expect(server.memory.silent.order).toEqual([]);
});

test('thousands of half-open clients of as many hosts are no more than the limit, and those who wait stay', () => {
  const server = new ServerBench().hello('a');
  for (let n = 0; n < 3 * SOME; n += 1) server.connect(`x${n}`, `10.${n >> 8}.${n & 255}.1`);
  expect(server.memory.clients.size).toBe(LIMITS.silent.total + 1);
  expect(server.hello('b').told).toEqual(['ready > a', 'ready > b']);
});

test('a host that names thousands of idents holds 64 places, and not one of another host’s', () => {
  const server = new ServerBench().hello('a');
  for (let n = 0; n < SOME; n += 1) server.hello(`x${n}`, `i${n}`, '203.0.113.9');
  expect([server.memory.rooms.size, server.memory.clients.size]).toEqual([LIMITS.known.perHost + 1, LIMITS.known.perHost + 1]);
  expect(server.hello('b').told).toEqual(['ready > a', 'ready > b']);
});

test('thousands of hosts, each with an ident, fill it, are then turned away, and those who wait are still joined', () => {
  const server = new ServerBench().hello('a');
  for (let n = 0; n < MANY; n += 1) server.hello(`x${n}`, `i${n}`, `10.${n >> 8}.${n & 255}.1`);
  expect(server.told).toEqual([`close x${MANY - 1}`]);
  expect(server.memory.clients.size).toBe(LIMITS.known.total);
  expect(server.hello('b').told).toEqual(['ready > a', 'ready > b']);
  expect(server.exchange(A, 1).exchange(B, 2).told.slice(0, 2)).toEqual([`${A}:1 > b`, `${B}:2 > a`]);
});

test('clients that come and go leave nothing behind', () => {
  const server = new ServerBench();
  for (let n = 0; n < 500; n += 1) {
    const [one, other] = [`x${n}`, `y${n}`];
    server.hello(one, 'n4n4n4', A).hello(other, 'n4n4n4', B);
    if (n % 3 === 0) server.gone(one).gone(other);
    else if (n % 3 === 1) server.exchange(A, n).gone(one).gone(other);
    else server.exchange(A, n).exchange(B, n);
    server.now += 1_000;
  }
  const { clients, silent, known, rooms, turns, unseen, strays, taken } = server.memory;
  expect([clients, rooms, turns, unseen, strays, silent.byNetwork, known.byNetwork].map(({ size }) => size)).toEqual([0, 0, 0, 0, 0, 0, 0]);
  expect([silent.order, known.order]).toEqual([[], []]);
  expect(taken.length).toBeLessThan(5);
});
