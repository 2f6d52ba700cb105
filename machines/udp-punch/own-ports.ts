/** What a udp-punch peer has seen of its own NAT's ports: its flows in order, and where the rendezvous saw some of them. Pure. */
import { type Endpoint, formatEndpoint } from '../../effects/endpoint.ts';
import { type Forecast, forecastOf, type Sighting } from '../port-forecast.ts';
import type { PeerContext } from './session.ts';

/** Destinations of each socket, in the order in which they were first sent to: where a mapping varies, each of them has one. */
export interface Flows {
  readonly count: number;
  /** The number of each flow, from 1. Those of a sweep left to chance are only counted. */
  readonly order: Readonly<Record<string, number>>;
}

export const NO_FLOWS: Flows = { count: 0, order: {} };

export interface Sending {
  readonly socket: string;
  readonly to: Endpoint;
}

/** What was seen of our ports, in the order of the mappings. */
export function sightings({ flows, seen }: Pick<PeerContext, 'flows' | 'seen'>): Sighting[] {
  return Object.entries(seen)
    .map(([flow, sighting]) => ({ ...sighting, made: flows.order[flow] ?? 0 }))
    .toSorted((one, other) => one.made - other.made);
}

/**
 * What the peer is told of our next port, and so what we go by ourselves: both sides must plan from the same words. Of a
 * varying mapping nothing is said in the first round, and what a later round has once said holds for all of it.
 */
export function ownForecast(context: PeerContext): Forecast {
  const { mapping, round, told } = context;
  switch (mapping) {
    case 'same':
      return { kind: 'steady' };
    case 'unknown':
      return { kind: 'unknown' };
    case 'varies':
      return told.round === round ? told.forecast : { kind: 'unknown' };
  }
}

/** What there is to tell in this round. */
export function forecastToTell(context: PeerContext): PeerContext['told'] {
  const { mapping, round, told, rttMs = 0 } = context;
  const hasNews = mapping === 'varies' && round > 1 && (told.round !== round || told.forecast.kind === 'unknown');
  return hasNews ? { round, forecast: forecastOf(sightings(context), rttMs) } : told;
}

/** With these flows, too. */
export function withFlows({ flows, mapping }: Pick<PeerContext, 'flows' | 'mapping'>, sendings: readonly Sending[]): Flows {
  // Where a socket keeps its port there is nothing to count.
  if (mapping === 'same') return flows;
  let { count } = flows;
  const added: Record<string, number> = {};
  for (const { socket, to } of sendings) {
    const flow = flowOf(socket, to);
    if (flows.order[flow] === undefined && added[flow] === undefined) added[flow] = count += 1;
  }
  return count === flows.count ? flows : { count, order: { ...flows.order, ...added } };
}

export function withSighting({ seen }: Pick<PeerContext, 'seen'>, socket: string, server: Endpoint, mapped: Endpoint, at: number): PeerContext['seen'] {
  const flow = flowOf(socket, server);
  return seen[flow] ? seen : { ...seen, [flow]: { port: mapped.port, at } };
}

function flowOf(socket: string, target: Endpoint): string {
  return `${socket}>${formatEndpoint(target)}`;
}
