/**
 * How to meet a peer, from what both sides' NATs do with ports: by plain probes, by aiming at the port that a counting NAT
 * will give next, or by trying so many that two of them meet. Both sides compute it from the same two forecasts, so they
 * agree without a word more. Pure. The odds: `port-odds.ts`; budgets and their reasons here.
 */
import { chance, seedOf } from '../effects/seed.ts';
import { type Forecast, FIRST_PORT, LAST_PORT, USABLE_PORTS } from './port-forecast.ts';
import { aimAt, birthday, birthdaySize, bothAtRandom, rowMet } from './port-odds.ts';

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
/** At the least this many ports in a row, for one flow of somebody else's that comes between. */
const NARROWEST = 3;
/** Packets of one burst, and so ports of a row or teeth of a comb. */
const WIDEST = 64;
/** An aim covers so many deviations to each side. */
const DEVIATIONS = 2;
/** What a forecast's rate may be wrong by, as a share; from samples a few round trips apart. A guess. */
const RATE_ERROR = 0.15;
/** Seven equally likely errors of it, in deviations. */
const ERRORS = [-1.47, -0.79, -0.37, 0, 0.37, 0.79, 1.47];
/** From an introduction's arrival until the sweep's packets are through the NAT. A guess at a busy machine. */
const HANDLING_MS = 5;

/** Which it will be, without the work. */
export function planKind(self: Forecast, peer: Forecast): Plan['kind'] {
  if (saysNothing(self) || saysNothing(peer)) return 'plain';
  const kinds = [self.kind, peer.kind];
  const steady = kinds.filter((kind) => kind === 'steady').length;
  if (steady === 2) return 'plain';
  if (steady === 1) return kinds.includes('counting') ? 'aimed' : 'birthday';
  return kinds.includes('random') ? 'hopeless' : 'aimed';
}

export function planFor(self: Forecast, peer: Forecast, target: Target, seed: string, budget = SWEEP_BUDGET): Plan {
  const kind = planKind(self, peer);
  if (kind === 'plain') return { kind };
  if (kind === 'hopeless') return { kind, odds: bothAtRandom(budget, budget, USABLE_PORTS) };
  if (self.kind === 'random') return { ...birthdayOf(self, budget), aims: [target.port] };
  if (peer.kind === 'random') {
    const { sockets, ...sweep } = birthdayOf(peer, budget);
    return { ...sweep, sockets: 1, aims: distinctPorts(rangeOf(peer), sockets, seed) };
  }
  if (self.kind !== 'counting') return peer.kind === 'counting' ? comb(peer, target, budget) : { kind: 'plain' };
  const row = rowOf(self, 0, budget);
  if (peer.kind !== 'counting') return { kind: 'aimed', sockets: row.width, aims: [target.port], odds: oddsOf(row, teethOf(row, budget)) };
  const other = rowOf(peer, target.ageMs, budget);
  const aim = aimAt(other.foreign, other.width);
  // Each side has to aim at the other's row.
  const odds = oddsOf(other, [aim]) * oddsOf(row, [aimAt(row.foreign, row.width)]);
  return { kind: 'aimed', sockets: row.width, aims: [portAfter(target.port, peer.step, aim)], odds };
}

type Counting = Extract<Forecast, { kind: 'counting' }>;
type Random = Extract<Forecast, { kind: 'random' }>;

/** The ports that a counting side will occupy, one after the other, and how many others take before them. */
interface Row {
  readonly foreign: number;
  readonly width: number;
}

/** Both sides know the width: the age of the sight is no part of it. */
function rowOf(counting: Counting, ageMs: number, budget: number): Row {
  const fresh = foreignBy(counting, 0);
  const width = fresh < 0.5 ? NARROWEST : NARROWEST + Math.ceil(2 * DEVIATIONS * deviation(fresh));
  return { foreign: foreignBy(counting, ageMs), width: Math.max(1, Math.min(WIDEST, budget, width)) };
}

/** Ports that others take between the sight of the last mapping and the sweep: it travels to the rendezvous and back. */
function foreignBy({ perSecond, rttMs }: Counting, ageMs: number): number {
  return Math.min(USABLE_PORTS, (perSecond * (rttMs + ageMs + HANDLING_MS)) / 1000);
}

function deviation(foreign: number): number {
  return Math.sqrt(foreign + (RATE_ERROR * foreign) ** 2);
}

/** One socket that keeps its port tries every `width`th port where the peer's row of mappings may lie: one of them is in it. */
function comb(peer: Counting, { port, ageMs }: Target, budget: number): Sweep {
  const row = rowOf(peer, ageMs, budget);
  const teeth = teethOf(row, budget);
  return { kind: 'aimed', sockets: 1, aims: [...new Set(teeth.map((offset) => portAfter(port, peer.step, offset)))], odds: oddsOf(row, teeth) };
}

function teethOf({ foreign, width }: Row, budget: number): number[] {
  const middle = aimAt(foreign, width);
  if (foreign < 0.5) return [middle, middle + 1].slice(0, budget);
  const reach = Math.ceil(2 * DEVIATIONS * deviation(foreign));
  const side = Math.min(Math.ceil(reach / width), Math.max(0, (Math.min(budget, WIDEST) - 1) >> 1));
  return [...new Set(Array.from({ length: 2 * side + 1 }, (_, i) => Math.max(0, middle + (i - side) * width)))];
}

/** The chance that the row has one of `offsets`, the rate being as right as rates are. */
function oddsOf({ foreign, width }: Row, offsets: readonly number[]): number {
  return ERRORS.reduce((sum, error) => sum + rowMet(foreign * (1 + RATE_ERROR * error), width, offsets), 0) / ERRORS.length;
}

function birthdayOf(random: Random, budget: number): Omit<Sweep, 'aims'> {
  const { first, last } = rangeOf(random);
  const ports = last - first + 1;
  const size = birthdaySize(WANTED_ODDS, ports, Math.min(budget, ports));
  return { kind: 'birthday', sockets: size, odds: birthday(size, size, ports) };
}

/** Whoever tells of other ports than NATs give is not followed there. */
function rangeOf({ first, last }: Random): { readonly first: number; readonly last: number } {
  return { first: Math.max(FIRST_PORT, first), last: Math.min(LAST_PORT, last) };
}

function saysNothing(forecast: Forecast): boolean {
  if (forecast.kind !== 'random') return forecast.kind === 'unknown';
  const { first, last } = rangeOf(forecast);
  return first > last;
}

/** `count` different ports of [first, last], in an order of chance: the first steps of a shuffle that is never written out. */
function distinctPorts({ first, last }: { readonly first: number; readonly last: number }, count: number, seed: string): number[] {
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
