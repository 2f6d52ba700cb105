/** The two machines of seed-udp on the bench. Addresses are fixed. */
import type { Endpoint } from '../../effects/endpoint.ts';
import type { NetCommand, NetHeard } from '../../effects/net-actor.ts';
import type { Outcome } from '../../machines/outcome.ts';
import type { SeedMessage } from '../../machines/seed-udp/codec.ts';
import { seedUdpPeer, type SeedPeerContext, type SeedPeerInput } from '../../machines/seed-udp/peer.ts';
import { type SeedServerInput, seedUdpServer, type Waiting } from '../../machines/seed-udp/server.ts';
import type { ServerContext } from '../../machines/server.ts';
import { Bench } from './bench.ts';

export const SERVER: Endpoint = { host: '198.18.0.2', port: 1024 };
export const LOCAL: Endpoint = { host: '192.168.1.2', port: 5000 };
export const THEIRS: Endpoint = { host: '198.18.2.2', port: 6000 };
export const ELSEWHERE: Endpoint = { host: '203.0.113.9', port: 7777 };

type SeedEvent = NetHeard<SeedMessage> | { readonly type: 'close' };

class SeedBench<C> extends Bench<C, SeedEvent, SeedMessage> {
  opened(): this {
    this.send({ type: 'udp.opened', socket: 'main', local: { host: '0.0.0.0', port: LOCAL.port }, addresses: [LOCAL], at: this.now });
    return this;
  }

  hear(message: SeedMessage, from: Endpoint): this {
    this.send({ ...message, socket: 'main', from, at: this.now });
    return this;
  }

  close(): this {
    this.send({ type: 'close' });
    return this;
  }

  notOpened(): this {
    this.send({ type: 'net.failed', effect: 'udp.open', socket: 'main', code: 'address-in-use', detail: 'taken', at: this.now });
    return this;
  }

  /** Datagrams of the last step as text: `knock > 1.2.3.4:5`, `introduced 1.1.1.1:1 > 2.2.2.2:2`. */
  get sent(): string[] {
    return this.last.net.flatMap(textOf);
  }

  get everSent(): string[] {
    return this.net.flatMap(textOf);
  }
}

export class SeedPeer extends SeedBench<SeedPeerContext> {
  constructor(input: Partial<SeedPeerInput> = {}) {
    super(seedUdpPeer, { server: SERVER, ...input });
  }

  knocking(): this {
    return this.opened().hear({ type: 'introduced', peer: THEIRS }, SERVER);
  }

  get outcomes(): Outcome[] {
    return this.emitted.map((event) => (event as unknown as { outcome: Outcome }).outcome);
  }

  get verdict(): string | undefined {
    const last = this.outcomes.at(-1);
    return last?.kind === 'failed' ? last.reason : last?.kind;
  }
}

export class SeedServer extends SeedBench<ServerContext<SeedServerInput, Waiting>> {
  constructor() {
    super(seedUdpServer, { listen: SERVER });
    this.opened();
  }

  register(from: Endpoint): this {
    return this.hear({ type: 'register' }, from);
  }
}

function textOf(command: NetCommand<SeedMessage>): string[] {
  if (command.type !== 'udp.send') return [];
  const { message, to } = command;
  const what = message.type === 'introduced' ? `introduced ${message.peer.host}:${message.peer.port}` : message.type;
  return [`${what} > ${to.host}:${to.port}`];
}
