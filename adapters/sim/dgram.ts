/**
 * Fake sockets: the commonly used part of node:dgram's Socket on a simulated host, for code that knows nothing of this
 * project. Everything is delivered by the virtual clock. The only file here that needs Node; nothing but `index.ts` imports it.
 */
import type { RemoteInfo, Socket } from 'node:dgram';
import { EventEmitter } from 'node:events';
import type { Endpoint } from '../../effects/endpoint.ts';
import type { NetFailure } from '../../effects/net.ts';
import type { Host, UdpSocket } from './host.ts';
import type { Refused } from './ports.ts';

/** What a fake socket can do. Events: `listening`, `message`, `error`, `close`. */
export type FakeSocket = Pick<
  Socket,
  'bind' | 'send' | 'address' | 'close' | 'setTTL' | 'ref' | 'unref' | 'on' | 'once' | 'off' | 'addListener' | 'removeListener' | 'removeAllListeners' | 'emit'
>;

/** A UDP socket (`udp4`) of `host`, not bound yet; the first send binds it. */
export function fakeSocket(host: Host): FakeSocket {
  // Node's chainable methods answer a whole Socket, which this is not.
  return new SimulatedSocket(host) as unknown as FakeSocket;
}

type Message = string | NodeJS.ArrayBufferView;
type SendCallback = (error: Error | null, bytes: number) => void;

class SimulatedSocket extends EventEmitter {
  readonly #host: Host;
  #bound: UdpSocket | undefined;
  #ttl: number | undefined;
  #isClosed = false;

  constructor(host: Host) {
    super();
    this.#host = host;
  }

  /** `(port?, address?, callback?)`, `(port, callback)`, `(callback)` or `({ port, address }, callback?)`. */
  bind(...given: readonly unknown[]): this {
    this.#mustBeOpen();
    if (this.#bound !== undefined) throw failure('ERR_SOCKET_ALREADY_BOUND', 'Socket is already bound');
    const [first, second] = given;
    const options = typeof first === 'object' && first !== null ? (first as { port?: number; address?: string }) : {};
    const port = typeof first === 'number' ? first : options.port;
    const address = typeof second === 'string' ? second : options.address;
    const callback = given.find((value) => typeof value === 'function') as (() => void) | undefined;
    if (callback) this.once('listening', callback);
    this.#bind({ ...(address ? { host: literal(address) } : {}), ...(port ? { port } : {}) });
    return this;
  }

  /** `(message, port, address?, callback?)` or `(message, offset, length, port, address?, callback?)`. */
  send(message: Message | readonly Message[], ...given: readonly unknown[]): void {
    this.#mustBeOpen();
    const isSlice = typeof given[1] === 'number' && typeof given[2] === 'number';
    const whole = bytesOf(message);
    const data = isSlice ? slice(whole, given[0] as number, given[1] as number) : whole;
    const rest = isSlice ? given.slice(2) : given;
    const port = Number(rest[0]);
    if (!(port >= 1 && port <= 65_535)) throw failure('ERR_SOCKET_BAD_PORT', `Port should be > 0 and < 65536. Received ${String(rest[0])}.`, RangeError);
    const address = typeof rest[1] === 'string' ? rest[1] : '127.0.0.1';
    const callback = rest.find((value) => typeof value === 'function') as SendCallback | undefined;
    const bound = this.#bound ?? this.#bind({});
    if (bound === undefined) return;
    const refused = bound.send({ host: literal(address), port }, data, this.#ttl);
    this.#later(() => {
      if (refused === undefined) callback?.(null, data.length);
      else if (callback) callback(systemError('send', refused), 0);
      else this.emit('error', systemError('send', refused));
    });
  }

  address(): { address: string; family: string; port: number } {
    this.#mustBeOpen();
    if (this.#bound === undefined) throw failure('EBADF', 'getsockname EBADF');
    const { host, port } = this.#bound.local;
    return { address: host, family: 'IPv4', port };
  }

  close(callback?: () => void): this {
    this.#mustBeOpen();
    if (callback) this.once('close', callback);
    this.#isClosed = true;
    this.#bound?.close();
    this.#host.clock.setTimeout(() => this.emit('close'), 0);
    return this;
  }

  setTTL(ttl: number): number {
    if (!(ttl >= 1 && ttl <= 255)) throw failure('EINVAL', 'setTTL EINVAL');
    this.#ttl = ttl;
    return ttl;
  }

  /** Virtual time needs nobody to keep it going. */
  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  #bind(local: Partial<Endpoint>): UdpSocket | undefined {
    const bound = this.#host.bind('dgram', local, (from, data) => this.#receive(from, data));
    if ('code' in bound) {
      this.#later(() => this.emit('error', systemError('bind', bound)));
      return undefined;
    }
    this.#bound = bound;
    this.#later(() => this.emit('listening'));
    return bound;
  }

  #receive(from: Endpoint, data: Uint8Array): void {
    const info: RemoteInfo = { address: from.host, family: 'IPv4', port: from.port, size: data.length };
    this.emit('message', Buffer.from(data), info);
  }

  #later(callback: () => void): void {
    this.#host.clock.setTimeout(() => {
      if (!this.#isClosed) callback();
    }, 0);
  }

  #mustBeOpen(): void {
    if (this.#isClosed) throw failure('ERR_SOCKET_DGRAM_NOT_RUNNING', 'Not running');
  }
}

function literal(address: string): string {
  return address === 'localhost' ? '127.0.0.1' : address;
}

/** Always a copy: the caller may write over its own buffer as soon as send() returns. */
function bytesOf(message: Message | readonly Message[]): Uint8Array {
  if (Array.isArray(message)) return new Uint8Array(Buffer.concat((message as readonly Message[]).map(bytesOf)));
  if (typeof message === 'string') return new Uint8Array(Buffer.from(message));
  const { buffer, byteOffset, byteLength } = message as NodeJS.ArrayBufferView;
  return new Uint8Array(buffer, byteOffset, byteLength).slice();
}

function slice(data: Uint8Array, offset: number, length: number): Uint8Array {
  if (offset < 0 || length < 0 || offset + length > data.length) {
    throw failure('ERR_BUFFER_OUT_OF_BOUNDS', 'Attempt to access memory outside buffer bounds', RangeError);
  }
  return data.slice(offset, offset + length);
}

/** The codes that Node gives for these. */
const SYSTEM_CODES: Partial<Record<NetFailure, string>> = {
  'address-in-use': 'EADDRINUSE',
  'address-not-available': 'EADDRNOTAVAIL',
  'too-large': 'EMSGSIZE',
  unreachable: 'ENETUNREACH',
  exhausted: 'EADDRINUSE',
};

function systemError(call: string, { code, detail }: Refused): Error {
  const systemCode = SYSTEM_CODES[code] ?? 'EIO';
  return Object.assign(failure(systemCode, `${call} ${systemCode}: ${detail}`), { syscall: call });
}

function failure(code: string, message: string, Kind: new (message: string) => Error = Error): Error {
  return Object.assign(new Kind(message), { code });
}
