/**
 * One world of the swarm as a value: who lives behind what, what goes wrong and when, and how it ends. All of a world follows from it,
 * so it is what a violation prints, what shrinking makes smaller, and what `--world` plays again. JSON; what is absent is as usual.
 */
import type { Allocation, Dependence, TableLimit } from '../../adapters/sim/index.ts';

/** One NAT or firewall. Nothing said: a Linux home router, which keeps ports and lets in only the exact ends that were sent to. */
export interface NatSpec {
  readonly mapping?: Dependence;
  readonly filtering?: Dependence;
  /** `none` is a firewall. */
  readonly ports?: Allocation;
  readonly parity?: true;
  readonly hairpin?: true;
  /** An unknown SYN gets a RST. */
  readonly rst?: true;
  /** The early-probe clash of a Linux whose INPUT accepts. */
  readonly clash?: true;
  readonly icmpErrors?: true;
  readonly blocked?: readonly ('udp' | 'icmp')[];
  readonly table?: TableLimit;
  /** How long a silent UDP mapping lives. */
  readonly lifetimeS?: number;
}

export type Host = 'a' | 'b' | 'c' | 'd';
export type Down = 'killed' | 'unplugged';

/** `at` in ms from the start, `ms` how long. */
export type Fault =
  /** Each NAT above the host forgets everything. */
  | { readonly kind: 'reboot'; readonly at: number; readonly host: Host }
  /** A neighbour behind the host's NAT opens so many flows. */
  | { readonly kind: 'flood'; readonly at: number; readonly host: Host; readonly flows: number }
  | { readonly kind: 'partition'; readonly at: number; readonly host: Host | 's'; readonly ms: number }
  /** A peer's program or host is gone, and comes again after `ms`. */
  | { readonly kind: 'crash'; readonly at: number; readonly host: Host; readonly how: Down; readonly ms: number }
  | { readonly kind: 'outage'; readonly at: number; readonly how: Down; readonly ms: number }
  /** A stranger sends datagrams of `size` bytes to whatever ports are open there. */
  | { readonly kind: 'junk'; readonly at: number; readonly host: Host | 's'; readonly count: number; readonly size: number }
  /** A stranger connects there by TCP and says `size` bytes that mean nothing. */
  | { readonly kind: 'knock'; readonly at: number; readonly host: Host | 's'; readonly count: number; readonly size: number };

/** What the lines do until the faults stop. Chances from 0 to 1, end to end. */
export interface Weather {
  readonly jitterMs?: number;
  readonly loss?: number;
  readonly duplicate?: number;
  readonly reorder?: number;
}

export interface WorldSpec {
  readonly protocol: string;
  readonly seed: string;
  /** The NATs before a host, the nearest first. */
  readonly a: readonly NatSpec[];
  readonly b: readonly NatSpec[];
  /** b lives on a's own network, or behind its own NATs below the outermost of a's. */
  readonly near?: 'lan' | 'carrier';
  /** A second pair in a room of its own, c on a's network and d on b's. */
  readonly couples?: 2;
  /** One way. */
  readonly latencyMs: number;
  readonly weather?: Weather;
  /** b starts so much later. */
  readonly lateMs?: number;
  /** How fast a host's clock runs. */
  readonly clocks?: Partial<Readonly<Record<Host | 's', number>>>;
  /** How the protocol is spoken, where there are ways. */
  readonly way?: string;
  readonly faults: readonly Fault[];
  /** What ends a pair's first host, or its second, when all has been seen. */
  readonly end: { readonly of: 'first' | 'second'; readonly how: 'close' | Down };
}

/** From then on nothing goes wrong any more. */
export function calmAt({ faults, weather, lateMs = 0 }: WorldSpec): number {
  const ends = faults.map((fault) => fault.at + ('ms' in fault ? fault.ms : 0));
  return Math.max(lateMs, weather === undefined ? 0 : STORM_MS, ...ends);
}

/** How long the weather lasts where no fault comes later. */
const STORM_MS = 5_000;
