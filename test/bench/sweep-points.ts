/**
 * Sweeps against their arithmetic: worlds in which one sweep is played, how many of them met, and how many should have. The
 * closed forms are told what the machines told each other and what the simulator knows; they see no packet.
 */
import type { Scenario } from '../../effects/scenario.ts';
import { world } from '../../adapters/sim/world.ts';
import { udpPunch } from '../../machines/udp-punch/index.ts';
import { FIRST_PORT, USABLE_PORTS } from '../../machines/port-forecast.ts';
import { birthday, rowMet } from '../../machines/port-odds.ts';
import type { PeerContext } from '../../machines/udp-punch/session.ts';

export interface Point {
  readonly a: string;
  readonly b: string;
  /** Mappings and packets of one sweep, on either side. */
  readonly budgets: Readonly<Record<Side, number>>;
  /** Ports that the NAT of `a` draws from, where it draws. */
  readonly block?: number;
  /** Foreign flows a second on the sides that count. */
  readonly noise?: number;
}

export interface Measured {
  readonly point: Point;
  /** Worlds in which the sweep was of the kind that the point is about. */
  readonly worlds: number;
  readonly met: number;
  /** The mean of the closed form over the same worlds. */
  readonly closed: number;
  /** What 99 of 100 such measurements would be within. */
  readonly band: readonly [number, number];
}

type Side = 'a' | 'b';

const chanceAt = (held: number, tried: number, block?: number): Point => ({
  a: block === undefined ? 'symmetric' : `symmetric+block=${block}`,
  b: 'port-restricted',
  budgets: { a: held, b: tried },
  block: block ?? USABLE_PORTS,
});
const countingAt = (noise: number, budget: number, b: 'port-restricted' | 'symmetric-seq'): Point => ({
  a: `symmetric-seq+noise=${noise}`,
  b: b === 'symmetric-seq' ? `${b}+noise=${noise}` : b,
  budgets: { a: budget, b: budget },
  noise,
});

/** Odds in the middle, where a band is narrow beside them, and those that are meant to be used. */
export const POINTS: readonly Point[] = [
  chanceAt(150, 150),
  chanceAt(256, 175),
  chanceAt(256, 577),
  chanceAt(16, 24, 256),
  chanceAt(48, 48, 2_048),
  chanceAt(64, 128, 2_048),
  chanceAt(64, 64, 4_096),
  countingAt(300, 4, 'port-restricted'),
  countingAt(1_000, 6, 'port-restricted'),
  countingAt(3_000, 6, 'port-restricted'),
  countingAt(300, 12, 'symmetric-seq'),
  countingAt(1_000, 600, 'symmetric-seq'),
  countingAt(3_000, 600, 'symmetric-seq'),
];

/** Plays `worlds` worlds. The same seeds, the same answer. */
export function measurePoint(point: Point, worlds: number): Measured {
  let [counted, met, sum, variance] = [0, 0, 0, 0];
  for (let seed = 1; seed <= worlds; seed += 1) {
    const { views, connected } = playOne(point, seed);
    const odds = oddsOf(point, views);
    if (odds === undefined) continue;
    counted += 1;
    sum += odds;
    variance += odds * (1 - odds);
    if (connected) met += 1;
  }
  const closed = counted === 0 ? Number.NaN : sum / counted;
  // 99 % of a normal distribution, and half a world for the steps of a count.
  const margin = (2.576 * Math.sqrt(variance) + 0.5) / counted;
  return { point, worlds: counted, met, closed, band: [closed - margin, closed + margin] };
}

export function isInside({ met, worlds, band: [low, high] }: Measured): boolean {
  return worlds > 0 && met / worlds >= low && met / worlds <= high;
}

/** What one side had in mind as its first sweep began, and how long after its registration that was. */
interface View {
  readonly context: PeerContext;
  readonly sinceRegisteredMs: number;
}

