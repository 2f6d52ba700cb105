/** One TCP listener on `node:net`: how it opens and what it accepts. It knows no labels but those of its words. */
import { createServer, isIP, type Server, type Socket } from 'node:net';
import type { Endpoint } from '../../effects/endpoint.ts';
import type { TcpListen } from '../../effects/net.ts';
import { door } from '../../effects/tcp-limits.ts';
import { type Failure, failureOf } from './failure.ts';

export interface ListenerEvents {
  listening(local: Endpoint): void;
  accepted(socket: Socket, peer: Endpoint): void;
  /** It did not open, and is no more. */
  refused(failure: Failure): void;
  /** It cannot accept for now. Not told again before it has accepted one. */
  stuck(failure: Failure): void;
}

/** Starts to listen; everything else comes later by `events`. `close()` of the answer is silent and frees the port at once. */
export function startListener({ local, limit, perHost }: TcpListen, events: ListenerEvents): Server {
  // The limit of all is Node's to keep.
  const enter = door({ perHost });
  let isListening = false;
  let isStuck = false;
  const server = createServer({ noDelay: true });
  // Node closes one more than that as soon as the system has accepted it.
  if (limit !== undefined) server.maxConnections = limit;

  server.on('listening', () => {
    isListening = true;
    const bound = server.address();
    if (bound !== null && typeof bound !== 'string') events.listening({ host: bound.address, port: bound.port });
  });
  server.on('connection', (socket) => {
    isStuck = false;
    const { remoteAddress: host, remotePort: port } = socket;
    // It was reset while it waited to be accepted: there is nobody to announce.
    if (host === undefined || port === undefined) return void socket.destroy();
    const leave = enter(host);
    if (!leave) return void socket.destroy();
    socket.once('close', leave);
    events.accepted(socket, { host, port });
  });
  server.on('error', (error) => {
    if (!isListening) return events.refused(failureOf(error));
    if (!isStuck) events.stuck(failureOf(error));
    isStuck = true;
  });
  // Exclusive, or a cluster worker would share the port with its siblings.
  server.listen({ host: local.host, port: local.port, exclusive: true, ipv6Only: isIP(local.host) === 6 });
  return server;
}
