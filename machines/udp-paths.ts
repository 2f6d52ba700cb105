/** Sockets, and the paths that lead from them to a peer, as every protocol that punches UDP knows them. Pure. */
import { type Endpoint, formatEndpoint, isLoopback, isWildcard } from '../effects/endpoint.ts';
import type { Arrival, PayloadRoute } from '../effects/net-actor.ts';
import type { NetEvent } from '../effects/net.ts';

export interface OpenSocket {
  readonly label: string;
  readonly local: Endpoint;
  /** Its own names, best first: several where it is bound to all addresses of the host. */
  readonly addresses: readonly Endpoint[];
}

/** Where the peer is reached, and by which of our sockets. */
export interface Path {
  readonly socket: string;
  readonly peer: Endpoint;
}

export function socketOf({ socket: label, local, addresses }: Extract<NetEvent, { type: 'udp.opened' }>): OpenSocket {
  return { label, local, addresses };
}

/** It came along this path. */
export function isAt(path: Path | undefined, { socket, from }: Pick<Arrival, 'socket' | 'from'>): boolean {
  return path !== undefined && path.socket === socket && path.peer.port === from.port && path.peer.host === from.host;
}

/** Our end toward `peer`: the socket's own address, or where it is bound to any, the one that the host would use. */
export function localToward({ local, addresses }: OpenSocket, { host }: Endpoint): Endpoint {
  if (isLoopback(host) && isWildcard(local.host)) return { host: host === '::1' ? host : '127.0.0.1', port: local.port };
  return addresses[0] ?? local;
}

/** Payload goes along `path`, and comes along it too, or from wherever else the peer is known to be. */
export function payloadRoute({ socket, peer: to }: Path, elsewhere: readonly Endpoint[] = []): PayloadRoute {
  const from = new Map([to, ...elsewhere].map((endpoint) => [formatEndpoint(endpoint), endpoint]));
  return { type: 'payload.route', socket, to, from: [...from.values()] };
}
