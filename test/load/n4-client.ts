/** Clients of an n4 server on loopback, by bare sockets and bytes: those who want a partner, and those who want no good. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** One connection from an address of loopback's; it never closes its end by itself. */
export function dial(port: number, from: string): Socket {
  const socket = connect({ host: '127.0.0.1', port, localAddress: from, allowHalfOpen: true, noDelay: true });
  socket.on('error', () => socket.destroy());
  return socket;
}

/** `count` connections, so many at a time, each up before the next of its place is dialled; `say` is what each says first. */
export async function crowd(port: number, count: number, from: (n: number) => string, say?: (n: number) => Uint8Array): Promise<Socket[]> {
  const sockets: Socket[] = [];
  const work = async (): Promise<void> => {
    while (sockets.length < count) {
      const n = sockets.length;
      const socket = dial(port, from(n));
      sockets.push(socket);
      await new Promise<void>((resolve) => {
        socket.once('connect', () => resolve());
        socket.once('close', () => resolve());
      });
      const words = say?.(n);
      if (words) socket.write(words);
      socket.resume();
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  return sockets;
}

/** They come faster than they are accepted, so the system lets some wait for a second; so many can wait at once. */
const AT_A_TIME = 1_000;

/** HELLO, EXCHANGE or PUNCH. */
export function packet(command: number, ident: string): Uint8Array {
  return Buffer.from([command, 0, ...Buffer.from(ident.padEnd(6))]);
}

/** Somebody who wants a partner, from an address of its own. */
export class Client {
  readonly #socket: Socket;
  readonly #udp = createSocket('udp4');
  readonly #ident: string;
  readonly #port: number;
  readonly #from: string;
  #heard = Buffer.alloc(0);

  constructor(port: number, from: string, ident: string) {
    [this.#port, this.#from, this.#ident] = [port, from, ident];
    this.#socket = dial(port, from);
    this.#socket.on('data', (data) => {
      this.#heard = Buffer.concat([this.#heard, data]);
    });
    this.#socket.write(packet(1, ident));
  }

  /** Plays its part to the end: READY, EXCHANGE, PEERINFO. Where it was seen, and where the partner is. */
  async meet(): Promise<{ readonly own: string; readonly peer: string }> {
    this.#udp.bind(0, this.#from);
    await Promise.all([once(this.#udp, 'listening'), this.#hear(8)]);
    if (this.#heard[0] !== 2) throw new Error(`no READY but ${this.#heard.toString('hex')}`);
    // A flood takes the copies that are sent at once; ours repeats itself every half second.
    const repeat = setInterval(() => this.#udp.send(packet(3, this.#ident), this.#port, '127.0.0.1'), REPEAT_MS);
    await this.#hear(16).finally(() => clearInterval(repeat));
    const told = this.#heard.subarray(8);
    const own = `${this.#from}:${this.#udp.address().port}`;
    this.close();
    return { own, peer: `${[...told.subarray(2, 6)].join('.')}:${told.readUInt16BE(6)}` };
  }

  close(): void {
    this.#socket.destroy();
    this.#udp.close();
  }

  async #hear(size: number): Promise<void> {
    const late = AbortSignal.timeout(WAIT_MS);
    while (this.#heard.length < size) {
      if (this.#socket.readableEnded || this.#socket.destroyed) throw new Error(`${this.#from} was let go after ${this.#heard.length} bytes`);
      await Promise.race([once(this.#socket, 'data', { signal: late }), once(this.#socket, 'end', { signal: late })]);
    }
  }
}

const WAIT_MS = 20_000;
const REPEAT_MS = 50;
