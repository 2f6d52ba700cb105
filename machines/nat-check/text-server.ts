/**
 * The server of the three-role check, for any number of clients at once. The bytes and their order are nat_check.py's, but the
 * Restricted test comes from a second port, as the description says and its code does not. What it keeps and whom it answers:
 * `text-sessions.ts`.
 */
import { ANYWHERE, type Endpoint } from '../../effects/endpoint.ts';
import type { Arrival } from '../../effects/net-actor.ts';
import { alternatesOf, serverMachine, type Step } from '../server.ts';
import type { TextMessage } from './text.ts';
import { next, noSessions, register, report, type Sessions, sweep } from './text-sessions.ts';

export interface TextServerInput {
  readonly listen: Endpoint;
  /** Where sessions lie in memory is derived from it. */
  readonly seed: string;
}

/** The server's statechart. Input: `TextServerInput`; emits `server` for its operator. Runs until `close`. */
export const textServer = serverMachine<TextMessage, TextServerInput, Sessions>({
  id: 'nat-check/server',
  defaultInput: { listen: ANYWHERE, seed: '' },
  sockets: ({ listen }) => [
    { socket: 'main', at: () => [listen] },
    // Without it a restricted NAT would be called port-restricted.
    { socket: 'second', at: () => alternatesOf(listen) },
  ],
  memory: ({ seed }) => noSessions(seed),
  receive,
  sweep: (sessions, now) => ({ memory: sweep(sessions, now), replies: [] }),
});

function receive(sessions: Sessions, message: TextMessage & Arrival): Step<TextMessage, Sessions> {
  // Nobody has a reason to write to the second port.
  if (message.socket !== 'main') return { memory: sessions, replies: [] };
  switch (message.type) {
    case 'register':
      return register(sessions, message);
    case 'next':
      return next(sessions, message);
    case 'mapped':
      return report(sessions, message.endpoint, message.at);
    case 'test':
      return { memory: sessions, replies: [] };
  }
}
