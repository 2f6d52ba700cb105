/** Which external port and address a mapping gets. RFC 4787 §4.1 (pooling), §4.2 (ports, parity). */
import { describe, expect, test } from 'vitest';
import type { Allocation } from '../../adapters/sim/index.ts';
import { externalOf, natOf, played, portOf, verdict } from './rows.ts';

const symmetric = { mapping: 'address-and-port-dependent' } as const;

/** The external ports of `count` mappings, made one every `everyMs`. */
function ports(allocation: Allocation, count: number, everyMs = 0, seed = 'rows'): number[] {
  const nat = natOf({ ...symmetric, allocation }, seed);
  return Array.from({ length: count }, (_, n) => portOf(externalOf(nat, n * everyMs, `i:5000 > x:${n + 1}`)));
}

const steps = (list: readonly number[]): number[] => list.slice(1).map((port, n) => port - list[n]!);

describe('preserve', () => {
  test.each([
    ['next', 'm:5001 > x:1'],
    ['drop', 'no-port'],
  ] as const)('keeps the inside port; where another has it, clash %s gives %s', (clash, second) => {
    const rows = [
      [0, 'out', 'i:5000 > x:1', 'm:5000 > x:1'],
      [1, 'out', 'j:5000 > x:1', second],
      [2, 'out', 'i:5000 > x:2', 'm:5000 > x:2'],
    ] as const;
    expect(played(natOf({ allocation: { kind: 'preserve', clash } }), rows)).toEqual(rows);
  });

  test('clash random gives any other port, and keeps giving it', () => {
    const nat = natOf({ allocation: { kind: 'preserve', clash: 'random' } });
    externalOf(nat, 0, 'i:5000 > x:1');
    const moved = externalOf(nat, 1, 'j:5000 > x:1');
    expect(moved).toMatch(/^m:\d+$/);
    expect(moved).not.toBe('m:5000');
    expect(externalOf(nat, 2, 'j:5000 > y:1')).toBe(moved);
  });

  test('gives the port back once the other mapping has died', () => {
    const nat = natOf({ allocation: { kind: 'preserve', clash: 'next' } });
    externalOf(nat, 0, 'i:5000 > x:1');
    expect(externalOf(nat, 30_000, 'j:5000 > x:1')).toBe('m:5000');
  });
});

describe('sequential', () => {
  test.each([1, 2, -1, -7])('gives every new mapping the port %i further on', (step) => {
    expect(steps(ports({ kind: 'sequential', step, noisePerSecond: 0, first: 30_000 }, 6))).toEqual(Array(5).fill(step));
  });

  test('goes round at the ends of the port range', () => {
    expect(ports({ kind: 'sequential', step: 1, noisePerSecond: 0, first: 65_534 }, 4)).toEqual([65_534, 65_535, 1024, 1025]);
    expect(ports({ kind: 'sequential', step: -1, noisePerSecond: 0, first: 1025 }, 3)).toEqual([1025, 1024, 65_535]);
  });

  test('starts where the seed says', () => {
    const first = (seed: string): number => ports({ kind: 'sequential', step: 1, noisePerSecond: 0 }, 1, 0, seed)[0]!;
    expect(first('one')).toBe(first('one'));
    expect(first('one')).not.toBe(first('two'));
  });

  test('loses about as many ports to others as they take per second', () => {
    const list = ports({ kind: 'sequential', step: 1, noisePerSecond: 100, first: 20_000 }, 100, 100);
    const foreign = steps(list).map((step) => step - 1);
    const mean = foreign.reduce((sum, n) => sum + n, 0) / foreign.length;
    expect(mean).toBeGreaterThan(8);
    expect(mean).toBeLessThan(12);
    expect(new Set(foreign).size).toBeGreaterThan(3);
  });

  test.each([2, -3])('counts those of others by the same step of %i', (step) => {
    const list = ports({ kind: 'sequential', step, noisePerSecond: 20, first: 30_000 }, 50, 100);
    const counts = steps(list).map((difference) => difference / step);
    for (const count of counts) expect([count % 1, count >= 1]).toEqual([0, true]);
    expect(new Set(counts).size).toBeGreaterThan(3);
  });

  test('skips a port that is still taken', () => {
    const nat = natOf({ ...symmetric, allocation: { kind: 'sequential', step: 32_256, noisePerSecond: 0, first: 2000 } });
    expect(['x:1', 'x:2', 'x:3'].map((to) => verdict(nat, 0, 'out', `i:5000 > ${to}`))).toEqual(['m:2000 > x:1', 'm:34256 > x:2', 'no-port']);
  });
});

