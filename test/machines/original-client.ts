/**
 * Seed 001's client.py as a program on a simulated host, written from the description of its behaviour and from nothing of
 * ours: REGISTER once, wait for an address for ever, wait 2 to 5 s, KNOCK once, then receive for at most 5 s, answer whoever
 * spoke last, sleep 1 s, and again. What comes while it sleeps waits in the socket, as in a kernel.
 */
import { type FakeSocket, fakeSocket } from '../../adapters/sim/dgram.ts';
import type { Host } from '../../adapters/sim/index.ts';

interface Datagram {
  readonly text: string;
  readonly address: string;
  readonly port: number;
}

export interface Behaviour {
  /** 2 to 5, whole. The original draws it. */
  readonly pauseS: number;
  readonly name?: string;
}

export class OriginalClient {
  /** What it printed: `KNOCK from 1.2.3.4:5`. */
  readonly printed: string[] = [];
  readonly #host: Host;
  readonly #socket: FakeSocket;
  readonly #name: string;
  readonly #pauseS: number;
  readonly #waiting: Datagram[] = [];
  #reader: ((datagram: Datagram) => void) | undefined;
  #count = 0;
  /** Whom chat goes to: the server, until somebody has spoken. */
  #conn: { readonly address: string; readonly port: number };

  constructor(host: Host, server: string, { pauseS, name = 'abcdefgh' }: Behaviour) {
    this.#host = host;
    this.#pauseS = pauseS;
    this.#name = name;
    this.#conn = { address: server, port: 1024 };
    this.#socket = fakeSocket(host);
    this.#socket.on('message', (data, { address, port }) => this.#arrived({ text: data.toString(), address, port }));
  }

  start(): void {
    this.#say('REGISTER', this.#conn);
    this.#receive(undefined, (datagram) => {
      const [address = '', port = ''] = (datagram?.text ?? '').split(':');
      this.#host.clock.setTimeout(() => {
        this.#say('KNOCK', { address, port: Number(port) });
        this.#chat();
      }, this.#pauseS * 1000);
    });
  }

  #chat(): void {
    this.#receive(5_000, (datagram) => {
      if (datagram) {
        this.printed.push(`${datagram.text} from ${datagram.address}:${datagram.port}`);
        this.#conn = datagram;
      }
      this.#say(`${this.#name}: ${this.#count}`, this.#conn);
      this.#count += 1;
      this.#host.clock.setTimeout(() => this.#chat(), 1_000);
    });
  }

  /** The next datagram, or undefined after the timeout. */
  #receive(timeoutMs: number | undefined, then: (datagram: Datagram | undefined) => void): void {
    const first = this.#waiting.shift();
    if (first) return then(first);
    const timer = timeoutMs === undefined ? undefined : this.#host.clock.setTimeout(() => this.#finish(undefined, then), timeoutMs);
    this.#reader = (datagram) => {
      this.#host.clock.clearTimeout(timer);
      this.#finish(datagram, then);
    };
  }

  #finish(datagram: Datagram | undefined, then: (datagram: Datagram | undefined) => void): void {
    this.#reader = undefined;
    then(datagram);
  }

  #arrived(datagram: Datagram): void {
    if (this.#reader) this.#reader(datagram);
    else this.#waiting.push(datagram);
  }

  #say(text: string, { address, port }: { readonly address: string; readonly port: number }): void {
    this.#socket.send(text, port, address);
  }
}
