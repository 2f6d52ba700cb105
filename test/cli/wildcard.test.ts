/** Which addresses a wildcard stands for, and when a server says something about it. */
import { expect, test } from 'vitest';
import { wildcardHosts, wildcardWarning } from '../../cli/wildcard.ts';

const TWO = ['198.51.100.1', '198.51.100.2', '127.0.0.1'];

test('a host with several addresses is all of them, loopback too', () => {
  expect(wildcardHosts('0.0.0.0', TWO)).toEqual(TWO);
  expect(wildcardHosts('::', ['2001:db8::1', '2001:db8::2', '::1'])).toHaveLength(3);
});

test('what names one address is that one, and a wildcard is whatever this host has', () => {
  expect([wildcardHosts('127.0.0.1'), wildcardHosts('::1')]).toEqual([['127.0.0.1'], ['::1']]);
  for (const host of ['0.0.0.0', '::']) expect(wildcardHosts(host).length).toBeGreaterThan(0);
});

test.each([
  ['one address', '0.0.0.0', ['198.51.100.1', '127.0.0.1']],
  ['loopback alone', '0.0.0.0', ['127.0.0.1', '127.0.0.2']],
  ['none of the family', '::', []],
])('%s: the wildcard itself, and nothing to say', (_, host, all) => {
  expect(wildcardHosts(host, all)).toEqual([host]);
  expect(wildcardWarning(host, wildcardHosts(host, all))).toBeUndefined();
});

test('a named address stands for itself', () => {
  expect(wildcardHosts('192.0.2.1')).toEqual(['192.0.2.1']);
});

test('the warning names the addresses to choose from', () => {
  expect(wildcardWarning('0.0.0.0', TWO)).toBe('this host has several addresses (198.51.100.1, 198.51.100.2), and 0.0.0.0 may answer from another than was asked, which NATs drop: name one with --listen');
});
