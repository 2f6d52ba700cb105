/** How long a NAT remembers, and how much. RFC 4787 §4.3; nf_conntrack_udp_timeout 30 s and _stream 120 s. */
import { describe, expect, test } from 'vitest';
import { LINUX_EXPIRY } from '../../adapters/sim/index.ts';
import { externalOf, natOf, played, verdict } from './rows.ts';

describe('expiry', () => {
  test('an unanswered row dies 30 s after the last packet that left', () => {
    const rows = [
      [0, 'out', 'i:5000 > x:1', 'm:5000 > x:1'],
      [20_000, 'out', 'i:5000 > x:1', 'm:5000 > x:1'],
      [49_999, 'in', 'x:1 > m:5000', 'x:1 > i:5000'],
    ] as const;
    expect(played(natOf(), rows)).toEqual(rows);
    const nat = natOf();
    played(nat, rows.slice(0, 2));
    expect(verdict(nat, 50_000, 'in', 'x:1 > m:5000')).toBe('no-mapping');
  });

  test('an answered one lives 120 s, once it has been going for 2 s', () => {
    const rows = [
      [0, 'out', 'i:5000 > x:1', 'm:5000 > x:1'],
      [1, 'in', 'x:1 > m:5000', 'x:1 > i:5000'],
      [2_000, 'out', 'i:5000 > x:1', 'm:5000 > x:1'],
      [121_999, 'in', 'x:1 > m:5000', 'x:1 > i:5000'],
      [241_999, 'in', 'x:1 > m:5000', 'no-mapping'],
    ] as const;
    expect(played(natOf(), rows)).toEqual(rows);
  });

  test('a short exchange is no stream: it dies after 30 s, answered or not', () => {
    const rows = [
      [0, 'out', 'i:5000 > x:1', 'm:5000 > x:1'],
      [1, 'in', 'x:1 > m:5000', 'x:1 > i:5000'],
      [2, 'out', 'i:5000 > x:1', 'm:5000 > x:1'],
      [30_002, 'in', 'x:1 > m:5000', 'no-mapping'],
    ] as const;
    expect(played(natOf(), rows)).toEqual(rows);
  });

  test.each([
    [true, 'x:1 > i:5000'],
    [false, 'no-mapping'],
  ])('packets that arrive keep a row alive when inbound refresh is %s', (inboundRefresh, end) => {
    const expiry = { unrepliedMs: 10_000, repliedMs: 10_000, streamAfterMs: 0, inboundRefresh };
    const rows = [
      [0, 'out', 'i:5000 > x:1', 'm:5000 > x:1'],
      [8_000, 'in', 'x:1 > m:5000', 'x:1 > i:5000'],
      [16_000, 'in', 'x:1 > m:5000', end],
    ] as const;
    expect(played(natOf({ expiry }), rows)).toEqual(rows);
  });

  test('one remote is forgotten while the mapping lives on for another', () => {
    const rows = [
      [0, 'out', 'i:5000 > x:1', 'm:5000 > x:1'],
      [20_000, 'out', 'i:5000 > y:1', 'm:5000 > y:1'],
      [30_000, 'in', 'x:1 > m:5000', 'filtering'],
      [30_000, 'in', 'y:1 > m:5000', 'y:1 > i:5000'],
    ] as const;
    expect(played(natOf(), rows)).toEqual(rows);
  });

  test('after expiry a symmetric NAT gives the same flow another port', () => {
    const nat = natOf({ mapping: 'address-and-port-dependent', allocation: { kind: 'sequential', step: 1, noisePerSecond: 0, first: 3000 } });
    expect(externalOf(nat, 0, 'i:5000 > x:1')).toBe('m:3000');
    expect(externalOf(nat, 29_999, 'i:5000 > x:1')).toBe('m:3000');
    expect(externalOf(nat, 59_999, 'i:5000 > x:1')).toBe('m:3001');
  });

  test('a reboot forgets everything at once', () => {
    const nat = natOf();
    externalOf(nat, 0, 'i:5000 > x:1');
    nat.reboot();
    expect(verdict(nat, 1, 'in', 'x:1 > m:5000')).toBe('no-mapping');
    expect(nat.rows(1)).toEqual([]);
  });
});

describe('a full table', () => {
  const three = (eviction: 'oldest' | 'refuse') => natOf({ table: { size: 3, eviction } });
  const filling = [
    [0, 'out', 'i:5001 > x:1', 'm:5001 > x:1'],
    [1, 'out', 'i:5002 > x:1', 'm:5002 > x:1'],
    [2, 'out', 'i:5002 > x:2', 'm:5002 > x:2'],
  ] as const;

  test('refuses new rows but goes on serving those it has', () => {
    const rows = [
      ...filling,
      [3, 'out', 'i:5003 > x:1', 'table-full'],
      [4, 'out', 'i:5002 > x:3', 'table-full'],
      [5, 'out', 'i:5001 > x:1', 'm:5001 > x:1'],
      [6, 'in', 'x:2 > m:5002', 'x:2 > i:5002'],
    ] as const;
    expect(played(three('refuse'), rows)).toEqual(rows);
  });

  test('or forgets the oldest row, and its mapping with it if it was the last', () => {
    const rows = [
      ...filling,
      [3, 'out', 'i:5003 > x:1', 'm:5003 > x:1'],
      [4, 'in', 'x:1 > m:5001', 'no-mapping'],
      [5, 'out', 'i:5003 > x:2', 'm:5003 > x:2'],
      [6, 'in', 'x:1 > m:5002', 'filtering'],
      [7, 'in', 'x:2 > m:5002', 'x:2 > i:5002'],
    ] as const;
    expect(played(three('oldest'), rows)).toEqual(rows);
  });

  test('evicting the last row of the very mapping that needs room leaves that mapping in place', () => {
    const rows = [
      [0, 'out', 'i:5001 > x:1', 'm:5001 > x:1'],
      [1, 'out', 'i:5001 > x:2', 'm:5001 > x:2'],
      [2, 'in', 'x:1 > m:5001', 'filtering'],
      [3, 'in', 'x:2 > m:5001', 'x:2 > i:5001'],
      [4, 'out', 'i:5001 > x:2', 'm:5001 > x:2'],
    ] as const;
    expect(played(natOf({ table: { size: 1, eviction: 'oldest' } }), rows)).toEqual(rows);
  });

  test('has room again when rows have died', () => {
    const rows = [...filling, [30_000, 'out', 'i:5003 > x:1', 'm:5003 > x:1']] as const;
    expect(played(three('refuse'), rows)).toEqual(rows);
  });
});

test('the defaults are those of Linux', () => {
  expect(LINUX_EXPIRY).toEqual({ unrepliedMs: 30_000, repliedMs: 120_000, streamAfterMs: 2_000, inboundRefresh: true });
});
