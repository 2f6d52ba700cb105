/**
 * The tcp-open rendezvous: tells two peers of a room where the other is seen, both at one moment, which is what they count
 * their start from. It knows rooms by identifiers only, answers nothing but registrations, and keeps what `rooms.ts` bounds.
 */
import type { Endpoint } from '../../effects/endpoint.ts';
import { serverMachine } from '../server.ts';
import type { OpenMessage } from './messages.ts';
import { admit, farewell, forget, LIMITS, noRooms, type Rooms, sweep, welcome } from './rooms.ts';

export interface OpenRendezvousInput {
  readonly listen: Endpoint;
  /** Where rooms lie in memory is derived from it. */
  readonly seed: string;
}

export const tcpOpenRendezvous = serverMachine<OpenMessage, OpenRendezvousInput, Rooms>({
  id: 'tcp-open/rendezvous',
  defaultInput: { listen: { host: '0.0.0.0', port: 0 }, seed: '' },
  sockets: ({ listen }) => [{ socket: 'tcp', transport: 'tcp', limits: { idleMs: LIMITS.idleMs, limit: LIMITS.connections }, at: () => [listen] }],
  memory: ({ seed }) => noRooms(seed),
  accept: welcome,
  receive: (rooms, message) => (message.type === 'register' ? admit(rooms, message) : farewell(rooms, message.socket)),
  end: (rooms, { socket }) => ({ memory: forget(rooms, socket), replies: [] }),
  sweep,
});
