/** What the rendezvous's memory withstands: too many rooms, names of others as source, floods, and answers as weapons. */
import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../../effects/endpoint.ts';
import { fromHex } from '../../effects/wire/bytes.ts';
import { chance } from '../../effects/seed.ts';
import { encodeStun } from '../../effects/wire/stun.ts';
import { peerCodec, REGISTER_SIZE, rendezvousCodec } from '../../machines/udp-punch/codec.ts';
import { CANDIDATE_LIMIT } from '../../machines/rendezvous/bytes.ts';
import type { PunchMessage, Register } from '../../machines/udp-punch/messages.ts';
import { entries } from '../../machines/persistent-map.ts';
import { runs } from '../runs.ts';
import { admit, LIMITS, noRooms, type Rooms, sweep } from '../../machines/udp-punch/rooms.ts';
import { hex, House, registration, SEED } from './room-guests.ts';

/** Only sizes matter to most limits, so rooms are made without registrations. */
function crowded({ rooms, host }: { rooms: number; host?: number }): House {
  const { rooms: empty } = new House();
  return new House({ rooms: { ...empty.rooms, size: rooms }, hosts: host === undefined ? empty.hosts : hostsWith('10.0.0.97', host) });
}

function hostsWith(name: string, count: number): Rooms['hosts'] {
  const { hosts } = admit(noRooms(SEED), registration('a'), undefined).memory;
  return { ...hosts, shards: hosts.shards.map((shard) => shard && new Map([[name, count]])) };
}

describe('too many rooms', () => {
  test('a new one is refused when the rendezvous is full, but whoever has one is served', () => {
    const house = crowded({ rooms: LIMITS.rooms - 1 });
    expect(house.register('a', 0, { proven: true })).toEqual(['a: mapped']);
    expect(house.register('b', 0, { room: hex('new', 32), proven: true })).toEqual(['b: busy']);
    expect(house.register('b', 0)).toEqual(['b: a1 at port 5001', 'a: b1 at port 5001']);
  });

  test('one address may open a quarter of them, and join any', () => {
    const house = crowded({ rooms: 0, host: LIMITS.roomsPerHost });
    expect(house.register('a')).toEqual(['a: busy']);
    expect(house.register('b')).toEqual(['b: mapped']);
    expect(house.register('a')).toEqual(['a: b1 at port 5001', 'b: a1 at port 5001']);
  });

  test('an IPv6 address counts as its /64, which one customer has to itself', () => {
    const house = new House();
    const open = (host: string, n: number): string | undefined =>
      house.admit(registration('a', 0, { room: hex(`room ${n}`, 32), proven: true, from: { host, port: 1 } })).replies[0]?.message.type;
    for (let n = 0; n < LIMITS.roomsPerHost; n += 1) open(`2001:db8:0:1::${(n + 1).toString(16)}`, n);
    expect(open('2001:db8:0:1:ffff::1', 5000)).toBe('refused');
    expect(open('2001:db8:0:2::1', 5001)).toBe('mapped');
  });

  test('a refusal keeps nothing', () => {
    const house = crowded({ rooms: LIMITS.rooms });
    const before = house.rooms;
    house.register('a');
    expect(house.rooms).toBe(before);
  });
});

describe('from 1,024 rooms on', () => {
  test('a new room must prove its address first, which keeps nothing either', () => {
    const house = crowded({ rooms: LIMITS.roomsUnproven });
    const before = house.rooms;
    expect(house.register('a')).toEqual(['a: challenged']);
    expect(house.rooms).toBe(before);
    expect(crowded({ rooms: LIMITS.roomsUnproven - 1 }).register('a')).toEqual(['a: mapped']);
  });

  test('whoever has proved it gets one, and the challenge itself holds no secret', () => {
    const house = crowded({ rooms: LIMITS.roomsUnproven });
    expect(house.admit(registration('a')).replies).toEqual([
      { socket: 'main', to: { host: '10.0.0.97', port: 5001 }, message: { type: 'challenged', txid: hex('a/1', 12), to: hex('a', 8) } },
    ]);
    expect(house.register('a', 0, { nonce: 'what a machine of ours never sees' })).toEqual(['a: challenged']);
    expect(house.register('a', 0, { proven: true })).toEqual(['a: mapped']);
  });

  test('whoever joins a room needs no proof', () => {
    const house = crowded({ rooms: LIMITS.roomsUnproven });
    house.register('a', 0, { proven: true });
    expect(house.register('b')).toEqual(['b: a1 at port 5001', 'a: b1 at port 5001']);
  });
});

const REGISTRATIONS = runs(50_000, 10_000);

