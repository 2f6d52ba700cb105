/**
 * How a NAT chooses external ports, from the ports that fresh sockets were given in the order of their sending. Pure; says
 * nothing where the samples do not suffice.
 */
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
/** Ports that a NAT gives: 1024 to 65535. */
const USABLE_PORTS = 64_512;
/**
 * Samples closer together than this are of one block: twelve at random lie in so small an arc once in 10^9. Carriers give
 * blocks of 64 to 4,096 ports (RFC 7422 in kind).
 */
const BLOCK_SPAN = 8_192;
/** Neighbours in a sequence, with the flows of others between; a block of this size at random is not in order. */
const SEQUENCE_SPAN = 4_096;
/** So many prompt samples in order are no accident: eight at random are, once in 20,000. */
const ORDERED_AT_LEAST = 8;
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
  const step = stepOf(samples, arc);
  if (step !== undefined) return { allocation: { kind: 'sequential', step }, confidence: sure(1e-4), because: `new mappings got the ports ${list}` };
  if (arc.span <= BLOCK_SPAN) {
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

/**
 * The step of a sequence, negative when ports fall. Either the ports stand at even distances, whichever request got lost and
 * was repeated, or the mappings that were surely made in the order of sending are in order.
 */
function stepOf(samples: readonly { readonly port: number; readonly isPrompt: boolean }[], { span, gaps }: Arc): number | undefined {
  if (span > SEQUENCE_SPAN) return undefined;
  const prompt = samples.filter(({ isPrompt }) => isPrompt).map(({ port }) => port);
  const moves = prompt.slice(1).map((port, i) => nearest(prompt[i] ?? port, port));
  const rising = moves.filter((move) => move > 0).length;
  const falling = moves.length - rising;
  const usual = modeOf(gaps);
  const isEven = gaps.filter((gap) => gap === usual).length >= 0.6 * gaps.length && Math.max(rising, falling) >= 0.6 * moves.length;
  const isOrdered = Math.min(rising, falling) === 0 && prompt.length >= ORDERED_AT_LEAST;
  if (!isEven && !isOrdered) return undefined;
  const size = isEven ? usual : gaps.reduce(divisor);
  return rising >= falling ? size : -size;
}

/** Steps upward from one port to another, round the end. */
function forward(from: number, to: number): number {
  return (((to - from) % USABLE_PORTS) + USABLE_PORTS) % USABLE_PORTS || USABLE_PORTS;
}

/** The same with a sign, whichever way is shorter. */
function nearest(from: number, to: number): number {
  const up = forward(from, to);
  return up <= USABLE_PORTS / 2 ? up : up - USABLE_PORTS;
}

function modeOf(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best), [0, 0] as [number, number])[0];
}

function divisor(one: number, other: number): number {
  return other === 0 ? one : divisor(other, one % other);
}

/** One minus the chance of a mistake, to four places; never quite 1. */
function sure(mistake: number): number {
  return Math.min(0.9999, Math.floor((1 - mistake) * 10_000) / 10_000);
}
