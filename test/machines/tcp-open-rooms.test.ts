/** The rendezvous of TCP opening: a place is a connection, and two of a room are told of each other at one moment. */
import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../../effects/endpoint.ts';
import type { OpenMessage } from '../../machines/tcp-open/messages.ts';
import type { Forecast } from '../../machines/port-forecast.ts';
import { admit, foretold, forget, LIMITS, noRooms, observed, type Rooms, sweep, welcome } from '../../machines/tcp-open/rooms.ts';
import type { Step } from '../../machines/server.ts';

const ROOM = 'ab'.repeat(32);

/** Connections by name; what they are told, in words. */
class House {
  rooms: Rooms = noRooms('seed');
  news: string | undefined;

  connect(socket: string, host = '10.0.0.1', at = 0): string[] {
    return this.#take(welcome(this.rooms, { type: 'tcp.accepted', listener: 'tcp', socket, local: { host: '10.0.0.9', port: 1 }, peer: this.#end(socket, host), at }));
  }

  register(socket: string, { rttMs, room = ROOM, peer = socket, host = '10.0.0.1' }: { rttMs?: number; room?: string; peer?: string; host?: string } = {}): string[] {
    const txid = '0'.repeat(24);
    return this.#take(admit(this.rooms, { type: 'register', txid, room, peer, rttMs, candidates: [{ host: '192.168.0.1', port: 7 }], socket, from: this.#end(socket, host), at: 0 }));
  }

  /** On the connection `socket`, which need not be the one that registered. */
  foretell(socket: string, peer: string, forecast: Forecast, { round = 1, at = 0, room = ROOM } = {}): string[] {
    return this.#take(foretold(this.rooms, { type: 'foretell', txid: '0'.repeat(24), room, peer, round, forecast, socket, from: this.#end(socket, '10.0.0.1'), at }));
  }

  observe(socket: string): string[] {
    return this.#take(observed(this.rooms, { type: 'observe', txid: '0'.repeat(24), peer: 'p', socket, from: this.#end(socket, '10.0.0.1'), at: 0 }));
  }

  end(socket: string): void {
    this.rooms = forget(this.rooms, socket);
  }

  sweep(now: number): string[] {
    return this.#take(sweep(this.rooms, now));
  }

  get sizes(): number[] {
    return [this.rooms.connections.size, this.rooms.rooms.size, this.rooms.networks.size];
  }

  #end(socket: string, host: string): Endpoint {
    return { host, port: 1000 + socket.charCodeAt(0) };
  }

  #take({ memory, replies, news }: Step<OpenMessage, Rooms>): string[] {
    this.rooms = memory;
    this.news = news?.what;
    return replies.map((reply) => ('close' in reply ? `close ${reply.socket}` : `${reply.socket}: ${wordsOf(reply.message)}`));
  }
}

function wordsOf(message: OpenMessage): string {
  switch (message.type) {
    case 'introduced':
      return `meet ${message.peer.id} at ${message.peer.endpoints.map(({ port }) => port).join(' ')}, ${message.peer.rttMs} ms${portWords(message)}`;
    case 'refused':
      return message.reason;
    default:
      return message.type;
  }
}

function portWords({ round, mapped, peer: { forecast, round: theirs, ageMs } }: Extract<OpenMessage, { type: 'introduced' }>): string {
  return forecast.kind === 'unknown' ? '' : `, ${forecast.kind} in round ${theirs}, ${ageMs} ms ago; you in ${round} at ${mapped.port}`;
}

function two(): House {
  const house = new House();
  for (const socket of ['a', 'b']) house.connect(socket);
  return house;
}

describe('two of a room', () => {
  test('are told of each other at once, when both have measured their round trips', () => {
    const house = two();
    expect([house.register('a'), house.news]).toEqual([['a: mapped'], 'room-opened']);
    expect(house.register('a', { rttMs: 5 })).toEqual(['a: mapped']);
    expect([house.register('b'), house.news]).toEqual([['b: mapped'], undefined]);
    expect([house.register('b', { rttMs: 9 }), house.news]).toEqual([['b: meet a at 1097 7, 5 ms', 'a: meet b at 1098 7, 9 ms'], 'paired']);
  });

  test('are introduced once, however often they register', () => {
    const house = two();
    for (const socket of ['a', 'b']) house.register(socket, { rttMs: 1 });
    expect(house.register('a', { rttMs: 1 })).toEqual(['a: mapped']);
  });

  test('leave room for a third only when one has gone, and who was introduced meets nobody else', () => {
    const house = two();
    for (const socket of ['a', 'b']) house.register(socket, { rttMs: 1 });
    house.connect('c');
    expect(house.register('c', { rttMs: 1 })).toEqual(['c: room-full']);
    house.end('a');
    expect(house.register('c', { rttMs: 1 })).toEqual(['c: mapped']);
    house.end('b');
    house.connect('d');
    expect(house.register('d', { rttMs: 1 })).toHaveLength(2);
  });
});

