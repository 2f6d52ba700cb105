/** The rendezvous's memory where peers say what their next ports will be: told at once, told its age, and no lever for anybody. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Register } from '../../machines/udp-punch/messages.ts';
import { House, registration } from './room-guests.ts';
import { COUNTING, RANDOM, STEADY } from './punch-peer.ts';

/** Two that have met in their first round. */
function paired(): House {
  const house = new House();
  house.register('a');
  house.register('b');
  return house;
}

describe('a forecast from a fresh port', () => {
  test.each([COUNTING, RANDOM])('is told at once to the other, which is in the round before: %j', (forecast) => {
    const house = paired();
    expect(house.register('a2', 100, { forecast })).toEqual(['a: b1 at port 5001', 'b: a2 at port 5002']);
  });

  test.each([STEADY, { kind: 'unknown' }] as const)('that is none is not: it waits until the other comes too: %j', (forecast) => {
    expect(paired().register('a2', 100, { forecast })).toEqual(['a: mapped']);
  });

  test('is answered by another, and by the round after that', () => {
    const house = paired();
    house.register('a2', 100, { forecast: COUNTING });
    expect(house.register('b2', 200, { forecast: COUNTING })).toEqual(['b: a2 at port 5002', 'a: b2 at port 5002']);
    expect(house.register('b3', 300, { forecast: COUNTING })).toEqual(['b: a2 at port 5002', 'a: b3 at port 5003']);
    expect(house.register('a3', 400, { forecast: COUNTING })).toEqual(['a: b3 at port 5003', 'b: a3 at port 5003']);
  });

  test('of one who never met the other waits like any', () => {
    const house = new House();
    house.register('a');
    house.register('a2', 100, { forecast: COUNTING });
    expect(house.register('b', 200)).toEqual(['b: a2 at port 5002', 'a: b1 at port 5001']);
  });

  test('does not take the introduction from a third that came meanwhile', () => {
    const house = paired();
    expect(house.register('c', 50, { forecast: COUNTING })).toEqual(['c: room-full']);
  });
});

describe('the age of a registration', () => {
  const ages = (house: House, who: string, at: number, more: Partial<Register> = {}): number[] =>
    house.admit(registration(who, at, more)).replies.flatMap(({ message }) => (message.type === 'introduced' ? [message.peer.ageMs] : []));

  test('is told of the other, and is none of one that has just come', () => {
    const house = new House();
    house.register('a', 1_000);
    expect(ages(house, 'b', 1_250)).toEqual([250, 0]);
  });

  test('is that of its first sight, for a repetition shows no new port; a new round starts anew', () => {
    const house = paired();
    expect(ages(house, 'a', 500)).toEqual([500, 500]);
    expect(ages(house, 'a2', 700, { forecast: COUNTING })).toEqual([700, 0]);
    expect(ages(house, 'a2', 750, { forecast: COUNTING })).toEqual([750, 50]);
  });
});

test('whoever registers is told what is known of its mapping', () => {
  const house = paired();
  const known = (mapping: Register['mapping']): unknown => house.admit(registration('a', 10, { mapping })).replies.map(({ message }) => ('known' in message ? message.known : undefined));
  expect(known('same')).toEqual(['same', 'unknown']);
});

test('one registration is answered by one datagram, and tells the other by at most one: whatever is forecast in which round', () => {
  const forecast = fc.constantFrom(COUNTING, RANDOM, STEADY, { kind: 'unknown' as const });
  const course = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 1, max: 40 }), forecast), { maxLength: 60 });
  fc.assert(fc.property(course, (acts) => {
    const house = new House();
    let now = 0;
    for (const [who, round, said] of acts) {
      now += 50;
      const request = registration(`${who}${round}`, now, { forecast: said });
      const { replies } = house.admit(request);
      expect(replies.length).toBeLessThanOrEqual(2);
      expect(replies.slice(0, 1).every(({ to }) => to.host === request.from.host && to.port === request.from.port)).toBe(true);
      expect(replies.slice(1).every(({ to, message }) => to.host !== request.from.host && message.type === 'introduced')).toBe(true);
    }
  }), { numRuns: 300 });
});

test('a peer that forecasts without end does not keep the other from being answered, nor a place from being given', () => {
  const house = paired();
  for (let round = 2; round < 200; round += 1) {
    house.register(`a${round}`, 40 * round, { forecast: COUNTING });
    const [own] = house.register('b', 40 * round + 10);
    expect(own).toBe(`b: a${round} at port ${5000 + round}`);
  }
});
