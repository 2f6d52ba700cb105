/** IP addresses as text, to and from their bits. */
import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ipToGroups, ipv6ToText } from '../../effects/wire/stun-address.ts';
import { groups } from './stun-arbitrary.ts';

describe('address text', () => {
  test.each([
    ['::', '0:0:0:0:0:0:0:0'],
    ['::1', '0::0001'],
    ['2001:db8::1', '2001:0DB8:0:0:0:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8::1:1:1:1:1'],
    ['2001:db8::1:0:0:1', '2001:db8:0:0:1:0:0:1'],
    ['2001:0:0:1::1', '2001:0:0:1:0:0:0:1'],
    ['1:2:3:4:5:6::', '1:2:3:4:5:6:0:0'],
    ['::ffff:192.0.2.1', '::FFFF:c000:201'],
    ['64:ff9b::c000:201', '64:ff9b::192.0.2.1'],
  ])('%s is canonical for %s (RFC 5952)', (canonical, text) => {
    expect(ipv6ToText(ipToGroups(text)!)).toBe(canonical);
  });

  test('any eight groups survive, in text that Node takes for IPv6 and URLs call canonical', () => {
    fc.assert(
      fc.property(groups(), (some) => {
        const text = ipv6ToText(some);
        expect(ipToGroups(text)).toEqual(some);
        expect(isIPv6(text)).toBe(true);
        if (!text.includes('.')) expect(new URL(`http://[${text}]`).hostname).toBe(`[${text}]`);
      }),
      { numRuns: 500 },
    );
  });

  test.each([':', ':::', '1', '1:2', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7::8', '::12345', '::g', '::1%eth0', '1.2.3.4::', '::1.2.3', '::1.2.3.4:5', ' ::1', '::1 ', ':1::', '::1:'])(
    '%j is no IPv6 literal',
    (text) => expect(ipToGroups(text)).toBeUndefined(),
  );

  test.each(['', '1.2.3', '1.2.3.4.5', '256.1.1.1', '01.2.3.4', '00.0.0.0', '1..2.3', '.1.2.3', '1.2.3.4.', ' 1.2.3.4', '1.2.3.4 ', '1,2.3.4', '0x1.2.3.4', '-1.2.3.4'])('%j is no IPv4 literal', (text) =>
    expect(ipToGroups(text)).toBeUndefined(),
  );
});
