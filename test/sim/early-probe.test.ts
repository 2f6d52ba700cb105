/**
 * The early-probe clash of a Linux NAT whose INPUT accepts: a peer's probe that comes before our own leaves an entry, and
 * our flow to that peer is moved to another port, so the peer's packets never come in. As measured in test/lab.
 */
import { describe, expect, test } from 'vitest';
import { externalOf, natOf, played, verdict } from './rows.ts';

const open = () => natOf({ earlyProbe: 'clash' });

describe('a NAT that shows the clash', () => {
  test('moves our port when the peer was first, and then keeps the peer out for good', () => {
    const nat = open();
    externalOf(nat, 0, 'i:5000 > x:1');
    expect(verdict(nat, 1, 'in', 'y:1 > m:5000')).toBe('early-probe');
    const moved = externalOf(nat, 2, 'i:5000 > y:1');
    expect(moved).not.toBe('m:5000');
    for (let at = 3; at < 100_000; at += 10_000) {
      expect(verdict(nat, at, 'in', 'y:1 > m:5000')).toBe('early-probe');
      expect(externalOf(nat, at, 'i:5000 > y:1')).toBe(moved);
    }
  });

  test('lets the peer in at the new port, if it finds out', () => {
    const nat = open();
    externalOf(nat, 0, 'i:5000 > x:1');
    verdict(nat, 1, 'in', 'y:1 > m:5000');
    const moved = externalOf(nat, 2, 'i:5000 > y:1');
    expect(verdict(nat, 3, 'in', `y:1 > ${moved}`)).toBe('y:1 > i:5000');
  });

  test.each(['address-dependent', 'address-and-port-dependent'] as const)('with %s filtering leaves earlier flows on their port, and takes the new one for all that come after', (filtering) => {
    const nat = natOf({ earlyProbe: 'clash', filtering });
    externalOf(nat, 0, 'i:5000 > x:1');
    verdict(nat, 1, 'in', 'y:1 > m:5000');
    const moved = externalOf(nat, 2, 'i:5000 > y:1');
    expect(externalOf(nat, 3, 'i:5000 > x:1')).toBe('m:5000');
    expect(externalOf(nat, 4, 'i:5000 > x:2')).toBe(moved);
    expect(verdict(nat, 5, 'in', 'x:1 > m:5000')).toBe('x:1 > i:5000');
  });

  test('shows nothing when our own packet was first', () => {
    const rows = [
      [0, 'out', 'i:5000 > y:1', 'm:5000 > y:1'],
      [1, 'in', 'y:1 > m:5000', 'y:1 > i:5000'],
      [2, 'in', 'y:2 > m:5000', 'early-probe'],
      [3, 'out', 'i:5000 > y:1', 'm:5000 > y:1'],
    ] as const;
    expect(played(open(), rows)).toEqual(rows);
  });

  test('takes even a probe that arrives on its last hop', () => {
    const nat = open();
    expect(verdict(nat, 0, 'in', 'y:1 > m:5000 ttl 1')).toBe('early-probe');
    expect(externalOf(nat, 1, 'i:5000 > y:1')).not.toBe('m:5000');
  });

  test('keeps the port that it moved to when the earlier one has died', () => {
    const nat = open();
    externalOf(nat, 0, 'i:5000 > x:1');
    verdict(nat, 1, 'in', 'y:1 > m:5000');
    const moved = externalOf(nat, 20_000, 'i:5000 > y:1');
    expect(verdict(nat, 40_000, 'in', 'x:1 > m:5000')).toBe('early-probe');
    expect([externalOf(nat, 40_000, 'i:5000 > y:2'), verdict(nat, 40_000, 'in', 'y:2 > m:5000')]).toEqual([moved, 'early-probe']);
  });

  test('remembers 65,536 probes, and forgets the first for the next', () => {
    const nat = open();
    for (let n = 0; n <= 65_536; n += 1) verdict(nat, 0, 'in', n === 0 ? 'y:1 > m:5000' : `x:${n - 1} > m:5001`);
    expect(externalOf(nat, 1, 'i:5000 > y:1')).toBe('m:5000');
    expect(externalOf(nat, 1, 'i:5001 > x:65535')).not.toBe('m:5001');
  });

  test('remembers a probe for 30 s after the last one of its kind', () => {
    const nat = open();
    verdict(nat, 0, 'in', 'y:1 > m:5000');
    verdict(nat, 20_000, 'in', 'y:1 > m:5000');
    expect(externalOf(nat, 49_999, 'i:5001 > y:1')).toBe('m:5001');
    expect(externalOf(nat, 49_999, 'i:5000 > y:1')).not.toBe('m:5000');

    const later = open();
    verdict(later, 0, 'in', 'y:1 > m:5000');
    expect(externalOf(later, 30_000, 'i:5000 > y:1')).toBe('m:5000');
  });

  test('moves nothing for a socket on another port', () => {
    const nat = open();
    verdict(nat, 0, 'in', 'y:1 > m:5000');
    expect(externalOf(nat, 1, 'i:6000 > y:1')).toBe('m:6000');
  });

  test('passes strangers where its filtering does: what is let in is no early probe', () => {
    const nat = natOf({ earlyProbe: 'clash', filtering: 'endpoint-independent' });
    externalOf(nat, 0, 'i:5000 > x:1');
    expect(verdict(nat, 1, 'in', 'y:1 > m:5000')).toBe('y:1 > i:5000');
    expect(externalOf(nat, 2, 'i:5000 > y:1')).toBe('m:5000');
  });

  test('forgets its probes with a reboot', () => {
    const nat = open();
    verdict(nat, 0, 'in', 'y:1 > m:5000');
    nat.reboot();
    expect(externalOf(nat, 1, 'i:5000 > y:1')).toBe('m:5000');
  });
});

test('an ordinary NAT drops the early probe and keeps its port', () => {
  const rows = [
    [0, 'out', 'i:5000 > x:1', 'm:5000 > x:1'],
    [1, 'in', 'y:1 > m:5000', 'filtering'],
    [2, 'in', 'y:1 > m:5001', 'no-mapping'],
    [3, 'out', 'i:5000 > y:1', 'm:5000 > y:1'],
    [4, 'in', 'y:1 > m:5000', 'y:1 > i:5000'],
    [5, 'out', 'i:5001 > y:1', 'm:5001 > y:1'],
  ] as const;
  expect(played(natOf(), rows)).toEqual(rows);
});

test('a symmetric NAT passes over the port that the probe met, for that peer alone', () => {
  const nat = natOf({ earlyProbe: 'clash', mapping: 'address-and-port-dependent', allocation: { kind: 'sequential', step: 1, noisePerSecond: 0, first: 3000 } });
  verdict(nat, 0, 'in', 'y:1 > m:3001');
  verdict(nat, 0, 'in', 'y:1 > m:3000');
  expect(externalOf(nat, 1, 'i:5000 > x:1')).toBe('m:3000');
  expect(externalOf(nat, 2, 'i:5000 > y:1')).toBe('m:3002');
});
