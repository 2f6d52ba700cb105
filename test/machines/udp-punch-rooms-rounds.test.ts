/**
 * Two peers, three rounds each, every order of their registrations and every loss: whoever keeps asking is introduced in the
 * end to the newest endpoint of the other. Exhaustive where that is small, by chance where it is not.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Arrival } from '../../effects/net-actor.ts';
import type { Register } from '../../machines/udp-punch/messages.ts';
import { dismiss, sweep } from '../../machines/udp-punch/rooms.ts';
import { hex, House, registration } from './room-guests.ts';

const COUNTING = { kind: 'counting', step: 1, perSecond: 0, rttMs: 40 } as const;

type Name = 'a' | 'b';

/** What one peer does, and whether the datagram and its answers arrive. */
interface Act {
  readonly who: Name;
  /** Its next round, or its newest registration again. */
  readonly what: 'next' | 'again';
  readonly arrives: boolean;
}

/** Both peers as they see it: the newest introduction that each has received for its newest registration. */
class Pair {
  readonly house = new House();
  readonly rounds = { a: 0, b: 0 };
  readonly heard: Record<Name, string | undefined> = { a: undefined, b: undefined };
  now = 0;
  /** Who says in each later round which its next ports will be. */
  readonly forecasting: readonly Name[];

  constructor(forecasting: readonly Name[] = []) {
    this.forecasting = forecasting;
  }

  act({ who, what, arrives }: Act, answersArrive: (to: Name) => boolean): void {
    this.now += 100;
    if (what === 'next' && this.rounds[who] < 3) {
      this.rounds[who] += 1;
      this.heard[who] = undefined;
    }
    if (this.rounds[who] === 0 || !arrives) return;
    for (const { to, message } of this.house.admit(this.newest(who)).replies) {
      const name: Name = to.host === this.newest('a').from.host ? 'a' : 'b';
      const isCurrent = this.rounds[name] > 0 && 'txid' in message && message.txid === this.newest(name).txid;
      if (message.type === 'introduced' && isCurrent && answersArrive(name)) {
        this.heard[name] = `round ${message.peer.round} at port ${message.peer.endpoints[0]?.port}`;
      }
    }
  }

  newest(who: Name): Register & Arrival {
    const isForecast = this.rounds[who] > 1 && this.forecasting.includes(who);
    return registration(`${who}${this.rounds[who]}`, this.now, isForecast ? { forecast: COUNTING } : {});
  }

  /** Both ask again, twice, and nothing is lost. */
  settle(): void {
    for (let n = 0; n < 2; n += 1) for (const who of ['a', 'b'] as const) this.act({ who, what: 'again', arrives: true }, () => true);
  }

  expectMet(): void {
    const { a, b } = this.rounds;
    expect(this.heard).toEqual({ a: `round ${b} at port ${5000 + b}`, b: `round ${a} at port ${5000 + a}` });
  }
}

describe('whoever keeps asking', () => {
  test('meets: every order of three rounds each, every loss of what they send', () => {
    let count = 0;
    for (const order of interleavings(3, 3)) {
      for (let losses = 0; losses < 64; losses += 1) {
        const pair = new Pair();
        order.forEach((who, n) => pair.act({ who, what: 'next', arrives: ((losses >> n) & 1) === 0 }, () => true));
        pair.settle();
        pair.expectMet();
        count += 1;
      }
    }
    expect(count).toBe(20 * 64);
  });

  test.each([[[]], [['a']], [['a', 'b']]] as const)('meets: every order, every loss of the introductions, when %j forecast', (forecasting) => {
    for (const order of interleavings(3, 3)) {
      for (let losses = 0; losses < 64; losses += 1) {
        const pair = new Pair(forecasting);
        let answers = 0;
        for (const who of order) pair.act({ who, what: 'next', arrives: true }, () => ((losses >> answers++ % 6) & 1) === 0);
        pair.settle();
        pair.expectMet();
      }
    }
  });

  test('meets: any course of rounds, repetitions and losses', () => {
    const act = fc.record({ who: fc.constantFrom<Name>('a', 'b'), what: fc.constantFrom('next' as const, 'again' as const), arrives: fc.boolean() });
    const course = fc.array(fc.tuple(act, fc.boolean(), fc.boolean()), { maxLength: 30 });
    fc.assert(
      fc.property(course, fc.subarray<Name>(['a', 'b']), (acts, forecasting) => {
        const pair = new Pair(forecasting);
        for (const [one, toA, toB] of acts) pair.act(one, (to) => (to === 'a' ? toA : toB));
        for (const who of ['a', 'b'] as const) if (pair.rounds[who] === 0) pair.act({ who, what: 'next', arrives: true }, () => true);
        pair.settle();
        pair.expectMet();
      }),
      { numRuns: 400 },
    );
  });

  test('meets: registrations of earlier rounds arriving late, in any order', () => {
    const late = fc.array(fc.tuple(fc.constantFrom<Name>('a', 'b'), fc.integer({ min: 1, max: 3 })), { maxLength: 12 });
    fc.assert(
      fc.property(late, (datagrams) => {
        const pair = new Pair();
        Object.assign(pair.rounds, { a: 3, b: 3 });
        for (const [who, round] of datagrams) pair.house.admit(registration(`${who}${round}`, pair.now));
        pair.settle();
        pair.expectMet();
      }),
    );
  });

  test('is introduced to nobody but the other: a third that comes and goes changes nothing', () => {
    const course = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'a2', 'b2', 'leave c', 'sweep'), fc.nat(8_000)), { maxLength: 25 });
    fc.assert(
      fc.property(course, (acts) => {
        const house = new House();
        let now = 0;
        for (const [act, pause] of acts) {
          now += pause;
          if (act === 'sweep') house.rooms = sweep(house.rooms, now);
          else if (act === 'leave c') house.rooms = dismiss(house.rooms, { type: 'leave', txid: '', room: hex('room', 32), peer: hex('c', 8) });
          else {
            for (const { message } of house.admit(registration(act, now)).replies) {
              if (message.type === 'introduced') expect(message.peer.id).not.toBe(message.to);
            }
          }
          expect(house.rooms.rooms.size).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});

/** Every order of `a` times 'a' and `b` times 'b'. */
function interleavings(a: number, b: number): Name[][] {
  if (a === 0 && b === 0) return [[]];
  return [
    ...(a > 0 ? interleavings(a - 1, b).map((rest): Name[] => ['a', ...rest]) : []),
    ...(b > 0 ? interleavings(a, b - 1).map((rest): Name[] => ['b', ...rest]) : []),
  ];
}
