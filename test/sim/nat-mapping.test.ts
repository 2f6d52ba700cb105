/** RFC 4787 §4 and §5: each mapping with each filtering, and no filtering that depends on mapping. */
import { describe, expect, test } from 'vitest';
import { type Dependence, key } from '../../adapters/sim/index.ts';
import { externalOf, natOf, played, portOf, verdict } from './rows.ts';

const MAPPINGS: readonly [Dependence, sameForOtherPort: boolean, sameForOtherAddress: boolean][] = [
  ['endpoint-independent', true, true],
  ['address-dependent', true, false],
  ['address-and-port-dependent', false, false],
];

const FILTERINGS: readonly [Dependence, otherPort: boolean, otherAddress: boolean][] = [
  ['endpoint-independent', true, true],
  ['address-dependent', true, false],
  ['address-and-port-dependent', false, false],
];

describe.each(MAPPINGS)('%s mapping', (mapping, sameForOtherPort, sameForOtherAddress) => {
  test('reuses the external endpoint exactly where the remote is the same to it', () => {
    const nat = natOf({ mapping, allocation: { kind: 'sequential', step: 1, noisePerSecond: 0 } });
    const first = externalOf(nat, 0, 'i:5000 > x:1');
    expect(externalOf(nat, 1, 'i:5000 > x:1')).toBe(first);
    expect(externalOf(nat, 2, 'i:5000 > x:2') === first).toBe(sameForOtherPort);
    expect(externalOf(nat, 3, 'i:5000 > y:1') === first).toBe(sameForOtherAddress);
    expect(externalOf(nat, 4, 'i:5001 > x:1')).not.toBe(first);
    expect(externalOf(nat, 5, 'j:5000 > x:1')).not.toBe(first);
  });

  describe.each(FILTERINGS)('with %s filtering', (filtering, otherPort, otherAddress) => {
    test('lets in exactly the remotes that are the same to its filtering', () => {
      const nat = natOf({ mapping, filtering, allocation: { kind: 'random' } });
      const external = externalOf(nat, 0, 'i:5000 > x:1');
      const arrives = (from: string): string => verdict(nat, 1, 'in', `${from} > ${external}`);
      expect(arrives('x:1')).toBe('x:1 > i:5000');
      expect(arrives('x:2')).toBe(otherPort ? 'x:2 > i:5000' : 'filtering');
      expect(arrives('y:1')).toBe(otherAddress ? 'y:1 > i:5000' : 'filtering');
    });

    test('has nobody to give a packet to at an external port that nobody owns', () => {
      const nat = natOf({ mapping, filtering, allocation: { kind: 'random' } });
      const external = externalOf(nat, 0, 'i:5000 > x:1');
      expect(verdict(nat, 1, 'in', `x:1 > m:${portOf(external) === 60_000 ? 60_001 : 60_000}`)).toBe('no-mapping');
    });
  });
});

test.each(['address-dependent', 'address-and-port-dependent'] as const)('an answer to a stranger leaves by the port that was written to, under %s mapping', (mapping) => {
  const nat = natOf({ mapping, filtering: 'endpoint-independent', allocation: { kind: 'sequential', step: 1, noisePerSecond: 0, first: 3000 } });
  const rows = [
    [0, 'out', 'i:5000 > x:1', 'm:3000 > x:1'],
    [1, 'in', 'y:1 > m:3000', 'y:1 > i:5000'],
    [2, 'out', 'i:5000 > y:1', 'm:3000 > y:1'],
    [3, 'out', 'i:5000 > x:1', 'm:3000 > x:1'],
    [4, 'in', 'x:1 > m:3000', 'x:1 > i:5000'],
    [30_004, 'out', 'i:5000 > y:1', 'm:3001 > y:1'],
  ] as const;
  expect(played(nat, rows)).toEqual(rows);
});

