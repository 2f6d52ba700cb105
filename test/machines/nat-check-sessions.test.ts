/** The memory of the three-role server where clients of one address come close to each other. */
import { expect, test } from 'vitest';
import type { Endpoint } from '../../effects/endpoint.ts';
import { noSessions, register as registered, report, type Sessions, sweep } from '../../machines/nat-check/text-sessions.ts';
import { at, TextServer } from './nat-check-roles.ts';

const register = (sessions: Sessions, from: { readonly from: Endpoint; readonly at: number }) => registered(sessions, { socket: 'main', ...from });

test('the socket that is being tested may not register, for its answer would be taken for a test', () => {
  const server = new TextServer().steady();
  server.report(at(1002));
  server.now += 150;
  expect(server.sayNext(at(1001))).toHaveLength(1);
  expect(server.register(at(1001))).toEqual([]);
});

test('of two clients behind one address only the one that fell silent is forgotten', () => {
  let sessions = noSessions('1');
  sessions = register(sessions, { from: at(1000), at: 0 }).memory;
  sessions = register(sessions, { from: at(2000), at: 500 }).memory;
  const sizes = [400_000, 10_000_000].map((now) => {
    const renewed = register(sessions, { from: at(2000), at: now - 1_000 }).memory;
    return [sweep(renewed, now).hosts.size, sweep(sessions, now).hosts.size];
  });
  expect(sizes).toEqual([[1, 0], [1, 0]]);
});

test('a report that was ahead of its client is told to the first one of that address, also where the mapping varies', () => {
  const ahead = report(noSessions('1'), at(2000), 1_000);
  const { replies } = register(ahead.memory, { from: at(1000), at: 1_100 });
  expect(replies.map((reply) => 'message' in reply && reply.message)).toEqual([{ type: 'mapped', endpoint: at(1000) }, { type: 'mapped', endpoint: at(2000) }]);
});
