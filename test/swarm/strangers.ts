/** Those in a world who are nobody's peer: one on the internet who sends junk, and neighbours who fill the tables of a NAT. */
import { Subject } from 'rxjs';
import type { UdpSocket, World } from '../../adapters/sim/index.ts';
import type { Endpoint } from '../../effects/endpoint.ts';
import type { NetEffect } from '../../effects/net.ts';
import { chance, seedOf } from '../../effects/seed.ts';

export const STRANGER = 'x';

/** Who lives beside a host, behind its NATs. */
export function neighbourOf(host: string): string {
  return `${host}-neighbour`;
}

export class Strangers {
  readonly #w: World;
  readonly #seed: number;
  #drawn = 0;
  readonly #ended: (() => void)[] = [];

  constructor(w: World, seed: string) {
    this.#w = w;
    this.#seed = seedOf(seed, 'strangers');
  }

  /** Datagrams to what is open there, a few ms apart. Half of them look like STUN at first sight. */
  junk(host: string, count: number, size: number): void {
    for (let n = 0; n < count; n += 1) {
      this.#w.clock.setTimeout(() => {
        const to = this.#somePort(host, 'udp');
        if (to) this.#bind(STRANGER)?.send(to, this.#bytes(size));
      }, n * 3);
    }
  }

  /** Connections to what listens there, each with some junk, given up sooner or later. */
  knock(host: string, count: number, size: number): void {
    const effects = new Subject<NetEffect>();
    const net = this.#w.host(STRANGER).net()(effects).subscribe((event) => {
      if (event.type === 'tcp.connected') effects.next({ type: 'tcp.send', socket: event.socket, data: this.#bytes(size) });
    });
    this.#ended.push(() => net.unsubscribe());
    for (let n = 0; n < count; n += 1) {
      const to = this.#somePort(host, 'tcp');
      if (!to) continue;
      effects.next({ type: 'tcp.connect', socket: `knock/${n}`, to });
      this.#w.clock.setTimeout(() => effects.next({ type: 'close', socket: `knock/${n}` }), 20 + this.#draw() * 2_000);
    }
  }

  /** New flows of a neighbour, each to another end, all at once. */
  flood(host: string, flows: number): void {
    const socket = this.#bind(neighbourOf(host));
    const other = this.#w.address(STRANGER);
    for (let n = 0; n < flows; n += 1) socket?.send({ host: other, port: 10_000 + n }, new Uint8Array(1));
  }

  stop(): void {
    for (const end of this.#ended) end();
  }

  #bind(host: string): UdpSocket | undefined {
    const bound = this.#w.host(host).bind('stranger', {}, () => undefined);
    if ('code' in bound) return undefined;
    this.#ended.push(() => bound.close());
    return bound;
  }

  /** Of what is reached there from outside: the mappings of its outermost NAT, or its own sockets. */
  #somePort(host: string, protocol: 'udp' | 'tcp'): Endpoint | undefined {
    const address = this.#w.address(host);
    const outermost = [...this.#w.internet.routers.values()].find((router) => router.addresses.includes(address));
    const rows = outermost?.nat?.rows(this.#w.clock.now()).filter((row) => row.protocol === protocol) ?? [];
    const ends = outermost ? rows.map(({ external }) => external) : this.#w.host(host).openSockets().map(({ local }) => ({ host: address, port: local.port }));
    const usable = ends.filter(({ port }) => port > 0);
    return usable[Math.floor(this.#draw() * usable.length)];
  }

  #bytes(size: number): Uint8Array {
    const data = Uint8Array.from({ length: size }, () => Math.floor(this.#draw() * 256));
    if (this.#draw() < 0.5 && size >= 20) data.set([0, 1, 0, size - 20, 0x21, 0x12, 0xa4, 0x42]);
    return data;
  }

  #draw(): number {
    return chance(this.#seed, (this.#drawn += 1));
  }
}
