/**
 * The tcp-open rendezvous: tells two peers of a room where the other is seen, both at one moment, which is what they count
 * their start from. It knows rooms by identifiers only, answers nothing but registrations and questions of where one is seen, and
 * keeps what `rooms.ts` bounds. A second port lets peers see whether their mapping varies.
 */
import { ANYWHERE, type Endpoint } from '../../effects/endpoint.ts';
import type { Arrival } from '../../effects/net-actor.ts';
import { alternatesOf, type Opened, serverMachine, type Step } from '../server.ts';
import type { OpenMessage } from './messages.ts';
import { admit, farewell, foretold, forget, LIMITS, noRooms, observed, type Rooms, sweep, welcome } from './rooms.ts';

export interface OpenRendezvousInput {
  readonly listen: Endpoint;
  /** Where rooms lie in memory is derived from it. */
  readonly seed: string;
}

/** Per host too, for the rooms forget at once who is closed, and the listener counts them until they have gone. */
const CONNECTIONS = { idleMs: LIMITS.idleMs, limit: LIMITS.connections, perHost: LIMITS.connectionsPerNetwork } as const;

/** The server's statechart. Input: `OpenRendezvousInput`; emits `server` for its operator. Runs until `close`. */
export const tcpOpenRendezvous = serverMachine<OpenMessage, OpenRendezvousInput, Rooms>({
  id: 'tcp-open/rendezvous',
  defaultInput: { listen: ANYWHERE, seed: '' },
  sockets: ({ listen }) => [
    { socket: 'tcp', transport: 'tcp', limits: CONNECTIONS, at: () => [listen] },
    { socket: 'alternate', transport: 'tcp', limits: CONNECTIONS, optional: true, at: ({ tcp = listen }) => alternatesOf(tcp) },
  ],
  memory: ({ seed }) => noRooms(seed),
  accept: welcome,
  receive,
  end: (rooms, { socket }) => ({ memory: forget(rooms, socket), replies: [] }),
  sweep,
});

function receive(rooms: Rooms, message: OpenMessage & Arrival, { alternate }: Opened): Step<OpenMessage, Rooms> {
  switch (message.type) {
    case 'register':
      return admit(rooms, message, alternate);
    case 'observe':
      return observed(rooms, message);
    case 'foretell':
      return foretold(rooms, message);
    // What peers say to each other is nothing for us.
    default:
      return farewell(rooms, message.socket);
  }
}
