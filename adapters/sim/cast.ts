/** Who plays in a world: every host's machine, those that played before it, and the connections that they have given away. */
import type { Scenario, Stage } from '../../effects/scenario.ts';
import type { VirtualClock } from './clock.ts';
import type { Host } from './host.ts';
import { Player, type Surroundings } from './player.ts';
import type { ReleasedStream } from './released-stream.ts';
import { skewed } from './skew.ts';
import type { WorldOptions } from './world-options.ts';

/** What is needed of the world to play in it. */
export interface Theatre {
  readonly clock: VirtualClock;
  readonly seed: string;
  readonly options: Pick<WorldOptions, 'startMs' | 'clocks' | 'decorate' | 'inspect'>;
  host(name: string): Host;
  address(name: string): string;
  /** Told of what a machine throws. */
  readonly onError: (error: unknown) => void;
}

export class Cast {
  readonly #theatre: Theatre;
  readonly #players = new Map<string, Player>();
  readonly #former: Player[] = [];
  readonly #released = new Map<string, ReleasedStream[]>();
  #scenario: Scenario | undefined;

  constructor(theatre: Theatre) {
    this.#theatre = theatre;
  }

  /** Gives every host its part and starts it in its time; the answer is who plays. Whoever has no part goes on with what it played before. */
  begin(scenario: Scenario, hosts: readonly string[]): string[] {
    this.#scenario = scenario;
    return hosts.filter((host) => {
      const former = this.#players.get(host);
      const player = this.#join(host, scenario, `${this.#theatre.seed}/${host}`);
      if (player !== undefined) former?.stop();
      const delay = this.#theatre.options.startMs?.[host] ?? 0;
      if (delay > 0 && player !== undefined) this.#theatre.clock.setTimeout(() => player.start(), delay);
      else player?.start();
      return player !== undefined;
    });
  }

  /** Ends a host's machine and what it has given away, without a goodbye. */
  crash(host: string): void {
    this.#players.get(host)?.stop();
    for (const stream of this.released(host)) stream.destroy();
    this.#released.delete(host);
  }

  /** Throws for a host that plays no part. */
  restart(host: string): void {
    const former = this.player(host);
    this.crash(host);
    this.#former.push(former);
    const times = this.#former.filter((one) => one.host === host).length;
    if (this.#scenario) this.#join(host, this.#scenario, `${this.#theatre.seed}/${host}/${times}`)?.start();
  }

  stop(): void {
    for (const player of this.all()) player.stop();
    for (const stream of [...this.#released.values()].flat()) stream.vanish();
  }

  /** Throws for a host that plays no part. */
  player(host: string): Player {
    const player = this.#players.get(host);
    if (player === undefined) throw new Error(`host '${host}' plays no part`);
    return player;
  }

  /** The one that plays now. */
  find(host: string): Player | undefined {
    return this.#players.get(host);
  }

  all(): readonly Player[] {
    return [...this.#former, ...this.#players.values()];
  }

  released(host: string): readonly ReleasedStream[] {
    return this.#released.get(host) ?? [];
  }

  #join(host: string, scenario: Scenario, seed: string): Player | undefined {
    const { clock, options, onError } = this.#theatre;
    const stage: Stage = { seed, address: (name) => this.#theatre.address(name) };
    const part = scenario.part(host, stage);
    if (part === undefined) return undefined;
    const skew = options.clocks?.[host];
    const player = new Player({
      host,
      part,
      net: this.#theatre.host(host).net({ onRelease: (stream) => this.#released.set(host, [...this.released(host), stream]) }),
      clock,
      decorate: (own): Surroundings => {
        const given = skew === undefined ? own : skewed(own, skew);
        return options.decorate?.(host, given, part) ?? given;
      },
      inspect: options.inspect?.(host),
      onError,
    });
    this.#players.set(host, player);
    return player;
  }
}
