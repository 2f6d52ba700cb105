/**
 * Seed 001's nat_check.py as programs on simulated hosts, written from the description of its behaviour and from nothing of ours:
 * every datagram is the next step, whoever sent it and whatever it says, and waits in its socket until it is asked for.
 */
import { type FakeSocket, fakeSocket } from '../../adapters/sim/dgram.ts';
import type { Host } from '../../adapters/sim/index.ts';

export interface At {
  readonly address: string;
  readonly port: number;
}

interface Datagram extends At {
  readonly text: string;
}

/** A program stops at each `yield` for the next datagram of an inbox; undefined is a timeout. */
type Program = Generator<Receive, string | undefined, Datagram | undefined>;
interface Receive {
  readonly inbox: Inbox;
  readonly timeoutMs?: number;
}

const PATIENCE_MS = 5_000;
const text = ({ address, port }: At): string => `${address}:${port}`;

/** Answers what the program has printed at its end; undefined while it runs. Whatever it would crash on ends it. */
export function start(host: Host, program: Program): () => string | undefined {
  let printed: string | undefined;
  const go = (datagram?: Datagram): void => {
    const step = program.next(datagram);
    if (step.done) printed = step.value ?? 'done';
    else step.value.inbox.receive(host, step.value.timeoutMs, go);
  };
  go();
  return () => printed;
}

export function* server(host: Host, port: number, address: string): Program {
  const inbox = new Inbox(host, port, address);
  const first = (yield { inbox })!;
  inbox.send(text(first), first);
  inbox.send((yield { inbox })!.text, first);
  const tests = (yield { inbox })!;
  const [cone, conePort] = (yield { inbox })!.text.split(':');
  if (cone === undefined || conePort === undefined) return 'IndexError';
  inbox.send('TEST FOR FULL-CONE NAT', { address: cone, port: Number(conePort) });
  yield { inbox };
  inbox.send('TEST FOR Restricted NAT', { address: tests.address, port: tests.port - 1 });
  yield { inbox };
  inbox.send('TEST FOR Restricted-Port NAT', tests);
  inbox.close();
  return undefined;
}

export function* assist(host: Host, port: number, address: string, to: At): Program {
  const inbox = new Inbox(host, port, address);
  for (let turn = 0; turn < 2; turn += 1) inbox.send(text((yield { inbox })!), to);
  inbox.close();
  return undefined;
}

export function* client(host: Host, main: At, helper: At): Program {
  const link = new Inbox(host);
  link.send('register', main);
  link.send('register', helper);
  const seen = (yield { inbox: link })!.text;
  if (seen.split(':')[0] === host.addresses[0]) return 'Open Internet';
  if ((yield { inbox: link })!.text !== seen) return 'Symmetric NAT';
  const [tests, cone] = [new Inbox(host), new Inbox(host)];
  tests.send('register', main);
  cone.send('register', helper);
  if (yield { inbox: cone, timeoutMs: PATIENCE_MS }) return 'Full-Cone NAT';
  tests.send('NEXT', main);
  if (yield { inbox: tests, timeoutMs: PATIENCE_MS }) return 'Restricted NAT';
  tests.send('NEXT', main);
  return (yield { inbox: tests, timeoutMs: PATIENCE_MS }) ? 'Restricted-Port NAT' : 'Unknown, something error';
}

class Inbox {
  readonly #socket: FakeSocket;
  readonly #waiting: Datagram[] = [];
  #reader: ((datagram: Datagram) => void) | undefined;

  constructor(host: Host, port?: number, address?: string) {
    this.#socket = fakeSocket(host);
    this.#socket.on('message', (data, from) => {
      const datagram = { text: data.toString(), address: from.address, port: from.port };
      if (this.#reader) this.#reader(datagram);
      else this.#waiting.push(datagram);
    });
    if (port !== undefined) this.#socket.bind(port, address);
  }

  send(words: string, { address, port }: At): void {
    if (port > 0) this.#socket.send(words, port, address);
  }

  receive(host: Host, timeoutMs: number | undefined, then: (datagram?: Datagram) => void): void {
    const first = this.#waiting.shift();
    if (first) return then(first);
    const finish = (datagram?: Datagram): void => {
      this.#reader = undefined;
      then(datagram);
    };
    const timer = timeoutMs === undefined ? undefined : host.clock.setTimeout(() => finish(), timeoutMs);
    this.#reader = (datagram) => {
      host.clock.clearTimeout(timer);
      finish(datagram);
    };
  }

  close(): void {
    this.#socket.close();
  }
}
