/**
 * Seed 001's server.py without its faults: pair after pair, never a client with itself, and a repeated REGISTER is answered
 * again instead of being taken for the next client. The bytes and their order are the original's: first the second client is
 * told, then the first. An answer of up to 21 bytes to 8 is what the original client needs; nothing else is answered.
 */
import { ANYWHERE, type Endpoint, formatEndpoint, sameEndpoint } from '../../effects/endpoint.ts';
import type { Arrival } from '../../effects/net-actor.ts';
import { type Reply, serverMachine, type Step } from '../server.ts';
import type { SeedMessage } from './codec.ts';

export interface SeedServerInput {
  readonly listen: Endpoint;
}

interface Seen {
  readonly client: Endpoint;
  readonly at: number;
}

export interface Waiting {
  readonly waiting: Seen | undefined;
  /** The last pairs, newest last, to recognise repetitions. */
  readonly pairs: readonly (Seen & { readonly peer: Endpoint })[];
}

/** A client is silent while it waits, so its NAT forgets it: Linux after 30 s, RFC 4787 asks for 2 min. */
const WAITING_LIMIT_MS = 120_000;
/** A datagram does not come twice after longer than this. */
const REPEAT_LIMIT_MS = 10_000;
const PAIR_LIMIT = 256;

/** The server's statechart. Input: `SeedServerInput`; emits `server` for its operator. Runs until `close`. */
export const seedUdpServer = serverMachine<SeedMessage, SeedServerInput, Waiting>({
  id: 'seed-udp/server',
  defaultInput: { listen: ANYWHERE },
  sockets: ({ listen }) => [{ socket: 'main', at: () => [listen] }],
  memory: () => ({ waiting: undefined, pairs: [] }),
  receive: (memory, message) => (message.type === 'register' ? admit(memory, message) : { memory, replies: [] }),
});

function admit(memory: Waiting, { from: client, at }: Arrival): Step<SeedMessage, Waiting> {
  const { waiting, pairs } = memory;
  const known = pairs.find((one) => sameEndpoint(one.client, client) && at - one.at < REPEAT_LIMIT_MS);
  if (known) return { memory, replies: [introduction(client, known.peer)] };
  if (!waiting || sameEndpoint(waiting.client, client) || at - waiting.at > WAITING_LIMIT_MS) {
    return { memory: { waiting: { client, at }, pairs }, replies: [], news: { what: 'room-opened', from: client } };
  }
  const pair = [
    { client, peer: waiting.client, at },
    { client: waiting.client, peer: client, at },
  ];
  return {
    memory: { waiting: undefined, pairs: [...pairs, ...pair].slice(-PAIR_LIMIT) },
    replies: [introduction(client, waiting.client), introduction(waiting.client, client)],
    news: { what: 'paired', room: formatEndpoint(waiting.client), from: client },
  };
}

function introduction(to: Endpoint, peer: Endpoint): Reply<SeedMessage> {
  return { socket: 'main', to, message: { type: 'introduced', peer } };
}
