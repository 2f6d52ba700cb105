/** Who may come in through the door of a TCP listener, counted by host. */
import { expect, test } from 'vitest';
import { door, wrongLimit } from '../../effects/tcp-limits.ts';

test('each host has as many places as one may, while there are any', () => {
  const enter = door({ limit: 3, perHost: 2 });
  const [first, second] = [enter('192.0.2.1'), enter('192.0.2.1')];
  expect([first, second, enter('192.0.2.1')]).toEqual([expect.any(Function), expect.any(Function), undefined]);
  expect([enter('192.0.2.2'), enter('192.0.2.3')]).toEqual([expect.any(Function), undefined]);
  first?.();
  second?.();
  expect([enter('192.0.2.3'), enter('192.0.2.1'), enter('192.0.2.1')]).toEqual([expect.any(Function), expect.any(Function), undefined]);
});

test('64 bits of IPv6 are one host, however written and with any zone', () => {
  const enter = door({ perHost: 1 });
  expect(enter('2001:db8::1')).toBeDefined();
  expect([enter('2001:db8:0:0:ffff::2'), enter('2001:db8:0:1::1'), enter('fe80::1%eth0'), enter('fe80::2%eth0')]).toEqual([undefined, expect.any(Function), expect.any(Function), undefined]);
});

test('without limits everybody comes in', () => {
  const enter = door({});
  expect(Array.from({ length: 100 }, () => enter('192.0.2.1')).includes(undefined)).toBe(false);
});

test('a limit that is none is named', () => {
  expect(wrongLimit({ idleMs: 1, lifeMs: 2 ** 31 - 1, limit: 1, perHost: 1 })).toBeUndefined();
  for (const name of ['idleMs', 'lifeMs', 'limit', 'perHost']) expect(wrongLimit({ [name]: 0 })).toMatch(new RegExp(`^${name} is .*, not 0$`));
  expect(wrongLimit({ lifeMs: Number.NaN })).toMatch(/^lifeMs/);
});
