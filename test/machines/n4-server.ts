/** The n4 server on the bench, with clients by name: what each is told, and whose connections end. Addresses are fixed. */
import { type Endpoint, formatEndpoint } from '../../effects/endpoint.ts';
import type { NetHeard } from '../../effects/net-actor.ts';
import type { N4Message } from '../../machines/n4/codec.ts';
import { n4Server, type N4ServerInput, type N4Serving } from '../../machines/n4/server.ts';
import type { ServerContext } from '../../machines/server.ts';
import { Bench } from './bench.ts';

export const LISTEN: Endpoint = { host: '198.18.0.2', port: 1721 };

type Event = NetHeard<N4Message> | { readonly type: 'close' };

export class ServerBench extends Bench<ServerContext<N4ServerInput, N4Serving>, Event, N4Message> {
  /** The hosts behind the connections. */
  readonly #peers = new Map<string, Endpoint>();

  constructor(input: Partial<N4ServerInput> = {}) {
    super(n4Server, { listen: LISTEN, seed: 'bench', ...input });
    this.send({ type: 'tcp.listening', socket: 'tcp', local: LISTEN, at: this.now });
    this.send({ type: 'udp.opened', socket: 'udp', local: LISTEN, addresses: [LISTEN], at: this.now });
  }

  get memory(): N4Serving['memory'] {
    return this.context.memory.memory;
  }

  connect(client: string, host = `198.18.${client.charCodeAt(0) - 96}.2`): this {
    const peer = { host, port: 40_000 + this.#peers.size };
    this.#peers.set(client, peer);
    this.send({ type: 'tcp.accepted', listener: 'tcp', socket: client, local: LISTEN, peer, at: this.now });
    return this;
  }

  /** Connects where it is not connected yet. */
  hello(client: string, ident = 'n4n4n4', host?: string): this {
    if (!this.#peers.has(client)) this.connect(client, host);
    return this.says(client, { type: 'hello', ident });
  }

  says(client: string, message: N4Message): this {
    this.send({ ...message, socket: client, from: this.#peers.get(client) ?? LISTEN, at: this.now });
    return this;
  }

  exchange(host: string, port: number, ident = 'n4n4n4'): this {
    this.send({ type: 'exchange', ident, socket: 'udp', from: { host, port }, at: this.now });
    return this;
  }

  gone(client: string): this {
    this.send({ type: 'tcp.closed', socket: client, at: this.now });
    return this;
  }

  /** What the last step asked for: `ready > a`, `1.2.3.4:5 > a`, `close a`. */
  get told(): string[] {
    return this.last.net.flatMap((command) => {
      if (command.type === 'close') return [`close ${command.socket}`];
      if (command.type !== 'tcp.send') return [`${command.type} ${'socket' in command ? command.socket : ''}`];
      const { message, socket } = command;
      return [`${message.type === 'peerinfo' ? formatEndpoint(message.peer) : message.type} > ${socket}`];
    });
  }

  get news(): string[] {
    return this.emitted.map((event) => (event as unknown as { what: string }).what);
  }
}
