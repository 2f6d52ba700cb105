/**
 * The simulated internet as a test writes it: who lives behind what, what is lost, and what came of it. It plays whatever
 * scenario it is given through run() of effects/run.ts and knows no protocol. Virtual time only; the same seed, the same run.
 */
import type { Scenario } from '../../effects/scenario.ts';
import { Cast } from './cast.ts';
import type { VirtualClock } from './clock.ts';
import type { Host } from './host.ts';
import { Internet } from './internet.ts';
import { type Drop, type Journey, Journal } from './journal.ts';
import { LossRules } from './loss-rules.ts';
import type { Outcome, Player } from './player.ts';
import type { ReleasedStream } from './released-stream.ts';
import { type Place, type Site, wire } from './topology.ts';
import { announce } from './watching.ts';
import { accessLink, type WorldOptions } from './world-options.ts';

export type { WorldOptions };

/** Hosts by name, each with its NAT (`flavours.ts`), `behind a`, or `restricted behind cgn-a`. A server host `s` is added. */
export function world(places: Readonly<Record<string, Place>>, options: WorldOptions = {}): World {
  return new World(places, options);
}

/** More steps than any honest run takes: a machine that never lets time pass ends here instead of hanging. */
const MAX_STEPS_AT_ONE_TIME = 1_000_000;

/** A simulated internet with a cast to play in it. Times are virtual ms; the same seed gives the same bytes. */
export class World {
  readonly internet: Internet;
  readonly sites: ReadonlyMap<string, Site>;
  readonly #options: WorldOptions;
  readonly #places: Readonly<Record<string, Place>>;
  readonly #seed: string;
  readonly #servers: readonly string[];
  readonly #journal: Journal | undefined;
  readonly #losses: LossRules;
  readonly #cast: Cast;
  #failure: { readonly error: unknown } | undefined;

