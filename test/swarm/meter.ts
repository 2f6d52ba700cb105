/** What one machine asks of its network, counted as it asks: the budgets that protocols document are held against this. */
import { tap } from 'rxjs';
import type { Surroundings } from '../../adapters/sim/index.ts';
import type { NetEffect } from '../../effects/net.ts';

/** What a protocol promises not to exceed. Everything is of one run of a machine. */
export interface Budget {
  /** Datagrams, ICMP messages and calls by TCP in any second; payload is not counted. */
  readonly perSecond: number;
  /** Of the same, until the machine has connected or ended; and again when a connection is lost and it tries anew. */
  readonly total: number;
  /** Sockets at once. */
  readonly sockets: number;
}

export class Meter {
  readonly host: string;
  /** Since it was connected last. */
  total = 0;
  /** The most that any second has seen. */
  busiest = 0;
  mostSockets = 0;
  readonly #sockets = new Set<string>();
  readonly #recent: number[] = [];
  #from = 0;

  constructor(host: string) {
    this.host = host;
  }

  /** The same surroundings, watched. */
  around({ net, clock }: Surroundings): Surroundings {
    return {
      clock,
      net: (effects) =>
        net(effects.pipe(tap((effect) => this.#asked(effect, clock.now())))).pipe(
          tap((event) => {
            if (event.type === 'tcp.closed' || (event.type === 'net.failed' && event.effect !== 'udp.send' && event.effect !== 'icmp.send')) this.#sockets.delete(event.socket);
          }),
        ),
    };
  }

  /** What of the budget is exceeded, in words. */
  excess({ perSecond, total, sockets }: Budget, isUp: boolean): string | undefined {
    if (isUp) this.total = 0;
    if (this.busiest > perSecond) return `${this.host} sends ${this.busiest} packets in a second, and may ${perSecond}`;
    if (this.total > total) return `${this.host} sends ${this.total} packets and has no connection, and may ${total}`;
    return this.mostSockets > sockets ? `${this.host} has ${this.mostSockets} sockets at once, and may ${sockets}` : undefined;
  }

  #asked(effect: NetEffect, now: number): void {
    switch (effect.type) {
      case 'udp.send':
        if (effect.payload !== true) this.#spend(now);
        return;
      case 'icmp.send':
        return this.#spend(now);
      case 'tcp.connect':
        this.#hold(effect.socket);
        return this.#spend(now);
      case 'udp.open':
      case 'icmp.open':
      case 'tcp.listen':
        return this.#hold(effect.socket);
      case 'close':
      case 'tcp.release':
        this.#sockets.delete(effect.socket);
        return;
      case 'tcp.send':
      case 'tcp.pause':
      case 'tcp.resume':
        return;
    }
  }

  #hold(socket: string): void {
    this.#sockets.add(socket);
    this.mostSockets = Math.max(this.mostSockets, this.#sockets.size);
  }

  #spend(now: number): void {
    this.total += 1;
    this.#recent.push(now);
    while ((this.#recent[this.#from] ?? now) <= now - 1_000) this.#from += 1;
    this.busiest = Math.max(this.busiest, this.#recent.length - this.#from);
    if (this.#from < 1_024) return;
    this.#recent.splice(0, this.#from);
    this.#from = 0;
  }
}
