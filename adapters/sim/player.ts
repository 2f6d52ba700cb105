/** One host's machine at play: its outcomes, its timers and its failures. Knows no protocol, and of the world only the host. */
import type { Clock } from '../../effects/clock.ts';
import type { Net } from '../../effects/net.ts';
import { type RunOptions, type Running, run } from '../../effects/run.ts';
import type { OutcomeReported, Part } from '../../effects/scenario.ts';
import type { Timer, VirtualClock } from './clock.ts';

/** What a machine reported, and when (ms). */
export interface Outcome<T = unknown> {
  readonly outcome: T;
  readonly at: number;
}

export type Inspect = RunOptions<Part['machine'], { readonly type: string }>['inspect'];

/** All that a machine knows of the world: its network, and its time. */
export interface Surroundings {
  readonly net: Net;
  readonly clock: Clock;
}

export interface PlayerOptions {
  readonly host: string;
  readonly part: Part;
  readonly net: Net;
  readonly clock: VirtualClock;
  readonly decorate: (surroundings: Surroundings) => Surroundings;
  readonly inspect?: Inspect;
  /** Told of what the machine throws. */
  readonly onError: (error: unknown) => void;
}

export class Player {
  readonly host: string;
  readonly part: Part;
  readonly outcomes: Outcome[] = [];
  readonly running: Running<Part['machine']>;
  readonly #timers: CountingClock;
  #isStopped = false;

  constructor({ host, part, net, clock, decorate, inspect, onError }: PlayerOptions) {
    this.host = host;
    this.part = part;
    this.#timers = new CountingClock(clock);
    const { machine, codec, input } = part;
    const own: Surroundings = { net, clock: this.#timers };
    this.running = run(machine, { ...decorate(own), codec, input, id: host, inspect });
    this.running.actor.subscribe({ error: onError });
    this.running.actor.on('outcome', (event) => {
      this.outcomes.push({ outcome: (event as OutcomeReported<unknown>).outcome, at: clock.now() });
    });
  }

  /** Does nothing once stopped. */
  start(): void {
    if (!this.#isStopped) this.running.actor.start();
  }

  stop(): void {
    this.#isStopped = true;
    this.running.stop();
  }

  /** How many of its timers are set. */
  get pendingTimers(): number {
    return this.#timers.pending;
  }
}

/** A view of the world's clock that knows which timers are its own. */
class CountingClock implements Clock {
  readonly #clock: VirtualClock;
  readonly #live = new Set<Timer>();

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  get pending(): number {
    return this.#live.size;
  }

  now(): number {
    return this.#clock.now();
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    const timer = this.#clock.setTimeout(() => {
      this.#live.delete(timer);
      callback();
    }, delayMs);
    this.#live.add(timer);
    return timer;
  }

  clearTimeout(timer: Timer): void {
    this.#live.delete(timer);
    this.#clock.clearTimeout(timer);
  }
}
