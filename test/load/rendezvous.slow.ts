/**
 * One rendezvous, a thousand rooms, and two hundred thousand datagrams that it should not have been sent, all on real
 * loopback sockets. The rendezvous is a process of its own, so that its memory can be told.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sameEndpoint } from '../../effects/endpoint.ts';
import { LIMITS } from '../../machines/udp-punch/rooms.ts';
import { Crowd, type Pair } from './crowd.ts';
import { anyJunk, JUNK_KINDS } from './junk.ts';
import { type Figures, type RendezvousChild, startRendezvous } from './rendezvous-child.ts';
import { type Storm, storm } from './stranger.ts';

const ROOMS = 1_000;
const JUNK = 200_000;
/** A multiple of the kinds of junk, so that each port sends one kind. */
const STRANGERS = 64;
const SEED = 7;
/** Four times what was measured. */
const HEAP_GROWTH_LIMIT_MIB = 8;

let rendezvous: RendezvousChild;
let crowd: Crowd;
let strangers: Storm;
let pairs: readonly Pair[];
let before: Figures;
let open: Figures;
let after: Figures;

beforeAll(async () => {
  rendezvous = await startRendezvous();
  crowd = new Crowd(rendezvous.port, ROOMS);
  strangers = await storm(rendezvous.port, STRANGERS);
  before = await rendezvous.collectedFigures();
  const marks = [performance.now()];
  const flood = strangers.send(JUNK, (n) => anyJunk(SEED, n));
  await crowd.openRooms();
  marks.push(performance.now());
  open = await rendezvous.collectedFigures();
  pairs = await crowd.pair();
  marks.push(performance.now());
  await flood;
  marks.push(performance.now());
  after = await rendezvous.collectedFigures();
  console.info(report(marks));
}, 90_000);

afterAll(async () => {
  strangers?.close();
  await crowd?.close();
  await rendezvous?.stop();
}, 30_000);

test('a thousand rooms that are open at once all pair and confirm, under a flood', () => {
  expect(open.paired).toEqual([]);
  expect(open.rooms).toBeGreaterThanOrEqual(ROOMS);
  expect(pairs).toHaveLength(ROOMS);
});

test('nobody is connected to anyone but the other peer of the same room', () => {
  const crossed = pairs.filter(({ host, guest }) => !sameEndpoint(host.peer, guest.local) || !sameEndpoint(guest.peer, host.local));
  expect(crossed).toEqual([]);
  expect(new Set(after.paired)).toEqual(new Set(pairs.map(({ room }) => room)));
});

test('strangers who do not prove their addresses open no more rooms than the limit for such', () => {
  expect(after.everOpened).toBeGreaterThan(ROOMS);
  expect(after.everOpened).toBeLessThanOrEqual(ROOMS + LIMITS.roomsUnproven);
  expect(after.peakRooms).toBeLessThanOrEqual(ROOMS + LIMITS.roomsUnproven);
});

test('broken datagrams are not answered', () => {
  expect(ofKind('random', 'truncated', 'flipped').filter(({ heard }) => heard > 0)).toEqual([]);
});

test('no port hears more than it has said', () => {
  expect(ofKind('spoofed').filter(({ heard }) => heard === 0)).toEqual([]);
  expect([...strangers.sources, strangers.asker].filter(({ heard, sent, heardBytes, sentBytes }) => heard > sent || heardBytes > sentBytes)).toEqual([]);
});

test('a flood leaves nothing behind in the heap of the rendezvous', () => {
  expect(mib(after.heapBytes - before.heapBytes)).toBeLessThan(HEAP_GROWTH_LIMIT_MIB);
});

function ofKind(...kinds: (typeof JUNK_KINDS)[number][]): Storm['sources'] {
  return strangers.sources.filter((_, n) => kinds.includes(JUNK_KINDS[n % JUNK_KINDS.length]!));
}

function report(marks: readonly number[]): string {
  const [opening = 0, pairing = 0, rest = 0] = marks.slice(1).map((mark, i) => (mark - marks[i]!) / 1000);
  const spoofed = ofKind('spoofed');
  const sum = (bytes: readonly number[]): string => mib(bytes.reduce((total, one) => total + one, 0)).toFixed(1);
  return [
    `${ROOMS} rooms opened in ${opening.toFixed(1)} s, paired in ${pairing.toFixed(1)} s; ${JUNK} junk datagrams, the last ${rest.toFixed(1)} s later`,
    `rendezvous: heap ${[before, open, after].map(({ heapBytes }) => mib(heapBytes).toFixed(1)).join(' > ')} MiB, ` +
      `resident ${[before, open, after].map(({ rssBytes }) => mib(rssBytes).toFixed(0)).join(' > ')} MiB (idle > rooms open > after), ` +
      `${((after.cpuMs - before.cpuMs) / 1000).toFixed(1)} s of processor, at most ${after.peakRooms} rooms`,
    `spoofed registrations: ${sum(spoofed.map(({ sentBytes }) => sentBytes))} MiB said, ${sum(spoofed.map(({ heardBytes }) => heardBytes))} MiB heard; ` +
      `${strangers.repeats()} questions asked again`,
  ].join('\n');
}

function mib(bytes: number): number {
  return bytes / 1024 / 1024;
}
