/**
 * One TCP stack alone, its peer written by hand: steps in, segments and events out, as text. Numbers are counted from each
 * side's last SYN; those of the peer begin near the end of all numbers. Asserts nothing by itself.
 */
import { VirtualClock } from '../../adapters/sim/index.ts';
import { EphemeralPorts } from '../../adapters/sim/ports.ts';
import type { TcpConnection } from '../../adapters/sim/tcp-connection.ts';
import type { TcpHandler } from '../../adapters/sim/tcp-handler.ts';
import { advance, distance, type Segment } from '../../adapters/sim/tcp-segment.ts';
import { TcpStack } from '../../adapters/sim/tcp-stack.ts';

const HERE = { host: '198.18.0.1', port: 5000 };
const THERE = { host: '198.18.0.2', port: 6000 };
const PEER_ISS = 0xffff_fffd;

/**
 * What is done, and all that follows from it at once. Steps: `connect`, `listen`, `unlisten`, `send abc`, `end`, `abandon`,
 * `abort`, `wait 1000` (ms), and `< segment`, what comes from the peer: `SYN 0`, `SYN-ACK 0 1`, `ACK 1 1`, `abc 1 1`,
 * `abcFIN 1 1`, `FIN 1 1`, `RST 1`, `RST 1 1`: with its number and what it acknowledges.
 */
export type Step = readonly [step: string, ...follows: string[]];

export class Wire {
  readonly clock = new VirtualClock();
  readonly stack: TcpStack;
  readonly #out: string[] = [];
  #iss: number | undefined;
  #connection: TcpConnection | undefined;

  constructor() {
    this.stack = new TcpStack(
      {
        name: 'h',
        clock: this.clock,
        seed: 'wire',
        addresses: [HERE.host],
        owns: (address) => address === HERE.host,
        emit: (_socket, _src, _dst, segment, data) => this.#emit(segment, data),
        delivered: () => {},
        dropped: () => {},
      },
      new EphemeralPorts(),
    );
  }

  /** The steps as they went: to be compared with the steps as they were to go. */
  play(steps: readonly Step[]): Step[] {
    return steps.map(([step]) => {
      this.#out.length = 0;
      this.#do(step);
      return [step, ...this.#out];
    });
  }

  #do(step: string): void {
    const [verb = '', rest = ''] = step.split(/ (.*)/s);
    switch (verb) {
      case 'connect': {
        const made = this.stack.connect('c', THERE, HERE, this.#handler);
        if ('code' in made) this.#out.push(made.code);
        else this.#connection = made;
        return;
      }
      case 'listen': {
        const made = this.stack.listen('l', HERE, (connection) => {
          this.#out.push('accepted');
          this.#connection = connection;
          connection.handler = this.#handler;
        });
        if ('code' in made) this.#out.push(made.code);
        else this.#unlisten = () => this.stack.unlisten(made);
        return;
      }
      case 'unlisten':
        return this.#unlisten();
      case 'send':
        this.#connection?.send(new TextEncoder().encode(rest));
        return;
      case 'end':
        return this.#connection?.end();
      case 'abandon':
        return this.#connection?.abandon();
      case 'abort':
        return this.#connection?.abort();
      case 'wait':
        return void this.clock.runUntil(this.clock.now() + Number(rest));
      case '<':
        return this.#take(rest);
      default:
        throw new Error(`not a step: ${step}`);
    }
  }

  #unlisten = (): void => {};

  get #handler(): TcpHandler {
    const note = (what: string) => () => void this.#out.push(what);
    return {
      up: note('up'),
      received: (data) => void this.#out.push(`received ${new TextDecoder().decode(data)}`),
      drained: note('drained'),
      ended: note('ended'),
      broke: (code) => void this.#out.push(`broke ${code}`),
      gone: note('gone'),
    };
  }

  #take(text: string): void {
    const [, word = '', seq = '', ack] = /^(\S+) (-?\d+)(?: (-?\d+))?$/.exec(text) ?? [];
    const isFin = word.endsWith('FIN');
    const isControl = ['SYN', 'SYN-ACK', 'ACK', 'RST'].includes(word);
    const segment: Segment = {
      syn: word.startsWith('SYN'),
      rst: word === 'RST',
      fin: isFin,
      seq: advance(PEER_ISS, Number(seq)),
      ack: ack === undefined ? undefined : advance(this.#iss ?? 0, Number(ack)),
    };
    const data = new TextEncoder().encode(isControl ? '' : word.replace(/FIN$/, ''));
    this.stack.receive({ protocol: 'tcp', id: 0, host: 'p', socket: 'p', src: THERE, dst: HERE, ttl: 64, segment, data });
  }

  #emit({ syn, fin, rst, seq, ack }: Segment, data: Uint8Array): void {
    if (syn) this.#iss = seq;
    const text = data.length > 8 ? `[${data.length}]` : new TextDecoder().decode(data);
    const word = rst ? 'RST' : syn ? (ack === undefined ? 'SYN' : 'SYN-ACK') : `${text}${fin ? 'FIN' : ''}` || 'ACK';
    // A RST that answers no connection of ours has a number of the peer's choice, or none.
    const own = distance(this.#iss ?? seq, seq);
    this.#out.push(`> ${word} ${own}${ack === undefined ? '' : ` ${distance(PEER_ISS, ack)}`}`);
  }
}

/** The steps by which `Wire` connects, and the other end answers. */
export const CONNECTED: readonly Step[] = [
  ['connect', '> SYN 0'],
  ['< SYN-ACK 0 1', 'up', '> ACK 1 1'],
];

/** The steps by which `Wire` is connected to. */
export const ACCEPTED: readonly Step[] = [
  ['listen'],
  ['< SYN 0', '> SYN-ACK 0 1'],
  ['< ACK 1 1', 'accepted'],
];
