/** A host's port by hand: effects in, events kept. For tests that need no machine. */
import { Subject } from 'rxjs';
import type { NetEffect, NetEvent, UdpReceived } from '../../effects/net.ts';
import { type Endpoint, parseEndpoint } from '../../effects/endpoint.ts';
import type { Host } from '../../adapters/sim/index.ts';

export class Port {
  readonly heard: NetEvent[] = [];
  readonly #effects = new Subject<NetEffect>();
  readonly #subscription;

  constructor(host: Host) {
    this.#subscription = host.net()(this.#effects).subscribe((event) => this.heard.push(event));
  }

  ask(effect: NetEffect): this {
    this.#effects.next(effect);
    return this;
  }

  open(socket: string, local?: Partial<Endpoint>): this {
    return this.ask({ type: 'udp.open', socket, local });
  }

  /** Sends text as a datagram. */
  send(socket: string, to: string, text: string, ttl?: number): this {
    return this.ask({ type: 'udp.send', socket, to: parseEndpoint(to) ?? { host: to, port: 0 }, data: new TextEncoder().encode(text), ttl });
  }

  /** `socket<host:port text` for each datagram that came. */
  received(): string[] {
    return this.heard
      .filter((event): event is UdpReceived => event.type === 'udp.received')
      .map(({ socket, from, data }) => `${socket}<${from.host}:${from.port} ${new TextDecoder().decode(data)}`);
  }

  unsubscribe(): void {
    this.#subscription.unsubscribe();
  }
}
