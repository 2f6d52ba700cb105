/** Fake sockets, as code written for node:dgram sees them. */
import type { RemoteInfo, Socket } from 'node:dgram';
import { beforeEach, describe, expect, test } from 'vitest';
import { fakeSocket } from '../../adapters/sim/dgram.ts';
import { type World, world } from '../../adapters/sim/index.ts';

/** What an application might ask for in its own signature. */
type AppSocket = Pick<Socket, 'bind' | 'send' | 'on' | 'once' | 'off' | 'address' | 'close' | 'setTTL' | 'ref' | 'unref'>;

let w: World;

beforeEach(() => {
  w = world({ a: 'port-restricted', b: 'open' });
});

const socketOf = (host: string): AppSocket => fakeSocket(w.host(host));

function heardBy(socket: AppSocket): string[] {
  const heard: string[] = [];
  socket.on('message', (message: Buffer, { address, family, port, size }: RemoteInfo) => heard.push(`${address} ${family} ${port} ${size} ${message.toString()}`));
  return heard;
}

test('an echo server written for node:dgram works through a NAT', () => {
  const server = socketOf('s');
  server.on('message', (message, { port, address }) => server.send(`re: ${message.toString()}`, port, address));
  server.bind(7);
  const client = socketOf('a');
  const heard = heardBy(client);
  client.send('hello', 7, '198.18.0.2');
  expect(heard).toEqual([]);
  w.advance(100);
  expect(heard).toEqual(['198.18.0.2 IPv4 7 9 re: hello']);
});

describe('bind', () => {
  test.each([
    ['()', (socket: AppSocket, done: () => void) => socket.bind(undefined, undefined, done), '0.0.0.0', 40_000],
    ['(callback)', (socket: AppSocket, done: () => void) => socket.bind(done), '0.0.0.0', 40_000],
    ['(port, callback)', (socket: AppSocket, done: () => void) => socket.bind(7, done), '0.0.0.0', 7],
    ['(port, address, callback)', (socket: AppSocket, done: () => void) => socket.bind(7, '198.18.0.3', done), '198.18.0.3', 7],
    ['(options, callback)', (socket: AppSocket, done: () => void) => socket.bind({ port: 7, address: '198.18.0.3' }, done), '198.18.0.3', 7],
  ])('%s reports listening later, with its address', (_, bind, address, port) => {
    const socket = socketOf('s');
    let listening = 0;
    bind(socket, () => (listening += 1));
    expect(listening).toBe(0);
    w.advance(0);
    expect(listening).toBe(1);
    expect(socket.address()).toEqual({ address, family: 'IPv4', port });
  });

  test.each([
    [{ port: 7 }, 'EADDRINUSE'],
    [{ port: 8, address: '198.18.9.9' }, 'EADDRNOTAVAIL'],
  ])('to %j emits an error later: %s', (options, code) => {
    socketOf('s').bind(7);
    const socket = socketOf('s');
    const errors: unknown[] = [];
    socket.on('error', (error) => errors.push(error));
    socket.bind(options);
    expect(errors).toEqual([]);
    w.advance(0);
    expect(errors).toMatchObject([{ code, syscall: 'bind' }]);
  });
});

