/** The n4 peer on the bench, with four sockets: what it hears, and what it asks for as text. Addresses are fixed. */
import { type Endpoint, formatEndpoint } from '../../effects/endpoint.ts';
import type { NetHeard } from '../../effects/net-actor.ts';
import type { N4Message } from '../../machines/n4/codec.ts';
import { n4Peer } from '../../machines/n4/peer.ts';
import type { N4PeerContext, N4PeerInput } from '../../machines/n4/session.ts';
import type { Outcome } from '../../machines/outcome.ts';
import { Bench } from './bench.ts';

export const SERVER: Endpoint = { host: '198.18.0.2', port: 1721 };
export const PEER: Endpoint = { host: '198.18.2.2', port: 5000 };
/** Where the peer is expected: its port and the offset. */
export const TARGET: Endpoint = { host: PEER.host, port: 5002 };
const HOME = '192.168.1.2';

type Event = NetHeard<N4Message> | { readonly type: 'close' };

export class PeerBench extends Bench<N4PeerContext, Event, N4Message> {
  constructor(input: Partial<N4PeerInput> = {}) {
    super(n4Peer, { server: SERVER, ident: 'n4n4n4', sourcePort: 30_000, count: 4, offset: 2, ...input });
  }

  /** The sockets of the present range open. */
  opened(): this {
    const { range, input } = this.context;
    for (let n = 0; n < input.count; n += 1) this.openedOne(`p${range}/${n}`, 30_000 + (range - 1) * input.count + n);
    return this;
  }

  openedOne(socket: string, port: number): this {
    this.send({ type: 'udp.opened', socket, local: { host: '0.0.0.0', port }, addresses: [{ host: HOME, port }], at: this.now });
    return this;
  }

  refused(socket: string, code: 'address-in-use' | 'not-permitted' | 'unknown' = 'address-in-use'): this {
    this.send({ type: 'net.failed', effect: 'udp.open', socket, code, detail: `${socket} is refused`, at: this.now });
    return this;
  }

  connected(): this {
    this.send({ type: 'tcp.connected', socket: this.server, local: { host: HOME, port: 9 }, peer: SERVER, at: this.now });
    return this;
  }

  /** The server has ended the connection. */
  closed(): this {
    this.send({ type: 'tcp.closed', socket: this.server, at: this.now });
    return this;
  }

  notConnected(): this {
    this.send({ type: 'net.failed', effect: 'tcp.connect', socket: this.server, code: 'refused', detail: 'cannot connect: the other end refused', at: this.now });
    return this;
  }

  told(message: N4Message): this {
    this.send({ ...message, socket: this.server, from: SERVER, at: this.now });
    return this;
  }

  /** Sweeping toward TARGET. */
  sweeping(): this {
    return this.opened().connected().told({ type: 'ready' }).told({ type: 'peerinfo', peer: PEER });
  }

  /** A PUNCH, by default on the third socket and from where the peer is expected. */
  punched({ n = 2, from = TARGET, times = 1, ident = 'n4n4n4' }: { n?: number; from?: Endpoint; times?: number; ident?: string } = {}): this {
    for (let i = 0; i < times; i += 1) this.send({ type: 'punch', ident, socket: `p${this.context.range}/${n}`, from, at: this.now });
    return this;
  }

  get server(): string {
    return `server/${this.context.connections}`;
  }

  /** What the last step asked for, e.g. `p1/0: exchange > 198.18.0.2:1721`, `open p1/0 30000`. */
  get asked(): string[] {
    return this.last.net.map((command) => {
      switch (command.type) {
        case 'udp.send':
          return `${command.socket}: ${command.message.type} > ${formatEndpoint(command.to)}`;
        case 'tcp.send':
          return `${command.socket}: ${command.message.type}`;
        case 'udp.open':
          return `open ${command.socket} ${command.local?.port}`;
        case 'tcp.connect':
          return `connect ${command.socket} ${formatEndpoint(command.to)}`;
        case 'payload.route':
          return `route ${command.socket} > ${formatEndpoint(command.to)} from ${command.from.map(({ port }) => port).join(' ')}`;
        default:
          return `${command.type} ${'socket' in command ? command.socket : ''}`;
      }
    });
  }

  get outcomes(): Outcome[] {
    return this.emitted.map((event) => (event as unknown as { outcome: Outcome }).outcome);
  }

  get verdict(): string | undefined {
    const last = this.outcomes.at(-1);
    return last?.kind === 'failed' ? last.reason : last?.kind;
  }

  get detail(): string {
    const last = this.outcomes.at(-1);
    return last?.kind === 'failed' ? last.detail : '';
  }

  get isConfirmed(): boolean {
    return this.snapshot.hasTag('confirmed');
  }
}
