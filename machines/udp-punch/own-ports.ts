/** What a udp-punch peer has seen of its own NAT's ports: its flows in order, and where the rendezvous saw some of them. Pure. */
import { type Endpoint, formatEndpoint } from '../../effects/endpoint.ts';
import { type Forecast, forecastOf } from './forecast.ts';
import type { PeerContext } from './session.ts';

/** What we can say of our own next port. */
export function ownForecast({ mapping, flows, seen, rttMs = 0 }: PeerContext): Forecast {
  switch (mapping) {
    case 'same':
      return { kind: 'steady' };
    case 'unknown':
      return { kind: 'unknown' };
    case 'varies': {
      const sightings = Object.entries(seen).map(([flow, sighting]) => ({ ...sighting, made: flows[flow] ?? 0 }));
      return forecastOf(sightings.toSorted((one, other) => one.made - other.made), rttMs);
    }
  }
}

/** With these flows, too. */
export function withFlows({ flows }: Pick<PeerContext, 'flows'>, socket: string, targets: readonly Endpoint[]): PeerContext['flows'] {
  let count = Object.keys(flows).length;
  const added: Record<string, number> = {};
  for (const target of targets) {
    const flow = flowOf(socket, target);
    if (flows[flow] === undefined && added[flow] === undefined) added[flow] = count += 1;
  }
  return Object.keys(added).length === 0 ? flows : { ...flows, ...added };
}

export function withSighting({ seen }: PeerContext, socket: string, server: Endpoint, mapped: Endpoint, at: number): PeerContext['seen'] {
  const flow = flowOf(socket, server);
  return seen[flow] ? seen : { ...seen, [flow]: { port: mapped.port, at } };
}

function flowOf(socket: string, target: Endpoint): string {
  return `${socket}>${formatEndpoint(target)}`;
}