function playOne(point: Point, seed: number): { views: Readonly<Record<Side, View | undefined>>; connected: boolean } {
  const views: Record<Side, View | undefined> = { a: undefined, b: undefined };
  const registeredAt: Record<string, number> = {};
  let now = (): number => 0;
  const w = world({ a: point.a, b: point.b }, {
    // Worlds of their own for each point, so that no two tell of the same chance.
    seed: `${point.a} ${point.b} ${Object.values(point.budgets).join()} ${seed}`,
    latencyMs: 20,
    settleMs: 0,
    // The first sweep is over by then.
    maxMs: 2_500,
    keep: false,
    inspect: (host) => (event) => {
      if ((host !== 'a' && host !== 'b') || views[host] !== undefined || event.type !== '@xstate.snapshot') return;
      const { context } = event.snapshot as unknown as { context?: PeerContext };
      // That of the machine, not of its network.
      if (context?.told === undefined) return;
      const key = `${host} ${context.round}`;
      if (context.told.round === context.round) registeredAt[key] ??= now();
      if (context.sweeps === 1) views[host] = { context, sinceRegisteredMs: now() - (registeredAt[key] ?? now()) };
    },
  });
  now = () => w.clock.now();
  w.run(budgeted(point));
  const contexts = (['a', 'b'] as const).map((host) => w.running(host).actor.getSnapshot().context as PeerContext);
  w.stop();
  return { views, connected: contexts.every(({ outcome, sweeps }) => outcome?.kind === 'connected' && sweeps <= 1) };
}

function budgeted({ budgets }: Point): Scenario {
  return {
    ...udpPunch,
    part(host, stage) {
      const part = udpPunch.part(host, stage);
      return part && (host === 'a' || host === 'b') ? { ...part, input: { ...(part.input as object), sweepBudget: budgets[host] } } : part;
    },
  };
}

/** Undefined where the sides did not sweep as this point is about, or plain probes met first. */
function oddsOf({ block, noise }: Point, { a, b }: Readonly<Record<Side, View | undefined>>): number | undefined {
  if (a?.context.sweep === undefined || b?.context.sweep === undefined) return undefined;
  if (block !== undefined) return a.context.sweep.kind === 'birthday' && b.context.sweep.kind === 'birthday' ? drawnOdds(block, a, b) : undefined;
  if (noise === undefined || a.context.sweep.kind !== 'aimed' || b.context.sweep.kind !== 'aimed') return undefined;
  const one = rowOdds(noise, a, b);
  return b.context.mapping === 'varies' ? one * rowOdds(noise, b, a) : one;
}

/**
 * `a` holds k ports of its block and that of its first round's probes, `b` tries n of the range that it was told, which may
 * miss a part of the block. Ports that are in use are not given again.
 */
function drawnOdds(block: number, { context: holder }: View, { context: seeker }: View): number {
  const used = Object.values(holder.seen).map(({ port }) => port);
  const first = block === USABLE_PORTS ? FIRST_PORT : FIRST_PORT + Math.floor(((used[0] ?? FIRST_PORT) - FIRST_PORT) / block) * block;
  const range = seeker.peer?.forecast;
  if (range?.kind !== 'random') return Number.NaN;
  const overlap = Math.min(range.last, first + block - 1) - Math.max(range.first, first) + 1;
  const held = (holder.sweep?.sockets ?? 0) + heldBefore(holder);
  const [tried, told] = [seeker.sweep?.aims.length ?? 0, range.last - range.first + 1];
  // All that were seen are in the range.
  const [free, reachable] = [block - used.length, overlap - used.length];
  let [odds, inRange] = [0, hypergeometricStart(held, reachable, free)];
  for (let within = Math.max(0, held - (free - reachable)); within <= Math.min(held, reachable); within += 1) {
    odds += inRange * birthday(within, tried, told);
    inRange *= ((held - within) * (reachable - within)) / ((within + 1) * (free - reachable - held + within + 1));
  }
  return odds;
}

/** Sockets of earlier rounds that have sent to the peer, and are open still. */
function heldBefore({ flows, peer, round }: PeerContext): number {
  const [seen] = peer?.endpoints ?? [];
  return Array.from({ length: round - 1 }, (_, i) => `r${i + 1}>${seen?.host}:${seen?.port}`).filter((flow) => flows.order[flow] !== undefined).length;
}

/** The chance of the fewest possible of `held` ports within `reachable` of `free`. */
function hypergeometricStart(held: number, reachable: number, free: number): number {
  const outside = free - reachable;
  let log = 0;
  if (held <= outside) for (let i = 0; i < held; i += 1) log += Math.log((outside - i) / (free - i));
  else for (let i = 0; i < outside; i += 1) log += Math.log((held - i) / (free - i));
  return Math.exp(log);
}

/** The row of `counting` begins after a Poisson number of foreign flows; the chance that an aim of the other is in it. */
function rowOdds(noise: number, counting: View, other: View): number {
  const { sweep, peer } = other.context;
  const port = peer?.endpoints[0]?.port ?? 0;
  const offsets = (sweep?.aims ?? []).map((aim) => (((aim - port - 1) % USABLE_PORTS) + USABLE_PORTS) % USABLE_PORTS);
  return rowMet((noise * counting.sinceRegisteredMs) / 1000, counting.context.sweep?.sockets ?? 0, offsets);
}
