/**
 * How to meet a peer, from what both sides' NATs do with ports: by plain probes, by aiming at the port that a counting NAT
 * will give next, or by trying so many that two of them meet. Both sides compute it from the same two forecasts, so they
 * agree without a word more. Pure. The odds: `odds.ts`; budgets and their reasons here.
 */
import { chance, seedOf } from '../../effects/seed.ts';
import { type Forecast, FIRST_PORT, USABLE_PORTS } from './forecast.ts';
import { aimAt, aimed, birthday, birthdaySize, bothAtRandom } from './odds.ts';

export type Plan =
  | { readonly kind: 'plain' }
  | Sweep
  /** No number of packets that a router could bear would do. `odds` are those of the best that could be tried. */
  | { readonly kind: 'hopeless'; readonly odds: number };

export interface Sweep {
  readonly kind: 'aimed' | 'birthday';
  /** How many of our sockets send, the registered one among them; each makes a mapping. */
  readonly sockets: number;
  /** To which ports of the peer's address each of them sends. One socket has many, or many sockets have one. */
  readonly aims: readonly number[];
  /** The chance that the whole of it meets the peer's. */
  readonly odds: number;
}

/** Where the peer was seen, and how long ago the rendezvous saw it, ms. */
export interface Target {
  readonly port: number;
  readonly ageMs: number;
}

/**
 * Mappings that one sweep may make, and packets that it may send: six in ten of the smallest tables met (1,024 entries), which
 * others share. With as many on both sides random ports meet in 99.6 of 100 cases.
 */
export const SWEEP_BUDGET = 600;
/** Packets a second of a sweep that is not aimed. */
export const SWEEP_PACE_PER_SECOND = 500;
/** What is wanted where chance decides, within the budget. */
const WANTED_ODDS = 0.996;
/** Of a row and a comb over it, which both cover what they should in 95 of 100 cases. */
const AIMED_ODDS = 0.95;
/** At the least this many ports in a row, for one flow of somebody else's that comes between. */
const NARROWEST = 3;
const WIDEST = 64;
/** An aim covers so many deviations to each side. */
const DEVIATIONS = 2;
/** What a forecast's rate may be wrong by, as a share; from samples a few round trips apart. A guess. */
const RATE_ERROR = 0.15;
/** From an introduction's arrival until the sweep's packets are through the NAT. A guess at a busy machine. */
const HANDLING_MS = 5;

/** Which it will be, without the work. */
export function planKind(self: Forecast, peer: Forecast): Plan['kind'] {
  if (self.kind === 'unknown' || peer.kind === 'unknown') return 'plain';
  const kinds = [self.kind, peer.kind];
  const steady = kinds.filter((kind) => kind === 'steady').length;
  if (steady === 2) return 'plain';
  if (steady === 1) return kinds.includes('counting') ? 'aimed' : 'birthday';
  return kinds.includes('random') ? 'hopeless' : 'aimed';
}

export function planFor(self: Forecast, peer: Forecast, target: Target, seed: string): Plan {
  switch (planKind(self, peer)) {
    case 'plain':
      return { kind: 'plain' };
    case 'hopeless':
      return { kind: 'hopeless', odds: bothAtRandom(SWEEP_BUDGET, SWEEP_BUDGET, USABLE_PORTS) };
    case 'birthday':
      return self.kind === 'random' ? birthdayHolder(self, target) : peer.kind === 'random' ? birthdaySeeker(peer, seed) : { kind: 'plain' };
    case 'aimed': {
      if (peer.kind !== 'counting') return { kind: 'aimed', sockets: self.kind === 'counting' ? widthOf(self) : 1, aims: [target.port], odds: AIMED_ODDS };
      if (self.kind !== 'counting') return comb(peer, target);
      const width = widthOf(peer);
      const foreign = foreignBy(peer, target.ageMs);
      return { kind: 'aimed', sockets: widthOf(self), aims: [portAfter(target.port, peer.step, aimAt(foreign, width))], odds: aimed(foreign, width) };
    }
  }
}

/** Ports in a row that a counting side occupies, the same for both sides: its own mappings, one after the other. */
export function widthOf(counting: Extract<Forecast, { kind: 'counting' }>): number {
  const foreign = foreignBy(counting, 0);
  if (foreign < 0.5) return NARROWEST;
  return Math.min(WIDEST, NARROWEST + Math.ceil(2 * DEVIATIONS * deviation(foreign)));
}

/** Ports that others take between the sight of the last mapping and the sweep: it travels to the rendezvous and back. */
function foreignBy({ perSecond, rttMs }: Extract<Forecast, { kind: 'counting' }>, ageMs: number): number {
  return (perSecond * (rttMs + ageMs + HANDLING_MS)) / 1000;
}

function deviation(foreign: number): number {
  return Math.sqrt(foreign + (RATE_ERROR * foreign) ** 2);
}

/** One socket that keeps its port tries every `width`th port where the peer's row of mappings may lie: one of them is in it. */
function comb(peer: Extract<Forecast, { kind: 'counting' }>, { port, ageMs }: Target): Sweep {
  const width = widthOf(peer);
  const foreign = foreignBy(peer, ageMs);
  const reach = Math.ceil(2 * DEVIATIONS * deviation(foreign));
  const middle = aimAt(foreign, width);
  const teeth = foreign < 0.5 ? [0, 1] : Array.from({ length: 2 * Math.ceil(reach / width) + 1 }, (_, i) => (i - Math.ceil(reach / width)) * width);
  const aims = teeth.map((offset) => Math.max(0, middle + offset)).map((offset) => portAfter(port, peer.step, offset));
  return { kind: 'aimed', sockets: 1, aims: [...new Set(aims)], odds: AIMED_ODDS };
}

function birthdayHolder({ first, last }: Extract<Forecast, { kind: 'random' }>, { port }: Target): Sweep {
  const ports = last - first + 1;
  const size = birthdaySize(WANTED_ODDS, ports, SWEEP_BUDGET);
  return { kind: 'birthday', sockets: size, aims: [port], odds: birthday(size, size, ports) };
}

function birthdaySeeker({ first, last }: Extract<Forecast, { kind: 'random' }>, seed: string): Sweep {
  const ports = last - first + 1;
  const size = birthdaySize(WANTED_ODDS, ports, SWEEP_BUDGET);
  return { kind: 'birthday', sockets: 1, aims: distinctPorts(first, last, size, seed), odds: birthday(size, size, ports) };
}

/** `count` different ports of [first, last], in an order of chance: the first steps of a shuffle that is never written out. */
function distinctPorts(first: number, last: number, count: number, seed: string): number[] {
  const moved = new Map<number, number>();
  const draw = seedOf(seed, 'sweep');
  const at = (index: number): number => moved.get(index) ?? first + index;
  const size = last - first + 1;
  return Array.from({ length: Math.min(count, size) }, (_, i) => {
    const pick = i + Math.floor(chance(draw, i) * (size - i));
    const port = at(pick);
    moved.set(pick, at(i));
    return port;
  });
}

/** `offset` 0 is the next mapping's. NATs count round the usable ports. */
function portAfter(port: number, step: number, offset: number): number {
  const moved = port - FIRST_PORT + step * (offset + 1);
  return FIRST_PORT + (((moved % USABLE_PORTS) + USABLE_PORTS) % USABLE_PORTS);
}
