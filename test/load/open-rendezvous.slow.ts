/**
 * One tcp-open rendezvous on real loopback sockets, and thousands who mean no good or go no further: silent, slow, broken, and
 * five thousand rooms; and two who have waited for each other meanwhile. It is a process of its own, so that its memory can be told.
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chance } from '../../effects/seed.ts';
import { openRendezvousCodec } from '../../machines/tcp-open/index.ts';
import { LIMITS } from '../../machines/tcp-open/rooms.ts';
import { crowd } from './n4-client.ts';
import { OpenGuest } from './open-guest.ts';
import { startStunServer, type StunChild, type StunFigures } from './stun-child.ts';

const CLIENTS = 10_000;
const ROOMS = 5_000;
/** Four times what was measured: while the most connections are held, and once all of them are gone. */
const FLOODED_LIMIT_MIB = 190;
const HEAP_GROWTH_LIMIT_MIB = 8;
/** It looks for those who never register now and then. */
const LET_GO_MS = 2 * LIMITS.silentMs;
const ASKED_MS = 5_000;

const timeout = 90_000;
const REGISTRATION = openRendezvousCodec().encode({ type: 'register', txid: '1'.repeat(24), room: '2'.repeat(64), peer: '3'.repeat(16), candidates: [] });

let server: StunChild;
let port: number;
let open: Socket[] = [];
const figures: { readonly when: string; readonly told: StunFigures }[] = [];

beforeAll(async () => {
  server = await startStunServer(new URL('open-process.ts', import.meta.url));
  port = server.opened['tcp']?.port ?? 0;
  await note('idle');
}, 60_000);

afterAll(async () => {
  release();
  console.info(['tcp-open rendezvous', ...figures.map(({ when, told }) => `${when}: heap ${mib(told.heapBytes)} MiB, resident ${mib(told.rssBytes)} MiB, processor ${(told.cpuMs / 1000).toFixed(1)} s`)].join('\n  '));
  await server?.stop();
}, 30_000);

test('who waits is served, and who comes, while one host connects 10,000 times and says nothing', { timeout }, async () => {
  const waiting = await someoneWaits(1);
  open = await crowd(port, CLIENTS, () => '127.0.0.3');
  await isServed(waiting, 1);
  // All beyond the part of one network were let go at once.
  await expect.poll(() => open.filter(({ readableEnded, destroyed }) => readableEnded || destroyed).length, { timeout: LET_GO_MS }).toBeGreaterThanOrEqual(CLIENTS - LIMITS.connectionsPerNetwork);
  release();
});

test('the same while 10,000 of forty hosts are silent, or send a registration by the byte that never ends, and are let go in time', { timeout }, async () => {
  const waiting = await someoneWaits(2);
  open = await crowd(port, CLIENTS, forty);
  for (let at = 0; at < 8; at += 1) {
    for (const socket of open.slice(0, CLIENTS / 2)) socket.write(REGISTRATION.subarray(at, at + 1));
    await isServed(await someoneWaits(40 + at), 40 + at);
  }
  await isServed(waiting, 2);
  await note('10,000 silent or slow');
  await areLetGo();
});

test('the same while 5,000 speak something else, each of whom is hung up on', { timeout }, async () => {
  const waiting = await someoneWaits(3);
  open = await crowd(port, CLIENTS / 2, forty, junk);
  await isServed(waiting, 3);
  await areLetGo();
});

test('five thousand rooms at once: all are introduced, each to its own', { timeout }, async () => {
  const guests: OpenGuest[] = [];
  const enter = async (n: number, side: number): Promise<OpenGuest> => {
    const guest = guestOf(100 + n, side, `127.0.${5 + side}.${1 + (n % 40)}`);
    guests.push(guest);
    await guest.register(1, roomOf(100 + n)).hear(side === 1 ? 'mapped' : 'introduced');
    return guest;
  };
  await inBatches(ROOMS, (n) => enter(n, 1));
  await note(`${ROOMS} rooms`);
  await inBatches(ROOMS, (n) => enter(n, 2));
  for (const [n, guest] of guests.entries()) {
    const { peer } = await guest.hear('introduced');
    expect(peer.id).toBe(peerOf(100 + (n % ROOMS), n < ROOMS ? 2 : 1));
  }
  for (const guest of guests) guest.close();
});

