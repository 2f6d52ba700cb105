/**
 * One n4 server, 10,000 TCP clients of one address that say nothing, as many of forty, as many that name an ident each, and
 * junk, all on real loopback sockets; and two who have waited for each other meanwhile. The server is a process of its own, so that its memory can be told.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Client, crowd, dial, packet } from './n4-client.ts';
import { startStunServer, type StunChild, type StunFigures } from './stun-child.ts';

const CLIENTS = 10_000;
const JUNK = 20_000;
/** Four times what was measured: while 10,000 connections that it has ended wait for their other ends, and once they are gone. */
const FLOODED_LIMIT_MIB = 104;
const HEAP_GROWTH_LIMIT_MIB = 8;

let server: StunChild;
let port: number;
const open: Socket[] = [];
const figures: StunFigures[] = [];

beforeAll(async () => {
  server = await startStunServer(new URL('n4-process.ts', import.meta.url));
  port = server.opened['tcp']?.port ?? 0;
  figures.push(await server.collectedFigures());
}, 60_000);

afterAll(async () => {
  for (const socket of open) socket.destroy();
  const last = figures.map(({ heapBytes, rssBytes, cpuMs }) => `heap ${mib(heapBytes)} MiB, resident ${mib(rssBytes)} MiB, processor ${(cpuMs / 1000).toFixed(1)} s`);
  console.info(['n4 server: idle, half-open clients, idents, junk', ...last].join('\n  '));
  await server?.stop();
}, 30_000);

async function isServed(who: string): Promise<void> {
  const pair = [new Client(port, '127.0.2.1', who), new Client(port, '127.0.2.2', who)] as const;
  const [one, other] = await Promise.all([pair[0].meet(), pair[1].meet()]);
  expect([one.peer, other.peer]).toEqual([other.own, one.own]);
}

test('those who wait are joined, and those who come are served, while one host connects 10,000 times and says nothing', { timeout: 60_000 }, async () => {
  const meeting = new Client(port, '127.0.1.1', 'wait-0').meet();
  open.push(...(await crowd(port, CLIENTS, () => '127.0.0.3')));
  await isServed('new-0');
  const [one, other] = await Promise.all([meeting, new Client(port, '127.0.1.2', 'wait-0').meet()]);
  expect([one.peer, other.peer]).toEqual([other.own, one.own]);
  for (const socket of open.splice(0)) socket.destroy();
});

test('the same while 10,000 of forty hosts are half open', { timeout: 60_000 }, async () => {
  const waiting = new Client(port, '127.0.1.1', 'wait-1');
  const meeting = waiting.meet();
  open.push(...(await crowd(port, CLIENTS, forty)));
  await isServed('new-1');
  const [one, other] = await Promise.all([meeting, new Client(port, '127.0.1.2', 'wait-1').meet()]);
  expect([one.peer, other.peer]).toEqual([other.own, one.own]);
  figures.push(await server.collectedFigures());
  for (const socket of open.splice(0)) socket.destroy();
});

test('the same while 10,000 name an ident each', { timeout: 60_000 }, async () => {
  const meeting = new Client(port, '127.0.1.1', 'wait-2').meet();
  open.push(...(await crowd(port, CLIENTS, forty, (n) => packet(1, n.toString(36)))));
  await isServed('new-2');
  const [one, other] = await Promise.all([meeting, new Client(port, '127.0.1.2', 'wait-2').meet()]);
  expect([one.peer, other.peer]).toEqual([other.own, one.own]);
  figures.push(await server.collectedFigures());
  for (const socket of open.splice(0)) socket.destroy();
});

test('the same under junk by UDP', { timeout: 60_000 }, async () => {
  const stranger = createSocket('udp4');
  stranger.bind(0, '127.0.0.9');
  await once(stranger, 'listening');
  const meeting = new Client(port, '127.0.1.1', 'wait-3').meet();
  const junk = [Buffer.alloc(0), Buffer.from('3'), packet(9, 'wait-3'), packet(3, 'other'), packet(3, 'wait-3'), Buffer.alloc(1_400, 3)];
  for (let n = 0; n < JUNK; n += 200) {
    await Promise.all(Array.from({ length: 200 }, (_, i) => new Promise<void>((resolve) => stranger.send(junk[(n + i) % junk.length] ?? '', port, '127.0.0.1', () => resolve()))));
  }
  await isServed('new-3');
  const [one, other] = await Promise.all([meeting, new Client(port, '127.0.1.2', 'wait-3').meet()]);
  expect([one.peer, other.peer]).toEqual([other.own, one.own]);
  figures.push(await server.collectedFigures());
  stranger.close();
});

test.each([
  ['an oversized HELLO', Buffer.concat([packet(1, 'over'), Buffer.from([0])])],
  ['another protocol', Buffer.from('GET / HTTP/1.0\r\n\r\n')],
  ['a wrong command', packet(7, 'wrong')],
  ['what belongs to UDP', packet(3, 'udp')],
])('%s ends the connection', async (_, words) => {
  const socket = dial(port, '127.0.0.7');
  socket.write(words);
  socket.resume();
  await once(socket, 'end');
  socket.destroy();
});

test('a HELLO in pieces is one', async () => {
  const socket = dial(port, '127.0.0.8');
  socket.resume();
  for (const byte of packet(1, 'pieces')) await new Promise<void>((resolve) => socket.write(Buffer.from([byte]), () => resolve()));
  const partner = new Client(port, '127.0.1.2', 'pieces').meet();
  await once(socket, 'data');
  sendExchange('127.0.0.8', 'pieces');
  const { peer } = await partner;
  expect(peer).toMatch(/^127\.0\.0\.8:/);
  socket.destroy();
});

test('its heap is bounded in a flood, and keeps nothing of it', () => {
  const [idle, halfOpen, idents, after] = figures.map(({ heapBytes }) => heapBytes / 1024 / 1024) as [number, number, number, number];
  expect(Math.max(halfOpen, idents) - idle).toBeLessThan(FLOODED_LIMIT_MIB);
  expect(after - idle).toBeLessThan(HEAP_GROWTH_LIMIT_MIB);
});

function forty(n: number): string {
  return `127.0.4.${1 + (n % 40)}`;
}

function sendExchange(from: string, ident: string): void {
  const udp = createSocket('udp4');
  udp.bind(0, from, () => udp.send(packet(3, ident), port, '127.0.0.1', () => udp.close()));
}

function mib(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}
