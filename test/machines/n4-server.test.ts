/** The n4 server: who is paired with whom, whose EXCHANGE is whose, and who is let go. Pure transitions. */
import { describe, expect, test } from 'vitest';
import { ServerBench } from './n4-server.ts';

const A = '198.18.1.2';
const B = '198.18.2.2';
const C = '198.18.3.2';

describe('a pair', () => {
  test('is told READY, seen, told of each other, and let go', () => {
    const server = new ServerBench().hello('a');
    expect(server.told).toEqual([]);
    expect(server.hello('b').told).toEqual(['ready > a', 'ready > b']);
    expect(server.exchange(A, 1801).told).toEqual([]);
    expect(server.exchange(A, 1801).told).toEqual([]);
    expect(server.exchange(B, 3023).told).toEqual([`${A}:1801 > b`, `${B}:3023 > a`, 'close b', 'close a']);
    expect(server.exchange(B, 3023).told).toEqual([]);
    expect(server.news).toEqual(['listening', 'listening', 'room-opened', 'paired']);
    expect([server.memory.clients.size, server.memory.turns.size, server.memory.unseen.size, server.memory.rooms.size]).toEqual([0, 0, 0, 0]);
  });

  test('of each ident is one of its own, any number at once', () => {
    const server = new ServerBench();
    for (const [one, other, ident] of [['a', 'b', 'one'], ['c', 'd', 'two'], ['e', 'f', 'three']] as const) {
      expect(server.hello(one, ident).told).toEqual([]);
      expect(server.hello(other, ident).told).toEqual([`ready > ${one}`, `ready > ${other}`]);
    }
    server.exchange(A, 1, 'one').exchange(C, 3, 'two').exchange('198.18.5.2', 5, 'three');
    expect(server.exchange('198.18.4.2', 4, 'two').told.slice(0, 2)).toEqual([`${C}:3 > d`, '198.18.4.2:4 > c']);
    expect(server.exchange(B, 2, 'one').told.slice(0, 2)).toEqual([`${A}:1 > b`, `${B}:2 > a`]);
  });

  test('follows pair of the same ident, before the first is done', () => {
    const server = new ServerBench().hello('a').hello('b').hello('c');
    expect(server.told).toEqual([]);
    expect(server.hello('d').told).toEqual(['ready > c', 'ready > d']);
    server.exchange(C, 3).exchange(A, 1).exchange('198.18.4.2', 4);
    expect(server.told.slice(0, 2)).toEqual([`${C}:3 > d`, '198.18.4.2:4 > c']);
  });

  test('with --ident is one that names it, as with n4.py', () => {
    const server = new ServerBench({ ident: 'ours' });
    expect(server.hello('a', 'theirs').told).toEqual(['close a']);
    expect(server.hello('b', 'ours').hello('c', 'ours').told).toEqual(['ready > b', 'ready > c']);
  });
});

describe('two clients behind one address', () => {
  test('are asked one after the other, so that neither is told its own address', () => {
    const server = new ServerBench().hello('a', 'n4n4n4', A).hello('b', 'n4n4n4', A);
    expect(server.told).toEqual(['ready > a']);
    expect(server.exchange(A, 1801).told).toEqual(['ready > b']);
    // The copies of the first client's are not the second's.
    expect(server.exchange(A, 1801).exchange(A, 1801).told).toEqual([]);
    expect(server.exchange(A, 1900).told).toEqual([`${A}:1801 > b`, `${A}:1900 > a`, 'close b', 'close a']);
  });

  test('never share a source, however late the copy', () => {
    const server = new ServerBench().hello('a', 'n4n4n4', A).hello('b', 'n4n4n4', A).exchange(A, 1801);
    server.now += 3_000;
    expect(server.exchange(A, 1801).told).toEqual([]);
  });

  test('of four, each waits for its turn', () => {
    const server = new ServerBench();
    for (const client of ['a', 'b', 'c', 'd']) server.hello(client, 'n4n4n4', A);
    expect(server.exchange(A, 1).told).toEqual(['ready > b']);
    expect(server.exchange(A, 2).told).toEqual(['ready > c', `${A}:1 > b`, `${A}:2 > a`, 'close b', 'close a']);
    expect(server.exchange(A, 2).told).toEqual([]);
    expect(server.exchange(A, 3).told).toEqual(['ready > d']);
    expect(server.exchange(A, 4).told.slice(0, 2)).toEqual([`${A}:3 > d`, `${A}:4 > c`]);
  });

  test('do not hold up another ident', () => {
    const server = new ServerBench().hello('a', 'one', A).hello('b', 'one', A).hello('c', 'two', A);
    expect(server.hello('d', 'two', B).told).toEqual(['ready > c', 'ready > d']);
  });
});

