/**
 * Random worlds for pwnat: NATs that can be met through, lines that lose, double and reorder, TCP clients and servers that come, speak
 * and go as they like, and hosts that are cut off for a while. Whatever happens, what arrives is the beginning of what was sent, and
 * nothing is left when all have gone. A failure names its seed.
 */
import { expect, test } from 'vitest';
import { chance } from '../../effects/seed.ts';
import type { Outcome } from '../../machines/outcome.ts';
import type { Party } from '../adapters/party.ts';
import { noise, TunnelWorld, type TunnelOptions } from './pwnat-world.ts';

const SEEDS = Array.from({ length: 60 }, (_, n) => n + 1);
const STEPS = 30;
const LISTENERS = ['open', 'full-cone', 'restricted', 'port-restricted'] as const;
/** Every stream carries these, from the first on. */
const STREAM = noise(1_500_000);

class Swarm {
  readonly t: TunnelWorld;
  readonly #seed: number;
  #drawn = 0;
  #visits = 0;
  readonly #sent = new Map<string, number>();
  readonly #open: string[] = [];

  constructor(seed: number) {
    this.#seed = seed;
    const options: TunnelOptions = {
      seed,
      latencyMs: 1 + this.draw() * 60,
      jitterMs: this.draw() * 20,
      loss: this.draw() < 0.3 ? 0 : this.draw() * 0.12,
      duplicate: this.draw() * 0.05,
      reorder: this.draw() * 0.05,
      ...(this.draw() < 0.3 ? { secret: 'a long secret' } : {}),
      ...(this.draw() < 0.3 ? { variant: 'pypwnat' as const } : {}),
    };
    this.t = new TunnelWorld({ a: this.one(LISTENERS) ?? 'open', b: this.draw() < 0.5 ? 'open' : 'port-restricted+icmp-errors' }, options);
  }

  draw(): number {
    return chance(this.#seed, (this.#drawn += 1));
  }

  one<T>(some: readonly T[]): T | undefined {
    return some[Math.floor(this.draw() * some.length)];
  }

  /** Something happens, and some time passes. */
  step(): void {
    const { t } = this;
    const what = this.draw();
    const accepted = this.one(t.web.heard('tcp.accepted'))?.socket;
    const guest = this.one(this.#open);
    if (what < 0.3 && this.#open.length < 6) this.#visit();
    else if (what < 0.6) this.#speak(t.guests, guest);
    else if (what < 0.75) this.#speak(t.web, accepted);
    else if (what < 0.83 && guest !== undefined) t.guests.ask({ type: 'close', socket: this.#open.splice(this.#open.indexOf(guest), 1)[0] ?? '' });
    else if (what < 0.9 && accepted !== undefined) t.web.ask({ type: 'close', socket: accepted });
    else if (what < 0.93) this.#cut();
    t.w.advance(this.draw() * 400);
  }

  /** Everybody goes. */
  leave(): void {
    for (const socket of this.#open) this.t.guests.ask({ type: 'close', socket });
    for (const { socket } of this.t.web.heard('tcp.accepted')) this.t.web.ask({ type: 'close', socket });
    this.t.w.advance(90_000);
  }

  /** Streams that carry anything but the beginning of what was sent. */
  broken(): string[] {
    return [this.t.guests, this.t.web].flatMap((party) => {
      const sockets = new Set(party.heard('tcp.received').map(({ socket }) => socket));
      return [...sockets].filter((socket) => {
        const got = this.t.got(party, socket);
        return !got.equals(STREAM.subarray(0, got.length));
      });
    });
  }

  /** TCP connections that the two ends still know, or wait to begin. */
  left(): number {
    const { callee } = this.t.w.running('a').actor.getSnapshot().context as { callee: { tunnel: Sizes } };
    const { calls } = this.t.w.running('b').actor.getSnapshot().context as { calls: { tunnel: Sizes; waiting: readonly string[] } };
    return [callee.tunnel, calls.tunnel].reduce((sum, { streams, labels }) => sum + streams.size + labels.size, calls.waiting.length);
  }

  #visit(): void {
    const socket = `g${(this.#visits += 1)}`;
    this.#open.push(socket);
    this.t.guests.ask({ type: 'tcp.connect', socket, to: this.t.at('b', 8080) });
  }

  #speak(party: Party, socket: string | undefined): void {
    if (socket === undefined || party.heard('tcp.closed', socket).length > 0) return;
    if (party === this.t.guests && party.heard('tcp.connected', socket).length === 0) return;
    const key = `${party === this.t.web ? 'web' : 'guest'} ${socket}`;
    const from = this.#sent.get(key) ?? 0;
    const to = from + Math.floor(this.draw() * 40_000);
    this.#sent.set(key, to);
    party.ask({ type: 'tcp.send', socket, data: STREAM.slice(from, to) });
  }

  #cut(): void {
    const host = this.draw() < 0.5 ? 'a' : 'b';
    this.t.w.partition(host).advance(this.draw() * 8_000);
    this.t.w.heal(host);
  }
}

interface Sizes {
  readonly streams: { readonly size: number };
  readonly labels: { readonly size: number };
}

test.each(SEEDS)('seed %i', (seed) => {
  const swarm = new Swarm(seed);
  const { t } = swarm;
  t.run();
  expect(t.w.outcome<Outcome>('b')?.kind).toBe('connected');
  for (let n = 0; n < STEPS; n += 1) swarm.step();
  t.w.advance(30_000);
  swarm.leave();
  expect([swarm.broken(), swarm.left(), t.stop()]).toEqual([[], 0, []]);
});
