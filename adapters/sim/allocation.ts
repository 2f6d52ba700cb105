/** Which external port a new mapping gets. Deterministic: chance comes from the NAT's seed and a counter of its own. */
import type { Endpoint } from '../../effects/endpoint.ts';
import { chance } from '../../effects/seed.ts';
import type { Allocation } from './behaviour.ts';

const FIRST_PORT = 1024;
const LAST_PORT = 65_535;
const PORTS = LAST_PORT - FIRST_PORT + 1;

/** Whether nobody has `port` on the external address in question. */
export type IsFree = (port: number) => boolean;

/** Hands out the ports of one NAT. */
export class Allocator {
  readonly #allocation: Allocation;
  readonly #parity: boolean;
  readonly #seed: number;
  #draws = 0;
  /** Sequential: the port given last, and when the next foreign flow takes one. */
  #last: number;
  #nextForeignAt = 0;
  /** Block: the first port of each inside address. */
  readonly #blocks = new Map<string, number>();

  constructor(allocation: Allocation, parity: boolean, seed: number) {
    this.#allocation = allocation;
    this.#parity = parity;
    this.#seed = seed;
    this.#last = 0;
    if (allocation.kind === 'sequential') {
      const first = allocation.first ?? this.#draw(FIRST_PORT, LAST_PORT);
      this.#last = wrap(first - allocation.step);
      this.#nextForeignAt = this.#foreignGap(allocation.noisePerSecond);
    }
  }

  /** The external port for `inside`, or undefined when there is none to give. `now` is in ms. */
  pick(inside: Endpoint, now: number, isFree: IsFree): number | undefined {
    const fits: IsFree = this.#parity ? (port) => (port - inside.port) % 2 === 0 && isFree(port) : isFree;
    const allocation = this.#allocation;
    switch (allocation.kind) {
      case 'preserve':
        return fits(inside.port) ? inside.port : this.#instead(allocation.clash, inside.port, fits);
      case 'sequential':
        return this.#sequential(allocation.step, allocation.noisePerSecond, now, inside.port, fits);
      case 'random':
        return this.#random(FIRST_PORT, LAST_PORT, fits);
      case 'block':
        return this.#inBlock(inside.host, allocation.size, fits);
      case 'none':
        return inside.port;
    }
  }

  #instead(clash: 'next' | 'random' | 'drop', wanted: number, fits: IsFree): number | undefined {
    switch (clash) {
      case 'next':
        return scan(wrap(wanted + 1), 1, PORTS, fits);
      case 'random':
        return this.#random(FIRST_PORT, LAST_PORT, fits);
      case 'drop':
        return undefined;
    }
  }

  #sequential(step: number, noisePerSecond: number, now: number, inside: number, fits: IsFree): number | undefined {
    if (noisePerSecond > 0) {
      while (this.#nextForeignAt <= now) {
        this.#last = wrap(this.#last + step);
        this.#nextForeignAt += this.#foreignGap(noisePerSecond);
      }
    }
    const next = wrap(this.#last + step);
    // By even steps the other parity is never reached.
    const isOther = this.#parity && step % 2 === 0 && (next - inside) % 2 !== 0;
    const port = scan(isOther ? wrap(next + Math.sign(step)) : next, step, PORTS, fits);
    if (port !== undefined) this.#last = port;
    return port;
  }

  /** ms until the next foreign allocation: a Poisson process. */
  #foreignGap(perSecond: number): number {
    return perSecond > 0 ? (-Math.log(1 - chance(this.#seed, this.#draws++)) * 1000) / perSecond : 0;
  }

  #inBlock(insideHost: string, size: number, fits: IsFree): number | undefined {
    let first = this.#blocks.get(insideHost);
    if (first === undefined) {
      const count = Math.floor(PORTS / size);
      const taken = new Set(this.#blocks.values());
      const start = this.#draw(0, count - 1);
      for (let i = 0; i < count && first === undefined; i += 1) {
        const candidate = FIRST_PORT + ((start + i) % count) * size;
        if (!taken.has(candidate)) first = candidate;
      }
      if (first === undefined) return undefined;
      this.#blocks.set(insideHost, first);
    }
    return this.#random(first, first + size - 1, fits);
  }

  #random(first: number, last: number, fits: IsFree): number | undefined {
    for (let tries = 0; tries < 32; tries += 1) {
      const port = this.#draw(first, last);
      if (fits(port)) return port;
    }
    const start = this.#draw(first, last);
    const size = last - first + 1;
    for (let i = 0; i < size; i += 1) {
      const port = first + ((start - first + i) % size);
      if (fits(port)) return port;
    }
    return undefined;
  }

  #draw(first: number, last: number): number {
    return first + Math.floor(chance(this.#seed, this.#draws++) * (last - first + 1));
  }
}

/** The first port that fits, from `start` by `step`, in at most `tries` tries. */
function scan(start: number, step: number, tries: number, fits: IsFree): number | undefined {
  let port = start;
  for (let i = 0; i < tries; i += 1) {
    if (fits(port)) return port;
    port = wrap(port + step);
  }
  return undefined;
}

function wrap(port: number): number {
  return FIRST_PORT + ((((port - FIRST_PORT) % PORTS) + PORTS) % PORTS);
}
