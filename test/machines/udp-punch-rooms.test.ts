/** The rendezvous's memory as a value: who is introduced to whom, and for how long a place is kept. */
import { describe, expect, test } from 'vitest';
import { dismiss, sweep } from '../../machines/udp-punch/rooms.ts';
import { ALTERNATE, hex, House, registration } from './room-guests.ts';

describe('two peers', () => {
  test('the first is told where it is seen, and of the other port', () => {
    const house = new House();
    const { replies, news } = house.admit(registration('a'));
    expect(replies).toEqual([
      { socket: 'main', to: { host: '10.0.0.97', port: 5001 }, message: { type: 'mapped', txid: hex('a/1', 12), to: hex('a', 8), mapped: { host: '10.0.0.97', port: 5001 }, alternate: ALTERNATE, known: 'unknown' } },
    ]);
    expect(news?.what).toBe('room-opened');
  });

  test('the second is introduced to it, and it to the second, each under its own transaction', () => {
    const house = new House();
    house.register('a', 0, { candidates: [{ host: '192.168.1.2', port: 5000 }], mapping: 'same' });
    const { replies, news } = house.admit(registration('b', 5, { socket: 'alternate' }));
    expect(news?.what).toBe('paired');
    expect(replies).toMatchObject([
      {
        socket: 'alternate',
        to: { host: '10.0.0.98' },
        message: { type: 'introduced', txid: hex('b/1', 12), to: hex('b', 8), mapped: { host: '10.0.0.98', port: 5001 }, alternate: ALTERNATE },
      },
      {
        socket: 'main',
        to: { host: '10.0.0.97' },
        message: { type: 'introduced', txid: hex('a/1', 12), to: hex('a', 8), mapped: { host: '10.0.0.97', port: 5001 }, peer: { id: hex('b', 8), round: 1 } },
      },
    ]);
    expect(replies[0]?.message).toMatchObject({
      peer: { id: hex('a', 8), round: 1, mapping: 'same', endpoints: [{ host: '10.0.0.97', port: 5001 }, { host: '192.168.1.2', port: 5000 }] },
    });
  });

  test('a candidate that is the observed address is told once', () => {
    const house = new House();
    house.register('a', 0, { candidates: [{ host: '10.0.0.97', port: 5001 }] });
    expect(house.admit(registration('b')).replies[0]?.message).toMatchObject({ peer: { endpoints: [{ host: '10.0.0.97', port: 5001 }] } });
  });

  test('in other rooms do not meet', () => {
    const house = new House();
    house.register('a');
    expect(house.register('b', 0, { room: hex('another', 32) })).toEqual(['b: mapped']);
  });

  test('a registration without a room is not answered', () => {
    expect(new House().register('a', 0, { room: undefined })).toEqual([]);
  });
});

describe('a repetition', () => {
  test('of one who is alone gets the same answer, and is no news', () => {
    const house = new House();
    const first = house.admit(registration('a'));
    const again = house.admit(registration('a', 500));
    expect(again.replies).toEqual(first.replies);
    expect(again.news).toBeUndefined();
    expect(again.memory.rooms.size).toBe(1);
    expect(again.memory.hosts).toEqual(first.memory.hosts);
  });

  test('after the introduction tells both again, for whom it was lost, and is no news', () => {
    const house = new House();
    house.register('a');
    const first = house.register('b');
    expect(first).toEqual(['b: a1 at port 5001', 'a: b1 at port 5001']);
    expect(house.register('b', 150)).toEqual(first);
    expect(house.admit(registration('a', 200)).news).toBeUndefined();
    expect(house.register('a', 250)).toEqual(['a: b1 at port 5001', 'b: a1 at port 5001']);
  });

  test('at the same time as before changes nothing at all', () => {
    const house = new House();
    house.register('a');
    house.register('b');
    const before = house.rooms;
    house.register('b');
    expect(house.rooms).toEqual(before);
  });

  test('from another port says where the peer is now', () => {
    const house = new House();
    house.register('a');
    house.register('b');
    const from = { host: '10.0.0.98', port: 7000 };
    expect(house.register('b', 100, { from })).toEqual(['b: a1 at port 5001', 'a: b1 at port 7000']);
  });
});