test('thousands of registrations by chance leave no more than the limits, and nothing after a sweep', { timeout: 20_000 }, () => {
  const house = new House();
  const most = { rooms: 0, hosts: 0 };
  for (let n = 0; n < REGISTRATIONS; n += 1) {
    const random = Math.floor(chance(7, n) * 0x1_0000);
    const from = { host: `10.0.${random >> 8}.${random & 255}`, port: 1024 + (n % 50) };
    const room = hex(`${(n * 7) % 40_000}`, 32);
    const request = registration('a', n, { room, peer: hex(`${random & 3}`, 8), txid: hex(`${n}`, 12), from });
    const [reply] = house.admit(request).replies;
    if (reply?.message.type === 'challenged' && n % 3 > 0) house.admit({ ...request, proven: true });
    if (n % 5_000 === 0) house.rooms = sweep(house.rooms, n);
    most.rooms = Math.max(most.rooms, house.rooms.rooms.size);
    most.hosts = Math.max(most.hosts, house.rooms.hosts.size);
  }
  expect(most.rooms).toBeGreaterThan(LIMITS.roomsUnproven);
  expect(most.rooms).toBeLessThanOrEqual(LIMITS.rooms);
  expect(most.hosts).toBeLessThanOrEqual(most.rooms);
  for (const [, { members }] of entries(house.rooms.rooms)) expect(members.length).toBeLessThanOrEqual(2);
  const swept = sweep(house.rooms, 100_000);
  expect([swept.rooms.size, swept.hosts.size]).toEqual([0, 0]);
});

describe('bytes', () => {
  const V6: readonly Endpoint[] = Array.from({ length: CANDIDATE_LIMIT }, (_, n) => ({ host: `2001:db8::${n + 1}:1`, port: 1000 + n }));
  const codec = rendezvousCodec('the secret of a test');

  /** A registration on the wire, then what is answered on the wire; in bytes. */
  function exchange(house: House, data: Uint8Array, at: { from: Endpoint; socket: string; at: number }): [asked: number, answered: number] {
    const decoded = codec.decode(data, at.from);
    if (decoded.kind !== 'message' || decoded.message.type !== 'register') return [data.length, 0];
    const { replies } = house.admit({ ...decoded.message, ...at }, { host: '2001:db8::ffff', port: 3479 });
    return [data.length, replies.reduce((sum, { to, message }) => sum + codec.encode(message, to).length, 0)];
  }

  test('all answers to a registration together are no longer than it, with six IPv6 addresses on either side', () => {
    const house = new House();
    const peer = peerCodec('room');
    const ask = (name: string, round: number): [number, number] => {
      const { room: _, ...message } = registration(`${name}${round}`, 0, { candidates: V6, mapping: 'varies', forecast: { kind: 'random', first: 1024, last: 65_535 }, nonce: 'ab'.repeat(8) });
      return exchange(house, peer.encode(message), { from: { host: `2001:db8::${name}`, port: 5000 + round }, socket: 'main', at: 0 });
    };
    for (const [asked, answered] of [ask('a', 1), ask('b', 1), ask('b', 1), ask('a', 2), ask('b', 2), ask('c', 1)]) {
      expect(asked).toBe(REGISTER_SIZE);
      expect(answered).toBeLessThanOrEqual(asked);
    }
    expect(Math.max(...[ask('a', 2), ask('b', 2)].map(([, answered]) => answered))).toBe(584);
  });

  test('of a challenge and of every refusal too', () => {
    const busy = crowded({ rooms: LIMITS.rooms });
    const strict = crowded({ rooms: LIMITS.roomsUnproven });
    const { room: _, ...message } = registration('a');
    for (const house of [busy, strict]) {
      const [asked, answered] = exchange(house, peerCodec('room').encode(message), { from: V6[0]!, socket: 'main', at: 0 });
      expect(answered).toBeGreaterThan(0);
      expect(answered).toBeLessThan(asked);
    }
  });

  test('a registration without its filling is not answered', () => {
    const house = new House();
    const { room: _, ...first } = registration('a', 0, { candidates: V6 });
    exchange(house, peerCodec('room').encode(first), { from: V6[0]!, socket: 'main', at: 0 });
    const [asked, answered] = exchange(house, unfilled(registration('b')), { from: { host: '2001:db8::b', port: 1 }, socket: 'main', at: 0 });
    expect([asked, answered]).toEqual([80, 0]);
  });

  /** A registration in the room `room` as somebody else's program might write it: ROOM, MEMBER, FINGERPRINT. */
  function unfilled({ txid, peer }: Register): Uint8Array {
    const sent = codec.decode(peerCodec('room').encode(registration('a', 0, { room: undefined })));
    const { room = '' } = (sent.kind === 'message' ? sent.message : {}) as Extract<PunchMessage, { type: 'register' }>;
    const member = new Uint8Array(12);
    member.set(fromHex(peer)!);
    member[8] = 1;
    const attributes = [{ type: 'unknown', code: 0xc7e0, value: fromHex(room)! }, { type: 'unknown', code: 0xc7e1, value: member }] as const;
    return encodeStun({ class: 'request', method: 1, transactionId: fromHex(txid)!, attributes }, { fingerprint: true });
  }
});