  constructor(places: Readonly<Record<string, Place>>, options: WorldOptions) {
    const { seed = 1, servers = ['s'], keep = true } = options;
    this.#options = options;
    this.#places = places;
    this.#seed = String(seed);
    this.#servers = servers;
    this.internet = new Internet({ seed: this.#seed });
    this.sites = wire(this.internet, places, servers, (host) => accessLink(host, options));
    for (const [host, heard] of Object.entries(options.crossing ?? {})) this.host(host).tcp.crossing = heard;
    this.#losses = new LossRules(this.sites);
    const { clock } = this;
    this.#cast = new Cast({ clock, seed: this.#seed, options, host: (name) => this.host(name), address: (name) => this.address(name), onError: (error) => this.#fail(error) });
    if (keep) {
      this.#journal = new Journal();
      this.internet.observe(this.#journal.note);
    }
  }

  get clock(): VirtualClock {
    return this.internet.clock;
  }

  /** The next `count` packets that the one host sends toward the other (`'a -> b'`) are lost on the way. */
  lose(direction: string, count: number): this {
    this.#losses.add(direction, count);
    this.internet.lossOrder = (packet) => (this.#losses.isEmpty ? undefined : this.#losses.take(packet));
    return this;
  }

  /** Cuts a host's access link, both ways. */
  partition(host: string): this {
    this.#site(host).access.cut(true);
    return this;
  }

  /** Ends what `partition` began. */
  heal(host: string): this {
    this.#site(host).access.cut(false);
    return this;
  }

  /** A NAT (`'nat-a'`, `'cgn-a'`) forgets all its mappings. */
  reboot(router: string): this {
    const nat = this.internet.routers.get(router)?.nat;
    if (nat === undefined) throw new Error(`no NAT '${router}': routers are ${[...this.internet.routers.keys()].join(', ')}`);
    nat.reboot();
    return this;
  }

  /**
   * A host's program is gone at once, and nothing of it says goodbye. Where it was `killed` the host's system closes what it held;
   * where the host was `unplugged` the system is gone too, with all other programs' sockets, and nobody is told anything.
   */
  crash(host: string, how: 'killed' | 'unplugged' = 'killed'): this {
    if (how === 'unplugged') this.host(host).fail();
    this.#cast.crash(host);
    return this;
  }

  /** A host plays its part from the beginning, with a seed of its own; what it did so far is crashed if it still goes on, and its outcomes are forgotten. */
  restart(host: string): this {
    this.#cast.restart(host);
    return this;
  }

  /**
   * Plays a scenario until every host but the servers has reported an outcome and `settleMs` more have passed, or until
   * `maxMs`. Throws what a machine throws.
   */
  run(scenario: Scenario, limits: Pick<WorldOptions, 'settleMs' | 'maxMs'> = {}): this {
    const { settleMs = 3000, maxMs = 60_000 } = { ...this.#options, ...limits };
    announce({ world: this, places: this.#places, seed: this.#seed, scenario: scenario.name });
    const hosts = [...this.#servers, ...[...this.sites.keys()].filter((host) => !this.#servers.includes(host))];
    const peers = this.#cast.begin(scenario, hosts).filter((host) => !this.#servers.includes(host));
    const deadline = this.clock.now() + maxMs;
    const isWaiting = (): boolean => peers.some((host) => this.outcomes(host).length === 0);
    for (let due = this.clock.next(); isWaiting() && due !== undefined && due <= deadline; due = this.clock.next()) this.#instant(due);
    this.advance(isWaiting() ? Math.max(0, deadline - this.clock.now()) : settleMs);
    return this;
  }

  /** Lets so much time pass. Throws what a machine throws. */
  advance(ms: number): this {
    const goal = this.clock.now() + ms;
    for (let due = this.clock.next(); due !== undefined && due <= goal; due = this.clock.next()) this.#instant(due);
    this.clock.runUntil(goal);
    return this;
  }

  /** What the host's machine reported last; undefined if nothing. */
  outcome<T = unknown>(host: string): T | undefined {
    return this.outcomes<T>(host).at(-1)?.outcome;
  }

  /** All outcomes of a host, in order, with their times. */
  outcomes<T = unknown>(host: string): readonly Outcome<T>[] {
    this.#site(host);
    return (this.#cast.find(host)?.outcomes ?? []) as readonly Outcome<T>[];
  }

  /** The host's actor and its payload, once it plays. */
  running(host: string): Player['running'] {
    return this.#cast.player(host).running;
  }

  /** The connections that the host's machines have given away, for whoever plays the application. */
  released(host: string): readonly ReleasedStream[] {
    return this.#cast.released(host);
  }

  /** The host of this name. Throws where there is none. */
  host(name: string): Host {
    return this.#site(name).host;
  }

  /** The address at which a host is reached from outside: its own, or that of its NAT. `s2` is the second one of `s`. */
  address(name: string): string {
    const second = this.sites.has(name) ? undefined : this.sites.get(name.replace(/2$/, ''))?.host.addresses[1];
    return second ?? this.#site(name).publicAddress;
  }

  /** Each dropped packet: when, by which device and why. Throws in a world with `keep: false`. */
  drops(): Drop[] {
    return this.#kept().drops();
  }

  /** Each packet with all that happened to it. Throws in a world with `keep: false`. */
  journeys(): Journey[] {
    return this.#kept().journeys();
  }

  /** One line for each sending, translation, drop and delivery; the format is `Journal.trace`'s. */
  trace(): string[] {
    return this.#kept().trace((host, data) => {
      const decoded = this.#cast.find(host)?.part.codec.decode(data);
      return decoded?.kind === 'message' ? decoded.message.type : (decoded?.kind ?? 'payload');
    });
  }

  /** Stops every actor, and ends what they have given away. Throws what one threw, if that has not been thrown yet. */
  stop(): this {
    this.#cast.stop();
    this.#rethrow();
    return this;
  }

  /** What is left open: sockets of every host, timers of every actor. Empty after stop(), if all is well. */
  leaks(): string[] {
    const sockets = [...this.sites].flatMap(([name, { host }]) =>
      host.openSockets().map(({ label, local }) => `${name}: socket ${label} on port ${local.port}`),
    );
    const timers = this.#cast.all().filter(({ pendingTimers }) => pendingTimers > 0);
    return [...sockets, ...timers.map(({ host, pendingTimers }) => `${host}: ${pendingTimers} timers`)];
  }

  /** Everything that is due at this time. */
  #instant(due: number): void {
    for (let steps = 0; this.clock.next() === due; steps += 1) {
      if (steps >= MAX_STEPS_AT_ONE_TIME) throw new Error(`time stands still at ${due} ms: something keeps setting timers of no delay`);
      this.clock.step();
    }
  }

  /** Whoever steps the clock gets the error; xstate would only log it. */
  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.clock.setTimeout(() => this.#rethrow(), 0);
  }

  #rethrow(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.error;
  }

  #site(name: string): Site {
    const site = this.sites.get(name);
    if (site === undefined) throw new Error(`no host '${name}': there are ${[...this.sites.keys()].join(', ')}`);
    return site;
  }

  #kept(): Journal {
    if (this.#journal === undefined) throw new Error('this world keeps nothing: it was made with keep: false');
    return this.#journal;
  }
}
