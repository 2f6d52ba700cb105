/** The udp-punch rendezvous as a machine: its two sockets, what it answers where, and what it knows of time. Pure transitions. */
import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../../effects/endpoint.ts';
import type { NetHeard } from '../../effects/net-actor.ts';
import type { PunchMessage } from '../../machines/udp-punch/messages.ts';
import { type RendezvousInput, udpPunchRendezvous } from '../../machines/udp-punch/rendezvous.ts';
import type { Rooms } from '../../machines/udp-punch/rooms.ts';
import type { ServerContext } from '../../machines/server.ts';
import { Bench } from './bench.ts';
import { hex, registration } from './room-guests.ts';

type Event = NetHeard<PunchMessage> | { readonly type: 'close' };
const LISTEN: Endpoint = { host: '198.18.0.2', port: 3478 };
const OTHER: Endpoint = { host: '198.18.0.2', port: 40_000 };

class Rendezvous extends Bench<ServerContext<RendezvousInput, Rooms>, Event, PunchMessage> {
  constructor() {
    super(udpPunchRendezvous, { listen: LISTEN, seed: 'secret' });
  }

  opened(socket: 'main' | 'alternate'): this {
    const local = socket === 'main' ? LISTEN : OTHER;
    this.send({ type: 'udp.opened', socket, local, addresses: [local], at: this.now });
    return this;
  }

  serving(): this {
    return this.opened('main').opened('alternate');
  }

  register(who: string): this {
    this.send(registration(who, this.now));
    return this;
  }
}

test('it opens the port that it was given, then the one after it or else any, and tells the first', () => {
  const one = new Rendezvous();
  expect(one.last.net).toEqual([{ type: 'udp.open', socket: 'main', local: LISTEN }]);
  expect(one.opened('main').last.net).toEqual([{ type: 'udp.open', socket: 'alternate', local: { host: LISTEN.host, port: LISTEN.port + 1 } }]);
  const taken = { type: 'net.failed', effect: 'udp.open', socket: 'alternate', code: 'address-in-use', detail: 'taken', at: 0 } as const;
  const other = new Rendezvous().opened('main');
  other.send(taken);
  expect(other.last.net).toEqual([{ type: 'udp.open', socket: 'alternate', local: { host: LISTEN.host, port: 0 } }]);
  expect(one.emitted).toEqual([{ type: 'server', what: 'listening', local: LISTEN }]);
});

test('without its port it fails, without the one beside it serves', () => {
  const failing = new Rendezvous();
  failing.send({ type: 'net.failed', effect: 'udp.open', socket: 'main', code: 'address-in-use', detail: 'taken', at: 0 });
  expect([failing.state, failing.snapshot.output]).toEqual(['failed', { kind: 'failed', reason: 'address-in-use', detail: 'taken' }]);
  const silent = new Rendezvous();
  silent.elapse('openDeadline');
  expect([silent.now, silent.state]).toEqual([6000, 'failed']);
  const one = new Rendezvous().opened('main');
  for (let places = 2; places > 0; places -= 1) one.send({ type: 'net.failed', effect: 'udp.open', socket: 'alternate', code: 'address-in-use', detail: 'taken', at: 0 });
  expect(one.register('a').last.net).toMatchObject([{ message: { type: 'mapped', alternate: undefined } }]);
});

test('it introduces two, and emits no more of the room than eight digits', () => {
  const one = new Rendezvous().serving().register('a').register('b');
  expect(one.last.net).toMatchObject([{ socket: 'main', message: { type: 'introduced', alternate: OTHER } }, { socket: 'main', message: { type: 'introduced' } }]);
  expect(one.emitted.slice(1)).toMatchObject([{ what: 'room-opened', room: hex('room', 4) }, { what: 'paired', room: hex('room', 4) }]);
});

test('an observation is answered by the port that was asked', () => {
  const one = new Rendezvous().serving();
  for (const socket of ['main', 'alternate']) {
    const from = { host: '198.18.1.2', port: 5000 };
    one.send({ type: 'observe', txid: hex('t', 12), peer: hex('a', 8), socket, from, at: one.now });
    expect(one.last.net).toEqual([{ type: 'udp.send', socket, to: from, message: { type: 'mapped', txid: hex('t', 12), to: hex('a', 8), mapped: from } }]);
  }
});

test('what is no request is not answered', () => {
  const one = new Rendezvous().serving().register('a');
  const arrival = { socket: 'main', from: { host: '198.18.1.2', port: 5000 }, at: one.now };
  const txid = hex('t', 12);
  one.send({ type: 'mapped', txid, to: hex('a', 8), mapped: LISTEN, ...arrival });
  one.send({ type: 'refused', txid, to: hex('a', 8), reason: 'busy', ...arrival });
  one.send({ type: 'net.unreadable', reason: 'junk', ...arrival });
  one.send({ type: 'leave', txid, room: hex('room', 32), peer: hex('a', 8), ...arrival });
  expect(one.net.filter(({ type }) => type === 'udp.send')).toHaveLength(1);
  expect(one.context.memory.rooms.size).toBe(0);
});

describe('sweeping', () => {
  test('forgets a room between 15 and 25 s after its last word, though nobody else speaks', () => {
    for (let phase = 0; phase < 5_000; phase += 313) {
      const one = new Rendezvous().serving();
      one.advance(phase);
      one.register('a').advance(14_999);
      expect(one.context.memory.rooms.size).toBe(1);
      one.advance(10_001);
      expect([one.context.memory.rooms.size, one.context.memory.hosts.size]).toEqual([0, 0]);
    }
  });

  test('forgets nobody who repeats its registration every 5 s', () => {
    const one = new Rendezvous().serving();
    for (let n = 0; n < 40; n += 1) {
      one.register('a').advance(5_000);
      expect(one.context.memory.rooms.size).toBe(1);
    }
  });
});

test('it ends when it is told to', () => {
  expect(new Rendezvous().serving().send({ type: 'close' }).net).toEqual([]);
});
