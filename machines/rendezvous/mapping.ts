/** How a peer sees whether its mapping varies: it asks the second port of the rendezvous too. Pure. */
import { type Endpoint, isWildcard, sameEndpoint } from '../../effects/endpoint.ts';

/** Whether one socket shows the same public port to two ports of the rendezvous. */
export type MappingSeen = 'unknown' | 'same' | 'varies';

export function mappingOf(mapped: Endpoint, elsewhere: Endpoint): MappingSeen {
  return sameEndpoint(mapped, elsewhere) ? 'same' : 'varies';
}

/** A rendezvous that listens on any address cannot name its own; it is where we reach it. */
export function reachable(alternate: Endpoint, server: Endpoint): Endpoint {
  return isWildcard(alternate.host) ? { host: server.host, port: alternate.port } : alternate;
}