describe('the next round', () => {
  test('of one peer waits for that of the other, and is not introduced to the round before', () => {
    const house = new House();
    house.register('a');
    house.register('b');
    expect(house.register('a2', 2000)).toEqual(['a: mapped']);
    expect(house.register('b2', 2100)).toEqual(['b: a2 at port 5002', 'a: b2 at port 5002']);
  });

  test('of one peer is told to the other when that one asks again in its own round', () => {
    const house = new House();
    house.register('a');
    house.register('b');
    house.register('a2', 2000);
    expect(house.register('b', 2100)).toEqual(['b: a2 at port 5002', 'a: b1 at port 5001']);
    expect(house.register('b2', 2200)).toEqual(['b: mapped']);
    expect(house.register('a2', 2300)).toEqual(['a: b2 at port 5002', 'b: a2 at port 5002']);
  });

  test('is news once', () => {
    const house = new House();
    house.register('a');
    house.register('b');
    house.register('a2');
    expect(house.admit(registration('b2')).news?.what).toBe('paired');
    expect(house.admit(registration('b2')).news).toBeUndefined();
    expect(house.admit(registration('a2')).news).toBeUndefined();
  });

  test('is not undone by a registration of the round before that arrives late', () => {
    const house = new House();
    house.register('a');
    house.register('a2', 100);
    house.register('a', 110);
    expect(house.register('b', 200)).toContain('b: a2 at port 5002');
  });
});

describe('a third', () => {
  test('is refused, and the two are not told', () => {
    const house = new House();
    house.register('a');
    house.register('b');
    expect(house.register('c', 100)).toEqual(['c: room-full']);
    expect(house.register('a', 200)).toEqual(['a: b1 at port 5001', 'b: a1 at port 5001']);
  });

  test('is taken in when one of the two has been silent for 15 s', () => {
    const house = new House();
    house.register('a');
    house.register('b');
    house.register('b', 10_000);
    expect(house.register('c', 14_999)).toEqual(['c: room-full']);
    expect(house.register('c', 15_000)).toEqual(['c: mapped']);
    expect(house.register('b', 15_100)).toEqual(['b: c1 at port 5001', 'c: b1 at port 5001']);
  });

  test('takes an empty room when both have been silent', () => {
    const house = new House();
    house.register('a');
    house.register('b');
    expect(house.register('c', 15_000)).toEqual(['c: mapped']);
    expect(house.register('d', 15_001)).toEqual(['d: c1 at port 5001', 'c: d1 at port 5001']);
  });

  test('takes the place of one who has left', () => {
    const house = new House();
    house.register('a');
    house.register('b');
    house.rooms = dismiss(house.rooms, registrationOf('a'));
    expect(house.register('c')).toEqual(['c: mapped']);
    expect(house.register('b')).toEqual(['b: c1 at port 5001', 'c: b1 at port 5001']);
  });
});

describe('leaving', () => {
  test('the last one takes the room along', () => {
    const house = new House();
    house.register('a');
    house.register('b');
    for (const who of ['a', 'b']) house.rooms = dismiss(house.rooms, registrationOf(who));
    expect([house.rooms.rooms.size, house.rooms.hosts.size]).toEqual([0, 0]);
  });

  test('a stranger, another room, or twice: nothing happens', () => {
    const house = new House();
    house.register('a');
    for (const leave of [registrationOf('x'), { ...registrationOf('a'), room: hex('another', 32) }, { ...registrationOf('a'), room: undefined }]) {
      expect(dismiss(house.rooms, leave)).toBe(house.rooms);
    }
    const left = dismiss(house.rooms, registrationOf('a'));
    expect(dismiss(left, registrationOf('a'))).toBe(left);
  });

  test('the one who opened: the room is still counted to its address until the other goes too', () => {
    const house = new House();
    house.register('a');
    house.register('b');
    house.rooms = dismiss(house.rooms, registrationOf('a'));
    expect(house.rooms.hosts.size).toBe(1);
    house.rooms = dismiss(house.rooms, registrationOf('b'));
    expect(house.rooms.hosts.size).toBe(0);
  });
});

describe('sweeping', () => {
  test('forgets those who have been silent for 15 s, and rooms in which nobody is left', () => {
    const house = new House();
    house.register('a');
    house.register('b', 5_000);
    house.register('c', 6_000, { room: hex('another', 32) });
    expect(sweep(house.rooms, 14_999)).toEqual(house.rooms);
    house.rooms = sweep(house.rooms, 15_000);
    expect(house.rooms.rooms.size).toBe(2);
    expect(house.register('b', 15_001)).toEqual(['b: mapped']);
    expect(sweep(house.rooms, 21_000).rooms.size).toBe(1);
    const empty = sweep(house.rooms, 100_000);
    expect([empty.rooms.size, empty.hosts.size]).toEqual([0, 0]);
  });

  test('finds every room that an address has opened, also when its place was taken meanwhile', () => {
    const house = new House();
    house.register('a');
    house.register('b', 30_000);
    house.rooms = sweep(house.rooms, 100_000);
    expect(house.rooms.rooms.size).toBe(0);
    expect(house.rooms.hosts.size).toBe(0);
  });
});

function registrationOf(who: string): { type: 'leave'; txid: string; room: string | undefined; peer: string } {
  const { txid, room, peer } = registration(who);
  return { type: 'leave', txid, room, peer };
}