test('its heap is bounded under all of them, and keeps nothing', { timeout }, async () => {
  await expect.poll(async () => (await server.collectedFigures()).heapBytes / 1_048_576 - idleMib(), { timeout: LET_GO_MS, interval: 1_000 }).toBeLessThan(HEAP_GROWTH_LIMIT_MIB);
  await note('after all');
  expect(Math.max(...figures.map(({ told }) => told.heapBytes)) / 1_048_576 - idleMib()).toBeLessThan(FLOODED_LIMIT_MIB);
});

const roomOf = (n: number): string => n.toString(16).padStart(64, '0');
const peerOf = (n: number, side: number): string => (2 * n + side).toString(16).padStart(16, '0');

function guestOf(n: number, side: number, from: string): OpenGuest {
  return new OpenGuest({ host: '127.0.0.1', port }, { peer: peerOf(n, side), from });
}

async function someoneWaits(n: number): Promise<OpenGuest> {
  const guest = guestOf(n, 1, '127.0.1.1').register(1, roomOf(n));
  await guest.hear('mapped');
  return guest;
}

/** The other one comes, and both are told of each other. */
async function isServed(waiting: OpenGuest, n: number): Promise<void> {
  const other = guestOf(n, 2, '127.0.1.2').register(1, roomOf(n));
  const [one, two] = await Promise.all([waiting.hear('introduced'), other.hear('introduced')]);
  expect([one.peer.id, two.peer.id]).toEqual([peerOf(n, 2), peerOf(n, 1)]);
  waiting.close();
  other.close();
}

/** Where the queue of its listener was full its kernel may know nothing of a connection that ours holds for made; a byte shows that. */
async function areLetGo(): Promise<void> {
  const left = open.filter((socket) => !socket.readableEnded && !socket.destroyed);
  await Promise.all(left.map((socket) => isOver(socket, LET_GO_MS).catch(() => isOver(asked(socket), ASKED_MS))));
  release();
}

function asked(socket: Socket): Socket {
  socket.write(Buffer.of(0));
  return socket;
}

async function isOver(socket: Socket, withinMs: number): Promise<void> {
  await once(socket, 'end', { signal: AbortSignal.timeout(withinMs) }).catch(() => expect(socket.destroyed).toBe(true));
}

function release(): void {
  for (const socket of open.splice(0)) socket.destroy();
}

async function note(when: string): Promise<void> {
  figures.push({ when, told: await server.collectedFigures() });
}

function idleMib(): number {
  return (figures[0]?.told.heapBytes ?? 0) / 1_048_576;
}

/** Each kind in its turn: another protocol, a changed registration, a message of peers, and noise. */
function junk(n: number): Uint8Array {
  const bytes = REGISTRATION.slice();
  const bit = Math.floor(chance(7, n) * bytes.length * 8);
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  const indication = Buffer.concat([Buffer.from([0, 0x11]), REGISTRATION.subarray(2)]);
  return [Buffer.from('GET / HTTP/1.1\r\n\r\n'), bytes, indication, Buffer.alloc(600, n & 255)][n % 4] ?? bytes;
}

function forty(n: number): string {
  return `127.0.4.${1 + (n % 40)}`;
}

async function inBatches(count: number, visit: (n: number) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < count; at += 250) await Promise.all(Array.from({ length: Math.min(250, count - at) }, (_, n) => visit(at + n)));
}

function mib(bytes: number): string {
  return (bytes / 1_048_576).toFixed(1);
}
