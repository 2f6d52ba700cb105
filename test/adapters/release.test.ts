/** What every network promises of `tcp.release`, on real sockets and on simulated ones: the stream goes on where the protocol stopped. */
import type { Socket } from 'node:net';
import { Subject, type Subscription } from 'rxjs';
import { afterEach, describe, expect, test } from 'vitest';
import { nodeNet } from '../../adapters/node/net.ts';
import { type ReleasedStream, world } from '../../adapters/sim/index.ts';
import type { Net, NetEffect, NetEvent } from '../../effects/net.ts';
import { until } from './real-time.ts';

/** The little that both kinds of stream have in common. */
interface Stream {
  readonly heard: () => string;
  readonly isEnded: () => boolean;
  readonly write: (text: string) => void;
  readonly end: () => void;
  readonly destroy: () => void;
}

interface Ground {
  readonly net: (host: 'a' | 'b', onRelease?: (stream: Stream) => void) => Net;
  readonly address: (host: 'a' | 'b') => string;
  readonly until: (met: () => boolean, what: string) => Promise<void>;
}

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));

function real(socket: Socket): Stream {
  let heard = '';
  let isEnded = false;
  socket.on('data', (data) => (heard += String(data))).on('end', () => (isEnded = true)).on('error', () => undefined);
  return { heard: () => heard, isEnded: () => isEnded, write: (text) => void socket.write(text), end: () => void socket.end(), destroy: () => void socket.destroy() };
}

function simulated(stream: ReleasedStream): Stream {
  let heard = '';
  return {
    heard: () => (heard += Buffer.from(stream.read()).toString()),
    isEnded: () => stream.isEnded,
    write: (text) => void stream.write(bytes(text)),
    end: () => stream.end(),
    destroy: () => stream.destroy(),
  };
}

function onNode(): Ground {
  return { net: (_, take) => nodeNet(take ? { onRelease: (socket) => take(real(socket)) } : {}), address: () => '127.0.0.1', until };
}

function onSim(): Ground {
  const w = world({ a: 'open', b: 'open' });
  return {
    net: (host, take) => w.host(host).net(take ? { onRelease: (stream) => take(simulated(stream)) } : {}),
    address: (host) => w.address(host),
    until: async (met, what) => {
      for (let ms = 0; ms < 5_000 && !met(); ms += 1) w.advance(1);
      if (!met()) throw new Error(`${what} did not happen`);
    },
  };
}

class User {
  readonly events: NetEvent[] = [];
  readonly streams: Stream[] = [];
  readonly #effects = new Subject<NetEffect>();
  readonly #subscription: Subscription;

  constructor(ground: Ground, host: 'a' | 'b', takes = true) {
    this.#subscription = ground.net(host, takes ? (stream) => void this.streams.push(stream) : undefined)(this.#effects).subscribe((event) => this.events.push(event));
  }

  ask(...effects: readonly NetEffect[]): void {
    for (const effect of effects) this.#effects.next(effect);
  }

  saw(type: NetEvent['type']): NetEvent | undefined {
    return this.events.find((event) => event.type === type);
  }

  stop(): void {
    this.#subscription.unsubscribe();
    for (const stream of this.streams) stream.destroy();
  }
}

describe.each([
  ['node', onNode],
  ['simulated', onSim],
])('a released connection (%s)', (_, makeGround) => {
  const users: User[] = [];
  afterEach(() => users.splice(0).forEach((user) => user.stop()));

  /** Two users with a connection between them, `c` of a and `l/1` of b. */
  async function pair(takes = true): Promise<{ readonly a: User; readonly b: User; readonly ground: Ground }> {
    const ground = makeGround();
    const [a, b] = [new User(ground, 'a', takes), new User(ground, 'b', takes)];
    users.push(a, b);
    b.ask({ type: 'tcp.listen', socket: 'l', local: { host: ground.address('b'), port: 0 } });
    await ground.until(() => b.saw('tcp.listening') !== undefined, 'listening');
    const listening = b.saw('tcp.listening');
    const port = listening?.type === 'tcp.listening' ? listening.local.port : 0;
    a.ask({ type: 'tcp.connect', socket: 'c', to: { host: ground.address('b'), port } });
    await ground.until(() => a.saw('tcp.connected') !== undefined && b.saw('tcp.accepted') !== undefined, 'a connection');
    return { a, b, ground };
  }

  test('begins with what was unread, goes on with what comes, and is silent to its network', async () => {
    const { a, b, ground } = await pair();
    a.ask({ type: 'tcp.send', socket: 'c', data: bytes('before') });
    await ground.until(() => b.saw('tcp.received') !== undefined, 'the first bytes');
    b.ask({ type: 'tcp.release', socket: 'l/1', unread: bytes('fore, ') });
    a.ask({ type: 'tcp.send', socket: 'c', data: bytes('after') }, { type: 'tcp.release', socket: 'c' });
    const [one, other] = [a.streams[0], b.streams[0]];
    await ground.until(() => other?.heard() === 'fore, after', 'all');
    other?.write('back');
    await ground.until(() => one?.heard() === 'back', 'the answer');
    expect(b.events.map(({ type }) => type)).toEqual(['tcp.listening', 'tcp.accepted', 'tcp.received']);
  });

  test('ends each direction by itself, and outlives the network it came from', async () => {
    const { a, b, ground } = await pair();
    a.ask({ type: 'tcp.release', socket: 'c' });
    b.ask({ type: 'tcp.release', socket: 'l/1' });
    const [one, other] = [a.streams[0], b.streams[0]];
    a.streams.pop();
    a.stop();
    one?.write('last words');
    one?.end();
    await ground.until(() => other?.heard() === 'last words' && other.isEnded(), 'the end of one direction');
    other?.write('still here');
    await ground.until(() => one?.heard() === 'still here', 'the other direction');
    other?.end();
    await ground.until(() => one?.isEnded() === true, 'its end');
    one?.destroy();
  });

  test('gives its label back', async () => {
    const { a, b, ground } = await pair();
    a.ask({ type: 'tcp.release', socket: 'c' }, { type: 'tcp.send', socket: 'c', data: bytes('x') }, { type: 'tcp.release', socket: 'c' });
    await ground.until(() => a.events.length === 3, 'two refusals');
    expect(a.events.slice(1)).toMatchObject([
      { type: 'net.failed', effect: 'tcp.send', code: 'no-such-socket' },
      { type: 'net.failed', effect: 'tcp.release', code: 'no-such-socket' },
    ]);
    expect([a.streams.length, b.streams.length]).toEqual([1, 0]);
  });

  test('is closed where nobody takes it, and that is said', async () => {
    const { a, b, ground } = await pair(false);
    a.ask({ type: 'tcp.release', socket: 'c' });
    await ground.until(() => a.saw('net.failed') !== undefined && b.events.length === 3, 'the end');
    expect(a.saw('net.failed')).toMatchObject({ effect: 'tcp.release', socket: 'c', code: 'unsupported' });
    expect(b.events[2]?.type).toMatch(/tcp.closed|net.failed/);
  });
});
