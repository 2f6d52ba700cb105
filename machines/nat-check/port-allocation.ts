/**
 * How a NAT chooses external ports, from the ports that fresh sockets were given in the order of their sending. Pure; says
 * nothing where the samples do not suffice.
 */
import { BLOCK_SPAN, gcd, portsUp, USABLE_PORTS } from '../port-forecast.ts';
import type { PortSample } from './samples.ts';

export type PortAllocation =
  /** The external port is the local one. */
  | { readonly kind: 'preserved' }
  /** Each new mapping gets a port `step` from the one before. */
  | { readonly kind: 'sequential'; readonly step: number }
  | { readonly kind: 'random' }
  /** At random inside a block; `size` is estimated, `first` and `last` are the ports seen. */
  | { readonly kind: 'block'; readonly size: number; readonly first: number; readonly last: number };

export interface AllocationFinding {
  readonly allocation: PortAllocation | null;
  readonly confidence: number;
  readonly because: string;
}

/** Fewer samples say nothing. */
const SAMPLES_AT_LEAST = 5;
/** Order is no accident where ports at random have it less often than this. */
const ACCIDENT = 1e-4;
/** Less will do where the distances are even too. */
const EVEN_ACCIDENT = 0.05;
/** The share of distances that are alike, and of pairs in order, where the path may have swapped or delayed some. */
const ALIKE = 0.6;
const IN_ORDER = 0.8;
/** Fewer prompt samples are in order too often. */
const PROMPT_AT_LEAST = 4;
/** One match at random is one in 64,512; two are none. */
const PRESERVED_AT_LEAST = 2;

export function allocationOf(all: readonly PortSample[]): AllocationFinding {
  const samples = all.flatMap(({ local, mapped, isPrompt }) => (mapped ? [{ local, port: mapped.port, isPrompt }] : []));
  const n = samples.length;
  const kept = samples.filter(({ local, port }) => local === port).length;
  if (kept >= PRESERVED_AT_LEAST) {
    const because = kept === n ? `all ${n} sockets kept their port` : `${kept} of ${n} sockets kept their port, the others' were taken`;
    return { allocation: { kind: 'preserved' }, confidence: sure(1e-9), because };
  }
  if (n < SAMPLES_AT_LEAST) return { allocation: null, confidence: 0, because: `only ${n} of ${all.length} sockets got an answer` };

  const arc = arcOf(samples.map(({ port }) => port));
  if (arc.gaps.length + 1 < SAMPLES_AT_LEAST) return { allocation: null, confidence: 0, because: `${n} sockets were seen at ${arc.gaps.length + 1} ports` };
  const list = samples.map(({ port }) => port).join(' ');
  if (arc.span <= BLOCK_SPAN) {
    const order = orderOf(samples, arc);
    const step = stepOf(order, arc);
    if (step !== undefined) return { allocation: { kind: 'sequential', step }, confidence: sure(ACCIDENT), because: `new mappings got the ports ${list}` };
    if (order.accident < 1) return { allocation: null, confidence: 0, because: `too few of the ports ${list} were surely given in the order of asking to tell a sequence from a block` };
    const size = Math.round((arc.span * (n + 1)) / (n - 1));
    const allocation: PortAllocation = { kind: 'block', size, first: arc.first, last: arc.last };
    return { allocation, confidence: sure(n * (arc.span / USABLE_PORTS) ** (n - 1)), because: `${n} new mappings got ports in no order between ${arc.first} and ${arc.last}` };
  }
  return { allocation: { kind: 'random' }, confidence: sure(n * (BLOCK_SPAN / USABLE_PORTS) ** (n - 1)), because: `new mappings got the ports ${list}` };
}

interface Arc {
  readonly first: number;
  readonly last: number;
  readonly span: number;
  /** Between neighbours on it. */
  readonly gaps: readonly number[];
}

