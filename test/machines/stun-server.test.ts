/** The life of the STUN server: which sockets it opens where, which it can do without, and that it hands its work to the reflex. */
import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../../effects/endpoint.ts';
import type { NetHeard } from '../../effects/net-actor.ts';
import { stunServer, type StunServerInput, type StunServerMessage } from '../../machines/nat-check/stun-server.ts';
import { alternatesOf, type ServerContext } from '../../machines/server.ts';
import { Bench } from './bench.ts';

const A1 = '198.51.100.1';
const A2 = '198.51.100.2';
const LISTEN = { host: A1, port: 3478 };
const ALTERNATE = { host: A2, port: 3479 };
/** What a system gives that was asked for any free port. */
const FREE_PORT = 50_000;

class Server extends Bench<ServerContext<StunServerInput, undefined>, NetHeard<StunServerMessage> | { readonly type: 'close' }, StunServerMessage> {
  constructor(input: StunServerInput) {
    super(stunServer, input);
  }

  /** The socket that is being opened, as `label host:port`. */
  get asked(): string {
    const effect = this.last.net[0];
    return effect?.type === 'udp.open' || effect?.type === 'tcp.listen' ? `${effect.socket} ${effect.local?.host}:${effect.local?.port}` : 'nothing';
  }

  /** Opens it as asked. */
  open(): this {
    const effect = this.last.net[0];
    if (effect?.type !== 'udp.open' && effect?.type !== 'tcp.listen') throw new Error('nothing is being opened');
    const local: Endpoint = { host: effect.local?.host ?? '', port: effect.local?.port || FREE_PORT + this.emitted.length };
    const { socket } = effect;
    if (effect.type === 'udp.open') this.send({ type: 'udp.opened', socket, local, addresses: [local], at: this.now });
    else this.send({ type: 'tcp.listening', socket, local, at: this.now });
    return this;
  }

  openAll(): string[] {
    const asked: string[] = [];
    while (this.asked !== 'nothing') {
      asked.push(this.asked);
      this.open();
    }
    return asked;
  }

  refuse(code: 'unsupported' | 'address-in-use'): this {
    const effect = this.last.net[0];
    if (effect?.type !== 'udp.open' && effect?.type !== 'tcp.listen') throw new Error('nothing is being opened');
    this.send({ type: 'net.failed', effect: effect.type, socket: effect.socket, code, detail: 'refused', at: this.now });
    return this;
  }

  get announced(): string[] {
    return this.emitted.map((event) => {
      const { local, transport = 'udp' } = event as unknown as { local: Endpoint; transport?: string };
      return `${local.host}:${local.port} ${transport}`;
    });
  }
}

test('a second port is the one after the first, or any free one where that is taken, where there is none, or where the first was any', () => {
  const [host, free] = ['127.0.0.1', { host: '127.0.0.1', port: 0 }];
  expect(alternatesOf({ host, port: 3478 })).toEqual([{ host, port: 3479 }, free]);
  for (const port of [0, 65_535]) expect(alternatesOf({ host, port })).toEqual([free, free]);
});

