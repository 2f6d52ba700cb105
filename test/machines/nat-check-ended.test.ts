/** The three-role server, when ports of a client that has ended come again to another: after a restart of the NAT, or of the program. Pure transitions. */
import { expect, test } from 'vitest';
import { at, TextServer } from './nat-check-roles.ts';

test.each([
  ['first socket as its first', [1000, 2001, 2002]],
  ['first socket as its second', [2000, 1000, 2002]],
  ['first socket as its third', [2000, 2001, 1000]],
  ['second socket as its first', [1001, 2001, 2002]],
  ['second socket as its second', [2000, 1001, 2002]],
  ['second socket as its third', [2000, 2001, 1001]],
  ['third socket as its first', [1002, 2001, 2002]],
  ['third socket as its second', [2000, 1002, 2002]],
  ['third socket as its third', [2000, 2001, 1002]],
  ['three sockets as its own', [1000, 1001, 1002]],
] as const)('a client that was given the port of an ended one\'s %s is told and tested like any other', (_, [first, tests, cone]) => {
  const server = new TextServer().steady();
  server.register(at(1001));
  server.report(at(1002));
  for (let n = 0; n < 3; n += 1) {
    server.now += 150;
    server.sayNext(at(1001));
  }
  server.now += 3_000;
  expect(server.register(at(first))).toEqual([`main > 198.18.1.2:${first} 198.18.1.2:${first}`]);
  expect(server.report(at(first))).toEqual([`main > 198.18.1.2:${first} 198.18.1.2:${first}`]);
  expect(server.register(at(tests))).toEqual([]);
  expect(server.report(at(cone))).toEqual([`main > 198.18.1.2:${cone} full-cone`]);
  const answers = Array.from({ length: 7 }, () => {
    server.now += 150;
    return server.sayNext(at(tests));
  });
  expect(answers.flat()).toEqual([...Array<string>(6).fill(`second > 198.18.1.2:${tests} restricted`), `main > 198.18.1.2:${tests} port-restricted`]);
});

test.each([
  ['was answered', false],
  ['was reported', true],
])('a client that was given the port of a first socket that %s and came no further is tested like any other', (_, isReported) => {
  const server = new TextServer();
  server.register(at(1000));
  if (isReported) server.report(at(1000));
  server.now += 5_000;
  server.register(at(2000));
  server.report(at(2000));
  server.register(at(2001));
  expect(server.report(at(1000))).toEqual(['main > 198.18.1.2:1000 full-cone']);
  server.now += 150;
  expect(server.sayNext(at(2001))).toEqual(['second > 198.18.1.2:2001 restricted']);
});

test.each([
  ['first', 1000],
  ['second', 1001],
  ['third', 1002],
])('a client whose mapping varies, and is where an ended one had its %s socket, hears that it varies', (_, port) => {
  const server = new TextServer().steady();
  server.register(at(1001));
  server.report(at(1002));
  server.now += 150;
  server.sayNext(at(1001));
  server.now += 4_000;
  server.register(at(2000));
  expect(server.report(at(port))).toContain(`main > 198.18.1.2:2000 198.18.1.2:${port}`);
});

test('a client whose mapping varies, and is where an ended one was seen whose mapping varied too, hears that it varies', () => {
  const server = new TextServer();
  server.register(at(1000));
  for (let n = 0; n < 8; n += 1) {
    server.report(at(1001));
    server.now += 500;
  }
  server.register(at(2000));
  const heard = Array.from({ length: 3 }, () => {
    server.now += 500;
    return server.report(at(1000));
  });
  expect(heard.at(-1)).toEqual(['main > 198.18.1.2:2000 198.18.1.2:1000']);
});

test('a registration that nothing followed does not stand in the way of a report of its port', () => {
  const server = new TextServer().steady();
  server.register(at(1001));
  server.now += 4_000;
  server.register(at(2000));
  server.report(at(2000));
  server.register(at(2001));
  expect(server.report(at(1001))).toEqual(['main > 198.18.1.2:1001 full-cone']);
  server.now += 150;
  expect(server.sayNext(at(2001))).toEqual(['second > 198.18.1.2:2001 restricted']);
});

test('a client on a long way is told what its last report was, though one before it came no further', () => {
  const server = new TextServer();
  server.register(at(2000));
  server.now += 1_000;
  server.register(at(1000));
  server.now += 6_000;
  expect(server.report(at(1000))).toEqual(['main > 198.18.1.2:1000 198.18.1.2:1000']);
});
