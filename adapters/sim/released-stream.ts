/**
 * A simulated TCP connection in the hands of an application, after `tcp.release`: both directions end by themselves, and what
 * has come waits until it is read. It knows no label and reports nothing by itself.
 */
import type { Endpoint } from '../../effects/endpoint.ts';
import type { TcpConnection } from './tcp-connection.ts';
import { DEAF, type TcpFailure } from './tcp-handler.ts';

/** A simulated TCP connection that its machine has given away, in order and whole. */
export class ReleasedStream {
  readonly local: Endpoint;
  readonly peer: Endpoint;
  /** The peer has ended its side; what it sent before can still be read. */
  isEnded = false;
  /** How it broke, if it did. */
  failure: TcpFailure | undefined;
  /** Told after each change: more to read, the end, or a failure. */
  onChange: () => void = () => undefined;
  readonly #connection: TcpConnection;
  #arrived: Uint8Array[];

  constructor(connection: TcpConnection, unread: Uint8Array | undefined) {
    this.#connection = connection;
    this.local = connection.local;
    this.peer = connection.remote;
    this.#arrived = unread === undefined || unread.length === 0 ? [] : [unread];
    connection.handler = {
      ...DEAF,
      received: (data) => {
        this.#arrived.push(data);
        this.onChange();
      },
      ended: () => {
        this.isEnded = true;
        this.onChange();
      },
      broke: (failure) => {
        this.failure = failure;
        this.onChange();
      },
    };
  }

  /** Everything that has come since the last time. */
  read(): Uint8Array {
    const all = new Uint8Array(this.#arrived.reduce((length, piece) => length + piece.length, 0));
    let filled = 0;
    for (const piece of this.#arrived) {
      all.set(piece, filled);
      filled += piece.length;
    }
    this.#arrived = [];
    return all;
  }

  /** False when more would wait than may: then nothing is sent. */
  write(data: Uint8Array): boolean {
    return this.#connection.send(data);
  }

  /** Ends this side; the peer may go on. */
  end(): void {
    this.#connection.end();
  }

  /** Lets go of it at once. */
  destroy(): void {
    this.#connection.abandon();
  }

  /** Ends it without a word to anybody, as a world does that is over. */
  vanish(): void {
    this.#connection.vanish();
  }
}