describe('opening', () => {
  test('two addresses by two ports, then TCP beside each', () => {
    const server = new Server({ listen: LISTEN, alternate: ALTERNATE });
    const udp = ['a1p1 198.51.100.1:3478', 'a1p2 198.51.100.1:3479', 'a2p1 198.51.100.2:3478', 'a2p2 198.51.100.2:3479'];
    expect(server.openAll()).toEqual([...udp, ...udp.map((socket) => `tcp-${socket}`)]);
    expect(server.state).toBe('serving.watching');
    const places = udp.map((socket) => socket.split(' ')[1]);
    expect(server.announced).toEqual([...places.map((place) => `${place} udp`), ...places.map((place) => `${place} tcp`)]);
  });

  test('one address, one port', () => {
    const server = new Server({ listen: LISTEN });
    expect(server.openAll()).toEqual(['a1p1 198.51.100.1:3478', 'tcp-a1p1 198.51.100.1:3478']);
  });

  test('more addresses beside it, each with its TCP, at the port of the first', () => {
    const server = new Server({ listen: { host: A1, port: 0 }, beside: [A2, '127.0.0.1'] });
    const udp = ['a1p1 198.51.100.1:0', 'beside-1 198.51.100.2:50000', 'beside-2 127.0.0.1:50000'];
    const tcp = ['tcp-a1p1 198.51.100.1:50000', 'tcp-beside-1 198.51.100.2:50000', 'tcp-beside-2 127.0.0.1:50000'];
    expect(server.openAll()).toEqual([...udp, ...tcp]);
    expect(server.announced).toHaveLength(6);
  });

  test('without an address beside it that is not there', () => {
    const server = new Server({ listen: LISTEN, beside: [A2, '127.0.0.1'] }).open().refuse('address-in-use').refuse('address-in-use');
    expect(server.openAll()).toEqual(['tcp-a1p1 198.51.100.1:3478']);
    expect(server.state).toBe('serving.watching');
  });

  test('any free ports, the same two on both addresses and over TCP', () => {
    const server = new Server({ listen: { host: A1, port: 0 }, alternate: { host: A2, port: 0 } });
    const udp = ['a1p1 198.51.100.1:0', 'a1p2 198.51.100.1:0', 'a2p1 198.51.100.2:50000', 'a2p2 198.51.100.2:50001'];
    const tcp = ['tcp-a1p1 198.51.100.1:50000', 'tcp-a1p2 198.51.100.1:50001', 'tcp-a2p1 198.51.100.2:50000', 'tcp-a2p2 198.51.100.2:50001'];
    expect(server.openAll()).toEqual([...udp, ...tcp]);
  });

  test('without TCP it serves UDP, and does not announce what it has not', () => {
    const server = new Server({ listen: LISTEN, alternate: ALTERNATE }).open().open().open().open();
    server.refuse('unsupported').refuse('unsupported').refuse('unsupported').refuse('address-in-use');
    expect([server.state, server.announced.filter((text) => text.endsWith('tcp'))]).toEqual(['serving.watching', []]);
  });

  test.each([0, 1, 2, 3])('ends when its UDP socket %i cannot be had', (n) => {
    const server = new Server({ listen: LISTEN, alternate: ALTERNATE });
    for (let i = 0; i < n; i += 1) server.open();
    expect(server.refuse('address-in-use').snapshot.output).toEqual({ kind: 'failed', reason: 'address-in-use', detail: 'refused' });
  });

  test('ends when the system does not answer', () => {
    const server = new Server({ listen: LISTEN }).open();
    server.elapse('openDeadline');
    expect(server.state).toBe('failed');
  });
});

describe('serving', () => {
  const serving = (): Server => {
    const server = new Server({ listen: LISTEN, alternate: ALTERNATE });
    server.openAll();
    return server;
  };

  test('begins with the reflex, which is told every socket by its label', () => {
    const server = new Server({ listen: LISTEN, alternate: ALTERNATE }).open().open().open().open();
    server.refuse('unsupported').refuse('unsupported').refuse('unsupported').refuse('unsupported');
    const sockets = { a1p1: LISTEN, a1p2: { host: A1, port: 3479 }, a2p1: { host: A2, port: 3478 }, a2p2: ALTERNATE };
    expect(server.last.net).toEqual([{ type: 'reflex', sockets }]);
  });

  test('outlives a TCP listener and every connection, but no UDP socket', () => {
    const server = serving();
    server.send({ type: 'net.failed', effect: 'tcp.listen', socket: 'tcp-a1p1/7', code: 'reset', detail: '', at: 1 });
    server.send({ type: 'net.failed', effect: 'tcp.listen', socket: 'tcp-a2p2', code: 'exhausted', detail: '', at: 1 });
    server.send({ type: 'net.failed', effect: 'udp.send', socket: 'a1p1', code: 'unreachable', detail: '', at: 1 });
    expect(server.state).toBe('serving.watching');
    server.send({ type: 'net.failed', effect: 'udp.open', socket: 'a2p1', code: 'unknown', detail: 'it broke', at: 1 });
    expect(server.snapshot.output).toEqual({ kind: 'failed', reason: 'socket-failed', detail: 'it broke' });
  });

  test('keeps nothing, whatever the time', () => {
    const server = serving();
    server.advance(60_000);
    expect([server.state, server.context.memory]).toEqual(['serving.watching', undefined]);
  });

  test('ends when told to', () => {
    const server = serving();
    server.send({ type: 'close' });
    expect([server.state, server.snapshot.output]).toEqual(['closed', undefined]);
  });
});
