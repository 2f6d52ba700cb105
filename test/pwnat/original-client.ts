/**
 * pwnat's client side, written from its description and from nothing of ours: a UDP socket for each TCP connection, HELLO once,
 * and GOODBYE at anything that it does not expect. It looks at no message's id, and takes any HELLOACK for its own, at any time:
 * the last one's id is the one that it speaks under. Runs on sockets of Node or of a simulated host.
 */
import type { FakeSocket } from '../../adapters/sim/index.ts';
import type { Endpoint } from '../../effects/endpoint.ts';
import { StopAndWait, type Timers } from './stop-and-wait.ts';
import { hello, read, TYPE, write } from './tunnel-bytes.ts';

export interface ClientOptions {
  readonly timers: Timers;
  /** A socket that is not bound yet. */
  readonly socket: () => FakeSocket;
  readonly server: Endpoint;
  /** What the server is asked to connect to, as text. */
  readonly to: Endpoint;
  /** Of the first connection; the next is one more. */
  readonly request?: number;
}

/** What one TCP connection hears. */
export interface Handlers {
  readonly received: (data: Buffer) => void;
  /** Why, for tests. */
  readonly closed: (why: string) => void;
}

export interface Stream {
  write(data: Buffer): void;
  /** The TCP side has ended. */
  end(): void;
}

const FIRST_KEEPALIVE_MS = 500;
const KEEPALIVE_MS = 60_000;

export class OriginalClient {
  readonly #options: ClientOptions;
  #request: number;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#request = options.request ?? 0xf71e;
  }

  /** As if a TCP client had just been accepted. The first of several has the server's port, the next any. */
  connect(handlers: Handlers): Stream {
    const { timers, server, to } = this.#options;
    const request = this.#request;
    this.#request = (request + 1) & 0xffff;
    const socket = this.#options.socket();
    let id = 0;
    let isOver = false;
    let tunnel: StopAndWait | undefined;
    const early: Buffer[] = [];
    const send = (type: number, body?: Buffer): void => {
      if (!isOver) socket.send(write(id, type, body), server.port, server.host);
    };
    const close = (why: string): void => {
      if (isOver) return;
      send(TYPE.goodbye);
      isOver = true;
      tunnel?.stop();
      socket.close();
      handlers.closed(why);
    };
    const keepAlive = (ms: number): void => {
      timers.setTimeout(() => {
        if (isOver) return;
        send(TYPE.keepalive);
        keepAlive(KEEPALIVE_MS);
      }, ms);
    };
    const answer = (body: Buffer, given: number): void => {
      id = given;
      send(TYPE.helloAck, body);
      if (tunnel) return;
      keepAlive(FIRST_KEEPALIVE_MS);
      tunnel = new StopAndWait(timers, { send, deliver: handlers.received, gaveUp: () => close('no acknowledgement') });
      for (const data of early) tunnel.write(data);
    };
    socket.on('message', (data, from) => {
      if (isOver) return;
      if (from.address !== server.host || from.port !== server.port) return close('a stranger');
      const message = read(data);
      if (message === undefined) return close('no message');
      if (message.type === TYPE.goodbye) return close('goodbye');
      if (message.type === TYPE.helloAck && message.body.length === 2) return answer(message.body, message.id);
      if (tunnel?.hear(message) !== true) close(`unexpected type ${message.type}`);
    });
    // The fourth program that cannot have its port takes any.
    socket.once('error', () => socket.bind());
    socket.bind(server.port);
    send(TYPE.hello, hello(request, to.host, to.port));
    return {
      write: (data) => {
        if (tunnel) tunnel.write(data);
        else early.push(data);
      },
      end: () => close('the TCP side'),
    };
  }
}
