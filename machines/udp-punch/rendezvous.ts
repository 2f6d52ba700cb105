/**
 * The udp-punch rendezvous: tells two peers of a room where the other is seen. It knows rooms by identifiers only, answers
 * nothing but well-formed requests, and keeps what `rooms.ts` bounds. A second port lets peers see whether their mapping varies.
 */
import { ANYWHERE, type Endpoint } from '../../effects/endpoint.ts';
import type { Arrival } from '../../effects/net-actor.ts';
import { alternatesOf, type Opened, type Reply, serverMachine, type Step } from '../server.ts';
import type { PunchMessage } from './messages.ts';
import { admit, dismiss, noRooms, type Rooms, sweep } from './rooms.ts';

export interface RendezvousInput {
  readonly listen: Endpoint;
  /** Where rooms lie in memory is derived from it. The secret for proofs of address is the codec's. */
  readonly seed: string;
}

/** The server's statechart. Input: `RendezvousInput`; emits `server` for its operator. Runs until `close`. */
export const udpPunchRendezvous = serverMachine<PunchMessage, RendezvousInput, Rooms>({
  id: 'udp-punch/rendezvous',
  defaultInput: { listen: ANYWHERE, seed: '' },
  sockets: ({ listen }) => [
    { socket: 'main', at: () => [listen] },
    { socket: 'alternate', optional: true, at: () => alternatesOf(listen) },
  ],
  memory: ({ seed }) => noRooms(seed),
  receive,
  sweep: (rooms, now) => ({ memory: sweep(rooms, now), replies: [] }),
});

function receive(rooms: Rooms, message: PunchMessage & Arrival, { alternate }: Opened): Step<PunchMessage, Rooms> {
  switch (message.type) {
    case 'register':
      return admit(rooms, message, alternate);
    case 'leave':
      return { memory: dismiss(rooms, message), replies: [] };
    case 'observe':
      return { memory: rooms, replies: [observed(message)] };
    default:
      return { memory: rooms, replies: [] };
  }
}

/** Answered by the port that was asked. */
function observed({ txid, peer: to, socket, from }: Extract<PunchMessage, { type: 'observe' }> & Arrival): Reply<PunchMessage> {
  return { socket, to: from, message: { type: 'mapped', txid, to, mapped: from } };
}