describe('a client that is gone', () => {
  test('waits for nobody', () => {
    const server = new ServerBench().hello('a').gone('a').hello('b');
    expect(server.told).toEqual([]);
    expect(server.hello('c').told).toEqual(['ready > b', 'ready > c']);
  });

  test('leaves its partner waiting with what it has said, and without a second READY', () => {
    const server = new ServerBench().hello('a').hello('b').exchange(A, 1801);
    expect(server.gone('b').told).toEqual([]);
    expect(server.hello('c').told).toEqual(['ready > c']);
    expect(server.exchange(C, 77).told.slice(0, 2)).toEqual([`${A}:1801 > c`, `${C}:77 > a`]);
  });

  test('leaves a partner that was not seen yet its turn', () => {
    const server = new ServerBench().hello('a').hello('b').gone('b').hello('c');
    expect(server.told).toEqual(['ready > c']);
    server.exchange(A, 1801);
    expect(server.exchange(C, 77).told.slice(0, 2)).toEqual([`${A}:1801 > c`, `${C}:77 > a`]);
  });

  test('leaves a partner whose turn it was not yet to wait for another, and lets nobody in before', () => {
    const server = new ServerBench();
    for (const client of ['a', 'b', 'c', 'd']) server.hello(client, 'n4n4n4', A);
    expect(server.gone('c').told).toEqual([]);
    server.exchange(A, 1);
    expect(server.exchange(A, 2).told).toEqual([`${A}:1 > b`, `${A}:2 > a`, 'close b', 'close a']);
    expect(server.hello('e', 'n4n4n4', B).told).toEqual(['ready > d', 'ready > e']);
  });

  test('that still speaks is told again that it is gone', () => {
    const server = new ServerBench().hello('a').gone('a');
    expect(server.says('a', { type: 'hello', ident: 'n4n4n4' }).told).toEqual(['close a']);
  });

  test('does no harm when READY cannot be sent to it any more', () => {
    const server = new ServerBench().hello('a').hello('b');
    server.send({ type: 'net.failed', effect: 'tcp.send', socket: 'a', code: 'no-such-socket', detail: 'gone', at: server.now });
    expect([server.state, server.memory.clients.size]).toEqual(['serving.watching', 1]);
    expect(server.hello('c').told).toEqual(['ready > c']);
  });

  test('lets two who were both left meet at once', () => {
    const server = new ServerBench().hello('a').hello('b').exchange(A, 1).hello('c').hello('d').exchange(C, 3);
    expect(server.gone('b').told).toEqual([]);
    expect(server.gone('d').told.slice(0, 2)).toEqual([`${A}:1 > c`, `${C}:3 > a`]);
  });
});

describe('a silent client', () => {
  test('without HELLO is let go after ten seconds', () => {
    const server = new ServerBench().connect('a').connect('b');
    server.advance(5_000);
    expect(server.told).toEqual([]);
    server.advance(10_000);
    expect(server.net.filter(({ type }) => type === 'close')).toHaveLength(2);
    expect(server.memory.clients.size).toBe(0);
  });

  test('without EXCHANGE is let go after five, and its partner waits on', () => {
    const server = new ServerBench().hello('a').hello('b').exchange(A, 1801);
    server.advance(10_000);
    expect(server.net.filter(({ type }) => type === 'close')).toEqual([{ type: 'close', socket: 'b' }]);
    expect(server.hello('c').exchange(C, 3).told.slice(0, 2)).toEqual([`${A}:1801 > c`, `${C}:3 > a`]);
  });

  test('may be one whose UDP comes from another address than its TCP', () => {
    const server = new ServerBench().hello('a').hello('b').exchange(A, 1801).exchange('203.0.113.9', 4000);
    expect(server.told).toEqual([]);
    server.advance(10_000);
    expect(server.told).toEqual([`${A}:1801 > b`, '203.0.113.9:4000 > a', 'close b', 'close a']);
  });

  test('is not guessed at where two addresses could be its own', () => {
    const server = new ServerBench().hello('a').hello('b').exchange(A, 1801).exchange('203.0.113.9', 4000).exchange('203.0.113.10', 4000);
    server.advance(10_000);
    expect(server.told).toEqual(['close b']);
  });

  test('is not guessed at where two are silent', () => {
    const server = new ServerBench().hello('a').hello('b').exchange('203.0.113.9', 4000);
    server.advance(10_000);
    expect(server.told.toSorted()).toEqual(['close a', 'close b']);
    expect([server.memory.strays.size, server.memory.unseen.size]).toEqual([0, 0]);
  });
});

test('ends when told to, and when its port is taken', () => {
  const server = new ServerBench();
  server.send({ type: 'close' });
  expect(server.state).toBe('closed');
  const other = new ServerBench();
  other.send({ type: 'net.failed', effect: 'udp.open', socket: 'udp', code: 'unknown', detail: 'broken', at: 0 });
  expect(other.state).toBe('failed');
});

test('outlives a shortage of files', () => {
  const server = new ServerBench();
  server.send({ type: 'net.failed', effect: 'tcp.listen', socket: 'tcp', code: 'exhausted', detail: 'too many open files', at: 0 });
  expect(server.hello('a').hello('b').told).toEqual(['ready > a', 'ready > b']);
});
