/** The second port of a rendezvous, at which peers see whether their mapping varies: where it is, and how it is reached. Pure. */
import { type Endpoint, isWildcard } from '../../effects/endpoint.ts';

/** The port after the first, so that a firewall can be told; any free one if that is taken. */
export function alternatesOf({ host, port }: Endpoint): readonly Endpoint[] {
  return [port === 0 || port === 65_535 ? 0 : port + 1, 0].map((next) => ({ host, port: next }));
}

/** A rendezvous that listens on any address cannot name its own; it is where we reach it. */
export function reachable(alternate: Endpoint, server: Endpoint): Endpoint {
  return isWildcard(alternate.host) ? { host: server.host, port: alternate.port } : alternate;
}