describe('a connection', () => {
  test('is in one room only', () => {
    const house = two();
    house.register('a');
    expect(house.register('a', { room: 'cd'.repeat(32) })).toEqual(['close a']);
  });

  test('of the same session takes the place of one that is dead', () => {
    const house = two();
    house.register('a', { rttMs: 1, peer: 'p' });
    house.connect('c');
    house.register('b', { rttMs: 1 });
    expect(house.register('c', { rttMs: 1, peer: 'p' })).toContain('close a');
    expect(house.sizes).toEqual([2, 1, 1]);
  });

  test('without a word is ended after 10 s, and nothing is kept of any that has ended', () => {
    const house = two();
    house.register('a');
    expect(house.sweep(LIMITS.silentMs)).toEqual(['close b']);
    house.end('a');
    expect(house.sizes).toEqual([0, 0, 0]);
  });

  test('is not taken from a network that has a quarter of all, and IPv6 counts by its /64', () => {
    const house = new House();
    for (let n = 0; n < LIMITS.connectionsPerNetwork; n += 1) house.connect(`c${n}`, `2001:db8::${n.toString(16)}`);
    expect(house.connect('x', '2001:db8::ffff:1')).toEqual(['close x']);
    expect(house.connect('y', '2001:db8:0:1::1')).toEqual([]);
  });
});

const COUNTING: Forecast = { kind: 'counting', step: 1, perSecond: 0, rttMs: 20 };
const STEADY: Forecast = { kind: 'steady' };

describe('forecasts of ports', () => {
  function introduced(): House {
    const house = two();
    for (const socket of ['a', 'b']) house.register(socket, { rttMs: 1 });
    for (const socket of ['x', 'y']) house.connect(socket);
    return house;
  }

  test('of one that counts and one that stays are told to both as soon as both are known, in either order', () => {
    const [early, late] = [introduced(), introduced()];
    expect(early.foretell('b', 'b', STEADY, { round: 0 })).toEqual([]);
    const both = ['a: meet b at 1098 7, 1 ms, steady in round 0, 5 ms ago; you in 1 at 1120', 'b: meet a at 1120 7, 1 ms, counting in round 1, 0 ms ago; you in 0 at 1098'];
    expect(early.foretell('x', 'a', COUNTING, { at: 5 })).toEqual(both);
    late.foretell('x', 'a', COUNTING);
    expect(late.foretell('b', 'b', STEADY, { round: 0, at: 5 }).toSorted()).toEqual([
      'a: meet b at 1098 7, 1 ms, steady in round 0, 0 ms ago; you in 1 at 1120',
      'b: meet a at 1120 7, 1 ms, counting in round 1, 5 ms ago; you in 0 at 1098',
    ]);
  });

  test('of two that count wait for each other in every round', () => {
    const house = introduced();
    expect(house.foretell('x', 'a', COUNTING)).toEqual([]);
    expect(house.foretell('y', 'b', COUNTING, { at: 3 })).toHaveLength(2);
    expect(house.foretell('x', 'a', COUNTING, { round: 2 })).toEqual([]);
    expect(house.foretell('y', 'b', COUNTING, { round: 2 })).toHaveLength(2);
  });

  test('of two that stay are nothing to tell', () => {
    const house = introduced();
    house.foretell('a', 'a', STEADY);
    expect(house.foretell('b', 'b', STEADY)).toEqual([]);
  });

  test('of nobody who is in that room end the connection that told them', () => {
    expect(introduced().foretell('x', 'z', COUNTING)).toEqual(['close x']);
    expect(introduced().foretell('x', 'a', COUNTING, { room: 'cd'.repeat(32) })).toEqual(['close x']);
  });

  test('come by connections of no room, which are told where they are seen, and ended after 10 s', () => {
    const house = introduced();
    expect(house.observe('x')).toEqual(['x: mapped']);
    house.foretell('y', 'a', COUNTING);
    expect(house.sweep(LIMITS.silentMs).toSorted()).toEqual(['close x', 'close y']);
    expect(house.foretell('b', 'b', STEADY)).toHaveLength(2);
  });
});

test('what tells ports of no room ends its connection, and an end of a connection that nobody knows changes nothing', () => {
  const rooms = welcome(noRooms('seed'), { type: 'tcp.accepted', listener: 'tcp', socket: 's', local: { host: '10.0.0.9', port: 1 }, peer: { host: '10.0.0.1', port: 1 }, at: 0 }).memory;
  const step = foretold(rooms, { type: 'foretell', txid: '0'.repeat(24), peer: 'p', round: 1, forecast: { kind: 'unknown' }, socket: 's', from: { host: '10.0.0.1', port: 1 }, at: 0 });
  expect(step.replies).toEqual([{ socket: 's', close: true }]);
  expect(forget(step.memory, 's')).toBe(step.memory);
});
