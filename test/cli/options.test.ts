/** What the options of addresses and times take. What they refuse, in words: usage.test.ts. */
import { expect, test } from 'vitest';
import { listenAddress, ownAddress, seconds, stunServer } from '../../cli/options.ts';

test.each([
  ['5000', { port: 5000 }],
  [':5000', { port: 5000 }],
  ['192.168.1.2:5000', { host: '192.168.1.2', port: 5000 }],
  ['192.168.1.2', { host: '192.168.1.2', port: 0 }],
  ['[2001:db8::1]', { host: '2001:db8::1', port: 0 }],
  ['[2001:db8::1]:0', { host: '2001:db8::1', port: 0 }],
])('an own address: %s', (text, address) => {
  expect(ownAddress(text)).toEqual(address);
});

test.each(['2001:db8::1', '192.168.1', '[192.168.1.2]', 'eth0', '65536', ''])('no own address: %s', (text) => {
  expect(() => ownAddress(text)).toThrow('is not a port or addr:port');
});

test('where to listen is a port, on every address unless one is named', () => {
  expect([listenAddress('3478'), listenAddress('127.0.0.1:0')]).toEqual([{ host: '0.0.0.0', port: 3478 }, { host: '127.0.0.1', port: 0 }]);
  expect(() => listenAddress('127.0.0.1')).toThrow("'127.0.0.1' has no port; write 127.0.0.1:<port>");
});

test('a STUN server has a port of its own', () => {
  expect([stunServer('192.0.2.1'), stunServer('[2001:db8::1]'), stunServer('a.example:9')].map(({ port }) => port)).toEqual([3478, 3478, 9]);
});

test('a time is at most a day, and says so', () => {
  expect([seconds('.5'), seconds('86400')]).toEqual([0.5, 86_400]);
  for (const text of ['0', '86400.1', '3000000', '1e3']) expect(() => seconds(text)).toThrow(`'${text}' is not a number of seconds above 0 and at most 86400, a day`);
});
