/**
 * Which port a NAT will give next, as one side tells the other: made from the ports that this side's own sockets were seen
 * at, and read with the age of the last of them. Pure. What is not known is said to be random.
 */

/** What one side knows of its own NAT; numbers as they travel, see `port-forecast-bytes.ts`. */
export type Forecast =
  /** Nothing, or not yet. */
  | { readonly kind: 'unknown' }
  /** Every socket keeps one port for all destinations. */
  | { readonly kind: 'steady' }
  /** Each new mapping is `step` from the one before, and others take `perSecond` ports in between. */
  | { readonly kind: 'counting'; readonly step: number; readonly perSecond: number; readonly rttMs: number }
  /** A new port for each destination, anywhere in [first, last]. */
  | { readonly kind: 'random'; readonly first: number; readonly last: number };

/** What a side has said of its next ports, and in which round; 0 before it has said anything. */
export interface Told {
  readonly round: number;
  readonly forecast: Forecast;
}

export const UNTOLD: Told = { round: 0, forecast: { kind: 'unknown' } };

/** So many ports show whether a NAT counts, how busy it is, or in which block it draws. */
export const SIGHTINGS = 8;
/** What is missing is seen by so many sockets of their own: with the two ports before them it is enough to tell a step. */
export const SAMPLERS = 3;

/** One socket's port as the rendezvous saw it. */
export interface Sighting {
  readonly port: number;
  /** When the answer came, ms. */
  readonly at: number;
  /** How many mappings this host had made by then, this one included. */
  readonly made: number;
}

export const FIRST_PORT = 1024;
export const LAST_PORT = 65_535;
export const USABLE_PORTS = LAST_PORT - FIRST_PORT + 1;

/** A NAT that counts moves on by its customers' flows only; more a second than this is chance, or a NAT too busy to follow. */
const BUSIEST_PER_SECOND = 4_000;
/** Steps of NATs that count: 1 in most, 2 where parity is kept; a greater one is other people's flows. */
const GREATEST_STEP = 4;
const STEPS = [4, 3, 2, 1];
/** Ports by which a datagram can be behind another that left after it. */
const OVERTAKEN = 8;
/** Blocks that carriers give hold 64 to 4,096 ports (RFC 7422 in kind); sightings in so small a range are not of a whole address: twelve at random are once in 10^9. */
export const BLOCK_SPAN = 8_192;
const BLOCK_SIGHTINGS = 6;

/** From sightings of mappings that were all made anew, in the order of making. */
export function forecastOf(sightings: readonly Sighting[], rttMs: number): Forecast {
  if (sightings.length < 2) return { kind: 'unknown' };
  const moves = sightings.slice(1).map((now, i) => moveBetween(sightings[i] ?? now, now));
  const counting = countingOf(moves, rttMs);
  if (counting) return counting;
  const ports = sightings.map(({ port }) => port);
  const [lowest, highest] = [Math.min(...ports), Math.max(...ports)];
  const span = highest - lowest;
  if (sightings.length < BLOCK_SIGHTINGS || span > BLOCK_SPAN) return { kind: 'random', first: FIRST_PORT, last: LAST_PORT };
  // A range of n samples is short of its block by one of n + 1 parts at either end; three, since one in twenty times it is that many.
  const margin = Math.ceil((3 * span) / (sightings.length - 1));
  return { kind: 'random', first: Math.max(FIRST_PORT, lowest - margin), last: Math.min(LAST_PORT, highest + margin) };
}

interface Move {
  /** Ports from the one to the other, the shorter way round. */
  readonly ports: number;
  /** Mappings that we made ourselves. */
  readonly own: number;
  readonly ms: number;
}

function moveBetween(before: Sighting, now: Sighting): Move {
  const up = portsUp(before.port, now.port);
  return { ports: up <= USABLE_PORTS / 2 ? up : up - USABLE_PORTS, own: now.made - before.made, ms: Math.max(0, now.at - before.at) };
}

/** All moves go one way, by one step, and none of them further than our own mappings and a busy neighbourhood explain. */
function countingOf(moves: readonly Move[], rttMs: number): Forecast | undefined {
  const total = moves.reduce((sum, { ports }) => sum + ports, 0);
  const sign = Math.sign(total);
  // Datagrams that leave in one breath may be overtaken; no other goes back.
  if (sign === 0 || moves.some(({ ports }) => ports === 0 || (Math.sign(ports) !== sign && Math.abs(ports) > OVERTAKEN))) return undefined;
  const common = moves.reduce((divisor, { ports }) => gcd(divisor, Math.abs(ports)), 0);
  const own = moves.reduce((sum, move) => sum + move.own, 0);
  const size = stepOf(common, own, Math.abs(total));
  const ms = moves.reduce((sum, move) => sum + move.ms, 0);
  const foreign = Math.max(0, Math.abs(total) / size - own);
  const perSecond = foreign === 0 ? 0 : (foreign / Math.max(1, ms)) * 1000;
  if (perSecond > BUSIEST_PER_SECOND) return undefined;
  return { kind: 'counting', step: sign * size, perSecond: Math.round(perSecond), rttMs: Math.round(rttMs) };
}

/** The greatest step that fits, since our own mappings alone took `own` steps of it; ports that are always as far apart may be several of ours. */
function stepOf(common: number, own: number, ports: number): number {
  const fitting = STEPS.filter((step) => common % step === 0 && step * own <= ports);
  if (common <= GREATEST_STEP) return fitting[0] ?? 1;
  return fitting.find((step) => step * own === ports) ?? 1;
}

/** Ports upward from one to the other, round the end. */
export function portsUp(from: number, to: number): number {
  return (((to - from) % USABLE_PORTS) + USABLE_PORTS) % USABLE_PORTS;
}

/** The greatest common divisor. */
export function gcd(one: number, other: number): number {
  return other === 0 ? one : gcd(other, one % other);
}
