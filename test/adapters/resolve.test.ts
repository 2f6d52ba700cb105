/** Names become one literal, or one clear line. */
import { expect, test } from 'vitest';
import { type Lookup, ResolveError, resolveHost } from '../../adapters/node/resolve.ts';

const answering = (...addresses: readonly string[]): Lookup => async () =>
  addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

const failing = (code: string): Lookup => async () => {
  throw Object.assign(new Error('getaddrinfo'), { code });
};

test('a literal is its own address, and nobody is asked', async () => {
  expect(await resolveHost('192.0.2.1', failing('EFAULT'))).toBe('192.0.2.1');
  expect(await resolveHost('2001:db8::1', failing('EFAULT'))).toBe('2001:db8::1');
});

test('IPv4 is preferred wherever it stands in the answer', async () => {
  expect(await resolveHost('both.example', answering('2001:db8::1', '192.0.2.7', '192.0.2.8'))).toBe('192.0.2.7');
  expect(await resolveHost('six.example', answering('2001:db8::1'))).toBe('2001:db8::1');
});

test('the system knows localhost', async () => expect(await resolveHost('localhost')).toMatch(/^(127\.0\.0\.1|::1)$/));

test.each([
  ['ENOTFOUND', 'name-not-found', 'no host is named nowhere.example'],
  ['EAI_AGAIN', 'no-network', 'could not look up nowhere.example: no name server answers; perhaps there is no network'],
  ['EWEIRD', 'unknown', 'could not look up nowhere.example: EWEIRD'],
] as const)('%s is told as %s in one line', async (system, code, message) => {
  const error = await resolveHost('nowhere.example', failing(system)).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ResolveError);
  expect(error).toMatchObject({ code, message });
});

test('a name without any address, and no name at all, are not found', async () => {
  await expect(resolveHost('empty.example', answering())).rejects.toMatchObject({ code: 'name-not-found' });
  await expect(resolveHost('')).rejects.toMatchObject({ code: 'name-not-found' });
});
