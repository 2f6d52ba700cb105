/** From inside to the NAT's own external endpoints. RFC 4787 §6, REQ-9: with the external source. */
import { expect, test } from 'vitest';
import { externalOf, natOf, played, verdict } from './rows.ts';

const opened = [[0, 'out', 'i:5000 > x:1', 'm:5000 > x:1']] as const;

test('without hairpin such a packet is dropped and leaves nothing behind', () => {
  const nat = natOf();
  const rows = [...opened, [1, 'hairpin', 'j:6000 > m:5000', 'no-hairpin']] as const;
  expect(played(nat, rows)).toEqual(rows);
  expect(nat.rows(2)).toHaveLength(1);
});

test('with hairpin it comes in from an external source, past the filtering, and so does the answer', () => {
  const rows = [
    ...opened,
    [1, 'hairpin', 'j:6000 > m:5000', 'm:6000 > i:5000'],
    [2, 'hairpin', 'i:5000 > m:6000', 'm:5000 > j:6000'],
    [3, 'in', 'y:1 > m:5000', 'filtering'],
  ] as const;
  expect(played(natOf({ hairpin: true }), rows)).toEqual(rows);
});

test('a host can send to itself that way, from another socket', () => {
  const rows = [...opened, [1, 'hairpin', 'i:5001 > m:5000', 'm:5001 > i:5000']] as const;
  expect(played(natOf({ hairpin: true }), rows)).toEqual(rows);
});

test('it costs one hop', () => {
  const nat = natOf({ hairpin: true });
  externalOf(nat, 0, 'i:5000 > x:1');
  expect(verdict(nat, 1, 'hairpin', 'j:6000 > m:5000 ttl 1')).toBe('ttl');
  expect(verdict(nat, 1, 'hairpin', 'j:6000 > m:5000 ttl 2')).toBe('m:6000 > i:5000');
});

test('it needs a place in the table for whom it is for, too', () => {
  const nat = natOf({ hairpin: true, table: { size: 2, eviction: 'refuse' } });
  externalOf(nat, 0, 'i:5000 > x:1');
  expect(verdict(nat, 1, 'hairpin', 'j:6000 > m:5000')).toBe('table-full');
});

test('nobody is at an external port that nobody owns, and asking opens no mapping', () => {
  const nat = natOf({ hairpin: true });
  expect(verdict(nat, 0, 'hairpin', 'j:6000 > m:5000')).toBe('no-mapping');
  expect(nat.rows(0)).toEqual([]);
});

test('a symmetric NAT gives the way there a new port, and the answer the port that was written to', () => {
  const nat = natOf({ hairpin: true, mapping: 'address-and-port-dependent', allocation: { kind: 'sequential', step: 1, noisePerSecond: 0, first: 3000 } });
  const rows = [
    [0, 'out', 'i:5000 > x:1', 'm:3000 > x:1'],
    [1, 'hairpin', 'j:6000 > m:3000', 'm:3001 > i:5000'],
    [2, 'hairpin', 'i:5000 > m:3001', 'm:3000 > j:6000'],
  ] as const;
  expect(played(nat, rows)).toEqual(rows);
});
