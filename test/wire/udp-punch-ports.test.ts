/** The bytes of PORTS and of the age in PEER: fixed vectors, and what is made of values that make no sense. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../effects/wire/bytes.ts';
import { portsAttribute } from '../../machines/rendezvous/bytes.ts';
import { member, PEER, PORTS, readMember } from '../../machines/udp-punch/attributes.ts';
import { readForecast } from '../../machines/port-forecast-bytes.ts';
import type { Forecast } from '../../machines/port-forecast.ts';
import { anyForecast } from '../machines/punch-messages.ts';

const VECTORS: readonly (readonly [hex: string, forecast: Forecast])[] = [
  ['010000000000000000000000', { kind: 'steady' }],
  ['0200000100000028' + '00000000', { kind: 'counting', step: 1, perSecond: 0, rttMs: 40 }],
  ['0200fffe03e8ffff' + '00000000', { kind: 'counting', step: -2, perSecond: 1000, rttMs: 65_535 }],
  ['0200800000000000' + '00000000', { kind: 'counting', step: -32_768, perSecond: 0, rttMs: 0 }],
  ['0300000000000000' + '0400ffff', { kind: 'random', first: 1024, last: 65_535 }],
  ['0300000000000000' + '00010001', { kind: 'random', first: 1, last: 1 }],
];

function written(forecast: Forecast): string {
  const [attribute] = portsAttribute(PORTS, forecast);
  return attribute?.type === 'unknown' ? toHex(attribute.value) : '';
}

describe('PORTS', () => {
  test.each(VECTORS)('%s is %j', (hex, forecast) => {
    expect(written(forecast)).toBe(hex);
    expect(readForecast(fromHex(hex))).toEqual(forecast);
  });

  test('is left out where nothing is known, and its absence says so', () => {
    expect(portsAttribute(PORTS, { kind: 'unknown' })).toEqual([]);
    expect(readForecast(undefined)).toEqual({ kind: 'unknown' });
    expect(portsAttribute(PORTS, { kind: 'steady' })).toMatchObject([{ code: PORTS }]);
  });

  test('comes back as it was', () => {
    fc.assert(fc.property(anyForecast, (forecast) => void expect(readForecast(fromHex(written(forecast)) ?? undefined)).toEqual(forecast)), { numRuns: 500 });
  });

  test.each([
    ['a kind that is none of ours', '040000010000000000000000'],
    ['kind 0', '000000010000000000000000'],
    ['a count without a step', '020000000064002800000000'],
    ['a range from port 0', '030000000000000000000fff'],
    ['a range that ends before it begins', '030000000000000008000400'],
  ])('%s says nothing', (_, hex) => {
    expect(readForecast(fromHex(hex))).toEqual({ kind: 'unknown' });
  });

  test('of any other length says nothing, and no bytes throw', () => {
    for (let size = 0; size < 40; size += 1) if (size !== 12) expect(readForecast(new Uint8Array(size).fill(1))).toEqual({ kind: 'unknown' });
    fc.assert(fc.property(fc.uint8Array({ minLength: 12, maxLength: 12 }), (bytes) => {
      const forecast = readForecast(bytes);
      if (forecast.kind === 'counting') expect(forecast.step).not.toBe(0);
      if (forecast.kind === 'random') expect(forecast.first).toBeLessThanOrEqual(forecast.last);
    }), { numRuns: 1_000 });
  });

  test('is read at an offset of a larger buffer too', () => {
    const buffer = new Uint8Array(20);
    buffer.set(fromHex(VECTORS[2]![0])!, 5);
    expect(readForecast(buffer.subarray(5, 17))).toEqual(VECTORS[2]![1]);
  });

  test('keeps what is too great for its field at the greatest', () => {
    expect(readForecast(fromHex(written({ kind: 'counting', step: 1, perSecond: 1e9, rttMs: 70_000.4 })) ?? undefined)).toMatchObject({ perSecond: 65_535, rttMs: 65_535 });
  });
});

test.each([[0, 0], [258, 258], [65_535, 65_535], [9e9, 65_535], [-5, 0]])('an age of %d ms is told as %d', (ageMs, told) => {
  const attribute = member(PEER, '22'.repeat(8), 3, 'varies', ageMs);
  expect(attribute.type === 'unknown' && readMember(attribute.value)).toEqual({ id: '22'.repeat(8), round: 3, mapping: 'varies', ageMs: told });
});
