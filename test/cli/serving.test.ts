/** Servers and callers before they begin: names that nobody has, addresses that a protocol does not know, and a wildcard. */
import { expect, test } from 'vitest';
import { ResolveError } from '../../adapters/node/resolve.ts';
import { EXIT, Stop } from '../../cli/exit.ts';
import { unresolved } from '../../cli/serving.ts';
import { DEADLINE_MS, natpunch, natpunchEnds } from './command.ts';

test('a name without an address names its option; another error stays what it is', () => {
  expect(() => unresolved('--listen')(new ResolveError('name-not-found', 'no host is named nobody.invalid'))).toThrow(new Stop(EXIT.no, 'no host is named nobody.invalid. Check --listen'));
  expect(() => unresolved('--listen')(new TypeError('a bug'))).toThrow(TypeError);
});

test.concurrent('n4, which knows IPv4 only, says so of another host', { timeout: DEADLINE_MS }, async () => {
  expect(await natpunchEnds('n4', '::1')).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(/^natpunch: ::1 has an IPv6 address only, and n4 knows IPv4 only.*\n$/) });
});

test.concurrent('whoever has stopped reading before a server says anything ends it, and all is well', { timeout: DEADLINE_MS }, async () => {
  const server = natpunch(['serve', 'rendezvous', '--listen', '127.0.0.1:0', '--json']);
  server.hangUp();
  expect(await server.ended).toMatchObject({ code: 0, stdout: '', stderr: '' });
});
