/** The arithmetic of sweeps: closed forms against counting out, and against figures worked out elsewhere. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aimAt, birthday, birthdaySize, bothAtRandom, poisson, rowMet } from '../../machines/port-odds.ts';

const USABLE = 64_512;

/** Every way to choose `count` of the numbers below `of`, as sets of bits. */
function choices(of: number, count: number): number[] {
  return Array.from({ length: 2 ** of }, (_, bits) => bits).filter((bits) => bits.toString(2).replaceAll('0', '').length === count);
}

describe('ports held by one side and tried by the other', () => {
  test.each([[175, 0.5], [577, 0.9], [977, 0.98], [1_148, 0.99], [1_715, 0.999]])('256 held and %d tried meet with odds of %d', (tried, odds) => {
    expect(birthday(256, tried, USABLE)).toBeCloseTo(odds, 2);
  });

  test('543 of each meet in 99 of 100 cases, 600 in 99.6', () => {
    expect(birthday(543, 543, USABLE)).toBeCloseTo(0.99, 3);
    expect(birthday(600, 600, USABLE)).toBeCloseTo(0.996, 3);
    expect(birthday(64, 128, 2_048)).toBeCloseTo(0.985, 2);
  });

  test('meet as often as counting out says, for every small number', () => {
    for (let ports = 1; ports <= 9; ports += 1) {
      for (let held = 0; held <= ports; held += 1) {
        for (let tried = 0; tried <= ports; tried += 1) {
          const holds = 2 ** held - 1;
          const all = choices(ports, tried);
          expect(birthday(held, tried, ports)).toBeCloseTo(all.filter((bits) => (bits & holds) !== 0).length / all.length, 10);
        }
      }
    }
  });

  test('the size for given odds is the least that has them', () => {
    fc.assert(fc.property(fc.integer({ min: 2, max: USABLE }), fc.double({ min: 0.01, max: 0.999, noNaN: true }), (ports, odds) => {
      const size = birthdaySize(odds, ports, ports);
      expect(birthday(size, size, ports)).toBeGreaterThanOrEqual(odds);
      if (size > 1) expect(birthday(size - 1, size - 1, ports)).toBeLessThan(odds);
    }));
    expect(birthdaySize(0.996, USABLE, 600)).toBeLessThanOrEqual(600);
    expect(birthdaySize(0.996, USABLE, 64)).toBe(64);
  });

  test('both at random is hopeless', () => {
    expect(1 / bothAtRandom(600, 600, USABLE)).toBeCloseTo(11_561, 0);
    expect(bothAtRandom(USABLE, USABLE, USABLE)).toBe(1);
  });
});

describe('a row of ports after a Poisson number of others', () => {
  test('is met in as many cases as a sum over all numbers says', () => {
    const offsets = fc.array(fc.nat(60), { maxLength: 6 });
    fc.assert(fc.property(fc.double({ min: 0, max: 40, noNaN: true }), fc.integer({ min: 1, max: 12 }), offsets, (foreign, width, aims) => {
      let expected = 0;
      for (let taken = 0; taken <= 200; taken += 1) if (aims.some((aim) => aim >= taken && aim < taken + width)) expected += poisson(taken, foreign);
      expect(rowMet(foreign, width, aims)).toBeCloseTo(expected, 9);
    }));
  });

  test('Poisson numbers are themselves: they sum to one, and their mean is the mean', () => {
    for (const mean of [0, 0.1, 1, 9.5, 60, 700]) {
      let [sum, first] = [0, 0];
      for (let n = 0; n < 1_500; n += 1) {
        sum += poisson(n, mean);
        first += n * poisson(n, mean);
      }
      expect(sum).toBeCloseTo(1, 8);
      expect(first).toBeCloseTo(mean, 6);
    }
  });

  test('the middle of the row is the best single aim, as nearly as whole ports allow', () => {
    for (const [foreign, width] of [[3, 5], [12.4, 15], [60, 34]] as const) {
      const best = Math.max(...Array.from({ length: 150 }, (_, aim) => rowMet(foreign, width, [aim])));
      expect(rowMet(foreign, width, [aimAt(foreign, width)])).toBeGreaterThan(best - 0.02);
    }
  });
});