test('random ports are spread over the whole range, all different', () => {
  const list = ports({ kind: 'random' }, 2000);
  expect(new Set(list).size).toBe(2000);
  expect(Math.min(...list)).toBeLessThan(1500);
  expect(Math.max(...list)).toBeGreaterThan(65_000);
  const low = list.filter((port) => port < 1024 + 64_512 / 2).length;
  expect(low).toBeGreaterThan(900);
  expect(low).toBeLessThan(1100);
});

describe('block', () => {
  const nat = () => natOf({ ...symmetric, allocation: { kind: 'block', size: 16 } });

  test('gives each inside host ports of its own block only, until that is full', () => {
    const shared = nat();
    const blockOf = (host: string): Set<number> =>
      new Set(Array.from({ length: 16 }, (_, n) => Math.floor((portOf(externalOf(shared, 0, `${host}:5000 > x:${n + 1}`)) - 1024) / 16)));
    const [one, other] = [blockOf('i'), blockOf('j')];
    expect([one.size, other.size]).toEqual([1, 1]);
    expect(one).not.toEqual(other);
    expect(verdict(shared, 0, 'out', 'i:5000 > x:17')).toBe('no-port');
  });

  test('gives a cone one port of its block for each socket', () => {
    const cone = natOf({ allocation: { kind: 'block', size: 2 } });
    const first = externalOf(cone, 0, 'i:5000 > x:1');
    expect(externalOf(cone, 0, 'i:5000 > y:1')).toBe(first);
    expect(Math.abs(portOf(externalOf(cone, 0, 'i:5001 > x:1')) - portOf(first))).toBe(1);
    expect(verdict(cone, 0, 'out', 'i:5002 > x:1')).toBe('no-port');
  });

  test('gives each port of a large block once, the last ones too, which chance alone would hardly find', () => {
    const large = natOf({ ...symmetric, allocation: { kind: 'block', size: 512 } });
    expect(new Set(Array.from({ length: 512 }, (_, n) => externalOf(large, 0, `i:5000 > x:${n + 1}`))).size).toBe(512);
  });

  test('is never that of another host, and nothing is left for a host more than there are blocks', () => {
    for (let seed = 0; seed < 8; seed += 1) {
      const halves = natOf({ ...symmetric, allocation: { kind: 'block', size: 32_256 } }, String(seed));
      const upper = (host: string): boolean => portOf(externalOf(halves, 0, `${host}:5000 > x:1`)) >= 1024 + 32_256;
      expect(upper('i')).not.toBe(upper('j'));
      expect(verdict(halves, 0, 'out', '192.168.1.4:5000 > x:1')).toBe('no-port');
    }
  });

  test('has the block free again when its mappings have died', () => {
    const shared = nat();
    for (let n = 1; n <= 16; n += 1) externalOf(shared, 0, `i:5000 > x:${n}`);
    expect(externalOf(shared, 30_000, 'i:5000 > x:17')).toMatch(/^m:/);
  });
});

test.each([4000, 4001])('with parity, port %i gets a port of the same parity even on a clash', (port) => {
  for (const allocation of [{ kind: 'preserve', clash: 'next' }, { kind: 'preserve', clash: 'random' }, { kind: 'random' }, ...[1, 2, -2].map((step) => ({ kind: 'sequential', step, noisePerSecond: 0 }) as const)] as const) {
    const nat = natOf({ parity: true, allocation });
    for (const host of ['i', 'j']) expect(portOf(externalOf(nat, 0, `${host}:${port} > x:1`)) % 2).toBe(port % 2);
  }
});

describe('a pool of two external addresses', () => {
  const hosts = (pooling: 'paired' | 'arbitrary', inside: string): Set<string> => {
    const nat = natOf({ ...symmetric, pool: { size: 2, pooling } });
    externalOf(nat, 0, 'j:1 > x:1');
    return new Set(Array.from({ length: 40 }, (_, n) => externalOf(nat, 0, `${inside}:${5000 + n} > x:1`).split(':')[0]!));
  };

  test('keeps an inside host to one when paired, and uses the other for another host', () => {
    expect(hosts('paired', 'j')).toEqual(new Set(['m']));
    expect(hosts('paired', 'i')).toEqual(new Set(['n']));
  });

  test('mixes them when arbitrary', () => {
    expect(hosts('arbitrary', 'i')).toEqual(new Set(['m', 'n']));
  });

  test('must have that many addresses', () => {
    expect(() => natOf({ pool: { size: 3, pooling: 'paired' } })).toThrow('a NAT with a pool of 3 has 2 external addresses');
  });

  test('has the same port once on each address', () => {
    const nat = natOf({ pool: { size: 2, pooling: 'paired' } });
    expect(externalOf(nat, 0, 'i:5000 > x:1')).toBe('m:5000');
    expect(externalOf(nat, 0, 'j:5000 > x:1')).toBe('n:5000');
  });
});
