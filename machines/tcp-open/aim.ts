/**
 * Which ports to call that nobody has seen, from what both sides have told of their NATs; both compute it from the same words.
 * Pure. The plan is that of the UDP sweeps (`port-strategy.ts`); only what can be told is aimed at, for each call is a
 * connection that the NAT keeps for minutes, and hundreds of them would be a flood.
 */
import type { Forecast } from '../port-forecast.ts';
import { type Plan, planFor, planKind, type Sweep, SWEEP_BUDGET } from '../port-strategy.ts';
import type { Aim } from './own-ports.ts';
import { headStart, newTarget, type OpenPeerContext, type Target } from './session.ts';
import { AIMS } from './timing.ts';

/** First calls to ports that nobody has seen, and mappings for them, of one opening: as for a UDP sweep, and for the same reason. Repeated ones: `AIMED_REPEATS`. */
export const AIM_BUDGET = SWEEP_BUDGET;

/** What we go by of our own ports: what the peer has been told. */
export function ownForecast({ mapping, told }: Pick<OpenPeerContext, 'mapping' | 'told'>): Forecast {
  return mapping === 'same' ? { kind: 'steady' } : told.forecast;
}

/** What both forecasts come to; `birthday` and `hopeless` are not tried over TCP. */
export function aimKind(context: OpenPeerContext): Plan['kind'] {
  return context.peer ? planKind(ownForecast(context), context.peer.forecast) : 'plain';
}

/** The targets of an aim; undefined when there is nothing to aim at, or no budget left. */
export function aimOf(context: OpenPeerContext): { readonly targets: readonly Target[]; readonly aim: Aim } | undefined {
  const { peer, rttMs = 0, input, spent } = context;
  const seen = peer?.endpoints[0];
  if (!peer || !seen || aimKind(context) !== 'aimed') return undefined;
  const ageMs = peer.ageMs + headStart(peer.rttMs, rttMs);
  const plan = planFor(ownForecast(context), peer.forecast, { port: seen.port, ageMs }, input.seed, AIM_BUDGET - spent);
  if (plan.kind !== 'aimed') return undefined;
  const targets = targetsOf(plan, seen.host);
  return { targets, aim: { sockets: plan.sockets, ports: plan.aims.length, odds: plan.odds } };
}

/** One more forecast is worth its connections: our own ports are not the same for all, and neither these nor the peer's are known to be at random. */
export function mayForetell(context: OpenPeerContext): boolean {
  const kinds = [context.told.forecast.kind, context.peer?.forecast.kind];
  return context.mapping === 'varies' && context.told.round < aimsOf(context) && !isSpent(context) && !kinds.includes('random');
}

/** No aim is taken any more, whoever asks for it. */
export function isSpent(context: Pick<OpenPeerContext, 'attempt' | 'aims' | 'spent'>): boolean {
  return context.aims >= aimsOf(context) || context.spent >= AIM_BUDGET;
}

/** Aims of this attempt and those before it, at most. */
function aimsOf({ attempt }: Pick<OpenPeerContext, 'attempt'>): number {
  return AIMS * (attempt + 1);
}

/** A row of ours, each from a port of its own, or some ports of the peer's, all from the one that it knows. */
function targetsOf({ sockets, aims }: Sweep, host: string): readonly Target[] {
  const rows = sockets > 1 ? Array.from({ length: sockets }, () => aims[0]) : aims;
  return rows.flatMap((port) => (port === undefined ? [] : [newTarget({ host, port }, { known: 'foretold', ...(sockets > 1 ? { isFresh: true as const } : {}) })]));
}