describe('send', () => {
  test.each([
    ['(message, port, address)', (socket: AppSocket) => socket.send('datagram', 7, '198.18.0.2'), 'datagram'],
    ['(buffer, port, address)', (socket: AppSocket) => socket.send(Buffer.from('datagram'), 7, '198.18.0.2'), 'datagram'],
    ['(parts, port, address)', (socket: AppSocket) => socket.send([Buffer.from('data'), 'gram'], 7, '198.18.0.2'), 'datagram'],
    ['(message, offset, length, port, address)', (socket: AppSocket) => socket.send(Buffer.from('datagram'), 4, 3, 7, '198.18.0.2'), 'gra'],
  ])('%s', (_, send, text) => {
    const server = socketOf('s').bind(7);
    const heard = heardBy(server);
    send(socketOf('a'));
    w.advance(100);
    expect(heard).toEqual([`198.18.1.2 IPv4 40000 ${text.length} ${text}`]);
  });

  test('calls back later with the number of bytes, or with what went wrong', () => {
    const socket = socketOf('a');
    const results: unknown[] = [];
    const note = (error: Error | null, bytes: number): unknown => results.push(error ?? bytes);
    socket.send('four', 7, '198.18.0.2', note);
    socket.send(Buffer.from('offset'), 3, 3, 7, '198.18.0.2', note);
    socket.send('x', 7, 'no-such-host.example', note);
    expect(results).toEqual([]);
    w.advance(0);
    expect(results).toMatchObject([4, 3, { code: 'ENETUNREACH', syscall: 'send' }]);
  });

  test('copies: the caller may use its buffer again', () => {
    const server = socketOf('s').bind(7);
    const heard = heardBy(server);
    const buffer = Buffer.from('before');
    socketOf('a').send(buffer, 7, '198.18.0.2');
    buffer.write('after ');
    w.advance(100);
    expect(heard).toEqual(['198.18.1.2 IPv4 40000 6 before']);
  });

  test('throws at once on a port that cannot be, and past the end of a buffer', () => {
    expect(() => socketOf('a').send('x', 0, '198.18.0.2')).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_BAD_PORT' }));
    expect(() => socketOf('a').send(Buffer.from('abc'), 2, 2, 7, '198.18.0.2')).toThrow(expect.objectContaining({ code: 'ERR_BUFFER_OUT_OF_BOUNDS' }));
  });

  test('with a low TTL dies on the way', () => {
    const socket = socketOf('a').bind();
    expect(socket.setTTL(2)).toBe(2);
    socket.send('opener', 7, '198.18.0.2');
    w.advance(100);
    expect(w.drops()).toMatchObject([{ by: 'core', reason: 'ttl' }]);
  });
});

test('close is reported later, frees the port, and ends the socket', () => {
  const socket = socketOf('s').bind(7);
  w.advance(0);
  let closed = 0;
  socket.close(() => (closed += 1));
  expect(closed).toBe(0);
  w.advance(0);
  expect(closed).toBe(1);
  expect(w.leaks()).toEqual([]);
  expect(() => socket.send('x', 1, '198.18.0.2')).toThrow('Not running');
  expect(() => socket.close()).toThrow('Not running');
});

test('a listener that is taken off hears nothing more', () => {
  const socket = socketOf('s').bind(7);
  const heard: string[] = [];
  const listener = (message: Buffer): void => void heard.push(message.toString());
  socket.on('message', listener);
  const client = socketOf('b');
  client.send('one', 7, '198.18.0.2');
  w.advance(100);
  socket.off('message', listener);
  client.send('two', 7, '198.18.0.2');
  w.advance(100);
  expect(heard).toEqual(['one']);
  expect([socket.ref(), socket.unref()]).toEqual([socket, socket]);
});

describe('as node:dgram does', () => {
  test('a socket is bound once, has no address before, and no TTL that does not exist', () => {
    const socket = socketOf('s');
    expect(() => socket.address()).toThrow(expect.objectContaining({ code: 'EBADF' }));
    socket.bind(7);
    expect(() => socket.bind(8)).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_ALREADY_BOUND' }));
    for (const ttl of [0, 256, Number.NaN]) expect(() => socket.setTTL(ttl)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    expect(socket.setTTL(64)).toBe(64);
  });

  test('without an address it sends to this host, and localhost is a name for it', () => {
    const server = socketOf('s');
    const heard = heardBy(server);
    server.bind(7);
    const client = socketOf('s');
    client.bind(9);
    client.send('one', 7);
    client.send('two', 7, 'localhost');
    w.advance(100);
    expect(heard.map((text) => text.split(' ').at(-1))).toEqual(['one', 'two']);
  });

  test('what is refused is told to the callback, or to everybody where there is none', () => {
    const client = socketOf('a');
    const told: unknown[] = [];
    client.on('error', ({ message }: Error) => told.push(message));
    const large = Buffer.alloc(65_508);
    client.send(large, 7, '198.18.0.2', (error) => told.push(error?.message));
    client.send(large, 7, '198.18.0.2');
    w.advance(100);
    expect(told).toEqual([expect.stringMatching(/^send EMSGSIZE/), expect.stringMatching(/^send EMSGSIZE/)]);
  });

  test('a socket that cannot be bound sends nothing, and says so once', () => {
    const ports = w.host('s');
    for (let port = 1; port < 65_536; port += 1) ports.bind('taken', { port }, () => undefined);
    const client = socketOf('s');
    const told: unknown[] = [];
    client.on('error', ({ message }: Error) => told.push(message));
    client.send('x', 7, '198.18.1.2');
    w.advance(100);
    expect(told).toEqual([expect.stringMatching(/^bind EADDRINUSE|^bind \w+/)]);
    expect(w.journeys()).toEqual([]);
  });
});
