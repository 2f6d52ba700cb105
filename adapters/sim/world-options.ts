/** What can be said of a world besides who lives in it, and what that means for one access link. */
import type { Part } from '../../effects/scenario.ts';
import { type LinkBehaviour, PERFECT_LINK } from './link.ts';
import type { Inspect, Surroundings } from './player.ts';
import type { ClockSkew } from './skew.ts';

/** Times in ms, chances from 0 to 1. What is said of the network holds end to end, between any two access links. */
export interface WorldOptions {
  /** Default 1. */
  readonly seed?: number | string;
  /** One way. Each access link carries half. Default 20. */
  readonly latencyMs?: number;
  /** At most so much more, evenly spread on each access link. Default 0. */
  readonly jitterMs?: number;
  readonly loss?: number;
  readonly duplicate?: number;
  readonly reorder?: number;
  /** What the access link of one host does by itself, in place of its half of the above. */
  readonly links?: Readonly<Record<string, Partial<LinkBehaviour>>>;
  /** Public hosts on the core, with two addresses each. Default `s`. */
  readonly servers?: readonly string[];
  /** When a host's part starts. Default 0, servers first. */
  readonly startMs?: Readonly<Record<string, number>>;
  /** Hosts whose own clock is not the world's. Default: none. */
  readonly clocks?: Readonly<Record<string, ClockSkew>>;
  /**
   * What a host hears of a SYN that crosses its own where it listens on that port too: `connected`, as on Linux and by
   * default, or `accepted`, as on the other stacks of Ford 2005 §4.3, whose attempt to connect then fails as `address-in-use`.
   */
  readonly crossing?: Readonly<Record<string, 'connected' | 'accepted'>>;
  /** How long a run goes on after the last host has reported an outcome. Default 3000. */
  readonly settleMs?: number;
  /** How long a run waits for outcomes. Default 60000. */
  readonly maxMs?: number;
  /** False keeps nothing for drops(), journeys() and trace(), which is faster. Default true. */
  readonly keep?: boolean;
  /** Puts something around a host's network and clock, such as a recorder. */
  readonly decorate?: (host: string, surroundings: Surroundings, part: Part) => Surroundings;
  /** The inspection callback for a host's actor. */
  readonly inspect?: (host: string) => Inspect;
}

/** Half of what the options say end to end, chances so that two links together come to the whole. */
export function accessLink(host: string, options: WorldOptions): LinkBehaviour {
  const { latencyMs = 20, jitterMs = 0, loss = 0, duplicate = 0, reorder = 0 } = options;
  const half = (whole: number): number => 1 - Math.sqrt(1 - whole);
  const shared = { latencyMs: latencyMs / 2, jitterMs: jitterMs / 2, loss: half(loss), duplicate: half(duplicate), reorder: half(reorder) };
  return { ...PERFECT_LINK, ...shared, ...options.links?.[host] };
}
