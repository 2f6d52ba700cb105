/** Virtual time: deadlines met exactly, in order, and cancelled timers never. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../adapters/sim/index.ts';

describe('the virtual clock', () => {
  test('fires timers in order of their deadlines, equal ones in the order they were set', () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    clock.setTimeout(() => fired.push('late'), 20);
    clock.setTimeout(() => fired.push('first of two'), 10);
    clock.setTimeout(() => fired.push('second of two'), 10);
    clock.runUntil(100);
    expect(fired).toEqual(['first of two', 'second of two', 'late']);
  });

  test('stands exactly at each deadline while its timer fires, nested ones too', () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    clock.setTimeout(() => {
      seen.push(clock.now());
      clock.setTimeout(() => seen.push(clock.now()), 5);
    }, 10);
    clock.setTimeout(() => seen.push(clock.now()), 12);
    clock.runUntil(1000);
    expect(seen).toEqual([10, 12, 15]);
    expect(clock.now()).toBe(1000);
  });

  test('never fires inside the call that sets a timer, not even without delay', () => {
    const clock = new VirtualClock();
    let fired = 0;
    for (const delay of [0, -5, Number.NaN]) clock.setTimeout(() => (fired += 1), delay);
    expect(fired).toBe(0);
    clock.runUntil(0);
    expect(fired).toBe(3);
    expect(clock.now()).toBe(0);
  });

  test('steps to one deadline at a time and says when there is none left', () => {
    const clock = new VirtualClock();
    clock.setTimeout(() => {}, 3);
    clock.setTimeout(() => {}, 7);
    expect([clock.next(), clock.step(), clock.now()]).toEqual([3, true, 3]);
    expect([clock.next(), clock.step(), clock.now()]).toEqual([7, true, 7]);
    expect([clock.next(), clock.step(), clock.now()]).toEqual([undefined, false, 7]);
  });

  test('runs until a predicate holds and no further, or says that it never did', () => {
    const clock = new VirtualClock();
    let ticks = 0;
    const tick = (): void => {
      ticks += 1;
      if (ticks < 10) clock.setTimeout(tick, 1);
    };
    tick();
    expect(clock.runUntil(() => ticks === 4)).toBe(true);
    expect(clock.now()).toBe(3);
    expect(clock.runUntil(() => ticks === 100)).toBe(false);
  });

  test('fires what is due at the very end of a run, and nothing after it', () => {
    const clock = new VirtualClock();
    const fired: number[] = [];
    for (const at of [9, 10, 11]) clock.setTimeout(() => fired.push(at), at);
    clock.runUntil(10);
    expect(fired).toEqual([9, 10]);
  });

  test('keeps an infinite delay for ever without running to it', () => {
    const clock = new VirtualClock();
    clock.setTimeout(() => expect.unreachable(), Infinity);
    expect(clock.runUntil(() => false)).toBe(false);
    expect(clock.pending).toBe(1);
  });

  test('passes on what a timer throws, and goes on with the next', () => {
    const clock = new VirtualClock();
    let fired = false;
    clock.setTimeout(() => {
      throw new Error('a bug');
    }, 1);
    clock.setTimeout(() => (fired = true), 2);
    expect(() => clock.runUntil(5)).toThrow('a bug');
    clock.runUntil(5);
    expect(fired).toBe(true);
  });

  test('forgets a cancelled timer; cancelling twice, late, or nothing does no harm', () => {
    const clock = new VirtualClock();
    const timer = clock.setTimeout(() => expect.unreachable(), 5);
    const other = clock.setTimeout(() => {}, 1);
    clock.clearTimeout(timer);
    clock.clearTimeout(timer);
    clock.clearTimeout(undefined);
    expect(clock.pending).toBe(1);
    clock.runUntil(10);
    clock.clearTimeout(other);
    expect(clock.pending).toBe(0);
  });

  test('agrees with a sorted list whatever is set and cancelled', () => {
    const plan = fc.array(fc.record({ delay: fc.integer({ min: 0, max: 50 }), cancels: fc.boolean() }), { maxLength: 400 });
    fc.assert(
      fc.property(plan, (entries) => {
        const clock = new VirtualClock();
        const fired: number[] = [];
        const timers = entries.map(({ delay }, i) => clock.setTimeout(() => fired.push(i), delay));
        timers.forEach((timer, i) => entries[i]!.cancels && clock.clearTimeout(timer));
        const kept = entries.map(({ delay, cancels }, i) => ({ delay, cancels, i })).filter(({ cancels }) => !cancels);
        expect(clock.pending).toBe(kept.length);
        clock.runUntil(100);
        expect(fired).toEqual(kept.toSorted((one, other) => one.delay - other.delay || one.i - other.i).map(({ i }) => i));
      }),
    );
  });
});
