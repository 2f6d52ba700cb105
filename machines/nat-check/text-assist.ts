/**
 * The assist of the three-role check: tells the server where it sees each client that registers. It keeps nothing, says nothing
 * to clients, and whoever writes to it moves at most 21 bytes for 8, to the server and to nobody else.
 */
import { ANYWHERE, type Endpoint } from '../../effects/endpoint.ts';
import { serverMachine } from '../server.ts';
import type { TextMessage } from './text.ts';

export interface TextAssistInput {
  readonly listen: Endpoint;
  /** Where the server of the check listens. */
  readonly server: Endpoint;
}

/** The assist's statechart. Input: `TextAssistInput`; emits `server` for its operator. Runs until `close`. */
export const textAssist = serverMachine<TextMessage, TextAssistInput, { readonly server: Endpoint }>({
  id: 'nat-check/assist',
  defaultInput: { listen: ANYWHERE, server: ANYWHERE },
  sockets: ({ listen }) => [{ socket: 'main', at: () => [listen] }],
  memory: ({ server }) => ({ server }),
  receive(memory, { type, from }) {
    if (type !== 'register') return { memory, replies: [] };
    return {
      memory,
      replies: [{ socket: 'main', to: memory.server, message: { type: 'mapped', endpoint: from } }],
      news: { what: 'reported', from },
    };
  },
});