describe('a remote that comes in by a mapping made for another, although it has a flow of its own', () => {
  const loose = { mapping: 'address-and-port-dependent', filtering: 'endpoint-independent', allocation: { kind: 'sequential', step: 1, noisePerSecond: 0, first: 3000 } } as const;

  test('is known inside by another port, and what is sent there leaves by the mapping it came in by', () => {
    const nat = natOf(loose);
    expect(played(nat, [[0, 'out', 'i:5000 > x:1', ''], [1, 'out', 'i:5000 > y:1', '']])).toMatchObject([{ 3: 'm:3000 > x:1' }, { 3: 'm:3001 > y:1' }]);
    const alias = verdict(nat, 2, 'in', 'y:1 > m:3000').split(' ')[0]!;
    expect(alias).toMatch(/^y:\d{4,5}$/);
    const rows = [
      [3, 'out', `i:5000 > ${alias}`, 'm:3000 > y:1'],
      [4, 'in', 'y:1 > m:3000', `${alias} > i:5000`],
      [5, 'out', 'i:5000 > y:1', 'm:3001 > y:1'],
      [6, 'in', 'y:1 > m:3001', 'y:1 > i:5000'],
    ] as const;
    expect(played(nat, rows)).toEqual(rows);
  });

  test('is never known inside by a port that the inside speaks to already', () => {
    const enter = (before: readonly string[]): string => {
      const nat = natOf(loose);
      for (const to of ['x:1', 'y:1', ...before]) verdict(nat, 0, 'out', `i:5000 > ${to}`);
      return verdict(nat, 2, 'in', 'y:1 > m:3000').split(' ')[0]!;
    };
    const alias = enter([]);
    expect(enter([alias])).not.toBe(alias);
    expect(enter(['y:2'])).toBe(alias);
  });

  test('is itself again when its own flow has died', () => {
    const rows = [
      [0, 'out', 'i:5000 > y:1', 'm:3000 > y:1'],
      [29_000, 'out', 'i:5000 > x:1', 'm:3001 > x:1'],
      [31_000, 'in', 'y:1 > m:3001', 'y:1 > i:5000'],
      [31_001, 'out', 'i:5000 > y:1', 'm:3001 > y:1'],
    ] as const;
    expect(played(natOf(loose), rows)).toEqual(rows);
  });
});

test('what is left of an endpoint is all the taxonomy there is', () => {
  const endpoint = { host: '203.0.113.1', port: 9 };
  expect(key('endpoint-independent', endpoint)).toBe('*');
  expect(key('address-dependent', endpoint)).toBe('203.0.113.1');
  expect(key('address-and-port-dependent', endpoint)).toBe('203.0.113.1:9');
});

test('a firewall filters as a NAT does and leaves every address as it was', () => {
  const firewall = natOf({ allocation: { kind: 'none' }, filtering: 'address-dependent' });
  const rows = [
    [0, 'in', 'x:1 > i:5000', 'no-mapping'],
    [1, 'out', 'i:5000 > x:1', 'i:5000 > x:1'],
    [2, 'in', 'x:1 > i:5000', 'x:1 > i:5000'],
    [3, 'in', 'x:2 > i:5000', 'x:2 > i:5000'],
    [4, 'in', 'y:1 > i:5000', 'filtering'],
    [5, 'in', 'x:1 > i:5001', 'no-mapping'],
  ] as const;
  expect(played(firewall, rows)).toEqual(rows);
});

test('a NAT that blocks UDP passes none of it, either way, and remembers nothing', () => {
  const nat = natOf({ blocked: ['udp'], hairpin: true });
  const rows = [
    [0, 'out', 'i:5000 > x:1', 'udp-blocked'],
    [1, 'in', 'x:1 > m:5000', 'udp-blocked'],
    [2, 'hairpin', 'i:5000 > m:5000', 'udp-blocked'],
  ] as const;
  expect(played(nat, rows)).toEqual(rows);
  expect(nat.rows(3)).toEqual([]);
});

describe('time to live', () => {
  test('a packet that would leave with none is dropped and opens nothing', () => {
    const nat = natOf();
    const rows = [
      [0, 'out', 'i:5000 > x:1 ttl 1', 'ttl'],
      [1, 'in', 'x:1 > m:5000', 'no-mapping'],
      [2, 'out', 'i:5000 > x:1 ttl 2', 'm:5000 > x:1'],
      [3, 'in', 'x:1 > m:5000 ttl 2', 'x:1 > i:5000'],
    ] as const;
    expect(played(nat, rows)).toEqual(rows);
  });

  test('a reply that dies on the last hop still counts as a reply, for the table is asked first', () => {
    const nat = natOf();
    verdict(nat, 0, 'out', 'i:5000 > x:1');
    expect(verdict(nat, 10_000, 'in', 'x:1 > m:5000 ttl 1')).toBe('ttl');
    expect(nat.rows(10_000)).toMatchObject([{ replied: true, expiresAt: 40_000 }]);
  });
});

test('a firewall that keeps its flows apart lets the later one in when the earlier has been forgotten', () => {
  const nat = natOf({ mapping: 'address-and-port-dependent', allocation: { kind: 'none' } });
  const rows = [
    [0, 'out', 'i:5000 > x:1', 'i:5000 > x:1'],
    [20_000, 'out', 'i:5000 > y:1', 'i:5000 > y:1'],
    [40_000, 'in', 'x:1 > i:5000', 'filtering'],
    [40_000, 'out', 'i:5000 > x:2', 'i:5000 > x:2'],
    [40_001, 'in', 'x:2 > i:5000', 'x:2 > i:5000'],
  ] as const;
  expect(played(nat, rows)).toEqual(rows);
  expect(nat.rows(40_002)).toHaveLength(2);
});