/** The shortest way round that has all ports on it: a sequence may run from 65535 on to 1024. */
function arcOf(ports: readonly number[]): Arc {
  const sorted = [...new Set(ports)].toSorted((one, other) => one - other);
  const gaps = sorted.map((port, i) => forward(port, sorted[(i + 1) % sorted.length] ?? port));
  const widest = gaps.indexOf(Math.max(...gaps));
  const around = [...sorted.slice(widest + 1), ...sorted.slice(0, widest + 1)];
  return {
    first: around[0] ?? 0,
    last: around.at(-1) ?? 0,
    span: USABLE_PORTS - (gaps[widest] ?? 0),
    gaps: [...gaps.slice(widest + 1), ...gaps.slice(0, widest)],
  };
}

interface Sample {
  readonly port: number;
  readonly isPrompt: boolean;
}

interface Order {
  /** Prompt samples, and their pairs that rise and that fall. */
  readonly prompt: number;
  readonly rising: number;
  readonly falling: number;
  /** How often ports at random are in such an order; 1 where they are in none. */
  readonly accident: number;
}

/**
 * Prompt mappings were made in the order of sending. A late one was made in its turn, when only the answer got lost, or after
 * all the prompt ones.
 */
function orderOf(samples: readonly Sample[], { first }: Arc): Order {
  const places = samples.map(({ port, isPrompt }, turn) => ({ turn, isPrompt, at: port === first ? 0 : forward(first, port) }));
  const prompt = places.filter(({ isPrompt }) => isPrompt);
  const pairs = prompt.flatMap((one, i) => prompt.slice(i + 1).map((other) => other.at - one.at));
  const rising = pairs.filter((move) => move > 0).length;
  const falling = pairs.filter((move) => move < 0).length;
  const up = rising >= falling ? 1 : -1;
  const isInTurn = ({ turn, at }: { readonly turn: number; readonly at: number }): boolean => {
    const isAbove = (other: { readonly at: number }): boolean => (at - other.at) * up > 0;
    return prompt.every(isAbove) || prompt.every((other) => isAbove(other) === other.turn < turn);
  };
  const late = places.filter(({ isPrompt }) => !isPrompt);
  // One alone has no direction, so that nothing can be out of order.
  const isOrdered = prompt.length < 2 || (Math.max(rising, falling) === pairs.length && late.every(isInTurn));
  const ofPrompt = prompt.reduce((share, _, i) => share / (i + 1), 2);
  return { prompt: prompt.length, rising, falling, accident: isOrdered ? Math.min(0.99, ofPrompt * (2 / (prompt.length + 1)) ** late.length) : 1 };
}

/**
 * The step of a sequence, negative when ports fall. Either all are in order, or most stand at even distances and most of the
 * prompt ones are in order.
 */
function stepOf({ prompt, rising, falling, accident }: Order, { gaps }: Arc): number | undefined {
  const usual = modeOf(gaps);
  const isEven = gaps.filter((gap) => gap === usual).length >= ALIKE * gaps.length;
  const isNearlyOrdered = prompt >= PROMPT_AT_LEAST && Math.max(rising, falling) >= (IN_ORDER * prompt * (prompt - 1)) / 2;
  if (accident > ACCIDENT && !(isEven && (isNearlyOrdered || accident <= EVEN_ACCIDENT))) return undefined;
  // The flows of others take whole steps; one odd distance may be the end of the range.
  const size = gaps.filter((gap) => gap % usual !== 0).length <= 1 ? usual : gaps.reduce(gcd);
  return rising >= falling ? size : -size;
}

/** As `portsUp`, but once round from a port to itself. */
function forward(from: number, to: number): number {
  return portsUp(from, to) || USABLE_PORTS;
}

function modeOf(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best), [0, 0] as [number, number])[0];
}

/** One minus the chance of a mistake, to four places; never quite 1. */
function sure(mistake: number): number {
  return Math.min(0.9999, Math.floor((1 - mistake) * 10_000) / 10_000);
}
