/**
 * Rounds of connect and listen on one port, by hand over any Net: what a simultaneous open needs and no more. For asking the
 * simulator and the kernel the same. No proof of who is there, no prediction: whoever answers counts.
 */
import { Subject } from 'rxjs';
import type { Clock } from '../../effects/clock.ts';
import { type Endpoint, formatEndpoint } from '../../effects/endpoint.ts';
import type { Net, NetEffect, NetEvent } from '../../effects/net.ts';
import { chance } from '../../effects/seed.ts';

export interface Opened {
  readonly how: 'connected' | 'accepted';
  /** Attempts to connect until then. */
  readonly rounds: number;
  /** Since `open`. */
  readonly elapsedMs: number;
}

/** Ms that an attempt may stay unanswered: two SYNs at 1 s and 3 s would come after it. A guess. */
const PATIENCE_MS = 2_500;

/** Ms from a refusal to the next attempt, at most; evenly spread, or two sides would refuse each other in step. A guess. */
const JITTER_MS = 60;

export class Opener {
  /** How the server saw this end; empty until it has said so. */
  seen = '';
  opened: Opened | undefined;
  /** What failed, as `refused` and so on, in order. */
  readonly failures: string[] = [];
  readonly #effects = new Subject<NetEffect>();
  readonly #clock: Clock;
  readonly #local: Endpoint;
  readonly #seed: number;
  readonly #subscription;
  #peer: Endpoint | undefined;
  #began = 0;
  #round = 0;
  #timer: unknown;
  readonly #met = new Map<string, Opened['how']>();

  constructor(net: Net, clock: Clock, local: Endpoint, seed: number) {
    this.#clock = clock;
    this.#local = local;
    this.#seed = seed;
    this.#subscription = net(this.#effects).subscribe((event) => this.#hear(event));
  }

  /** Connects to a server of `tellWhoCalls` from the port that is to be opened, and stays. */
  register(server: Endpoint): void {
    this.#ask({ type: 'tcp.connect', socket: 'server', to: server, local: this.#local });
  }

  /** Begins its rounds, to where the server saw the other. */
  open(peer: Endpoint): void {
    this.#peer = peer;
    this.#began = this.#clock.now();
    this.#attempt();
  }

  stop(): void {
    this.#clock.clearTimeout(this.#timer as never);
    this.#subscription.unsubscribe();
  }

  #attempt(): void {
    if (this.opened !== undefined || this.#peer === undefined) return;
    this.#ask({ type: 'close', socket: 'listener' });
    this.#ask({ type: 'close', socket: `attempt${this.#round}` });
    this.#met.delete(`attempt${this.#round}`);
    this.#round += 1;
    this.#ask({ type: 'tcp.connect', socket: `attempt${this.#round}`, to: this.#peer, local: this.#local });
    this.#ask({ type: 'tcp.listen', socket: 'listener', local: this.#local });
    this.#again(PATIENCE_MS);
  }

  #again(ms: number): void {
    this.#clock.clearTimeout(this.#timer as never);
    this.#timer = this.#clock.setTimeout(() => this.#attempt(), ms);
  }

  #hear(event: NetEvent): void {
    switch (event.type) {
      case 'tcp.connected':
        return event.socket === 'server' ? undefined : this.#meet(event.socket, 'connected');
      case 'tcp.accepted':
        return this.#meet(event.socket, 'accepted');
      case 'tcp.received': {
        if (event.socket === 'server') return void (this.seen += new TextDecoder().decode(event.data));
        const how = this.#met.get(event.socket);
        if (how === undefined || this.opened !== undefined) return;
        this.opened = { how, rounds: this.#round, elapsedMs: event.at - this.#began };
        return this.#clock.clearTimeout(this.#timer as never);
      }
      case 'net.failed':
        this.failures.push(event.code);
        if (event.socket === `attempt${this.#round}` && this.#met.size === 0) this.#again(1 + JITTER_MS * chance(this.#seed, this.#round));
        else if (this.#met.delete(event.socket)) this.#again(1 + JITTER_MS * chance(this.#seed, this.#round));
        return;
      case 'tcp.closed':
        if (this.#met.delete(event.socket)) this.#again(1 + JITTER_MS * chance(this.#seed, this.#round));
        return;
      default:
    }
  }

  /** It is open when the other end has said something too. */
  #meet(socket: string, how: Opened['how']): void {
    this.#met.set(socket, how);
    this.#ask({ type: 'tcp.send', socket, data: new TextEncoder().encode('hello') });
    this.#again(PATIENCE_MS);
  }

  #ask(effect: NetEffect): void {
    this.#effects.next(effect);
  }
}

/** A server that tells everybody who connects as whom it sees them. The answer ends it. */
export function tellWhoCalls(net: Net, local: Endpoint): () => void {
  const effects = new Subject<NetEffect>();
  const subscription = net(effects).subscribe((event) => {
    if (event.type === 'tcp.accepted') effects.next({ type: 'tcp.send', socket: event.socket, data: new TextEncoder().encode(formatEndpoint(event.peer)) });
  });
  effects.next({ type: 'tcp.listen', socket: 'server', local });
  return () => subscription.unsubscribe();
}
