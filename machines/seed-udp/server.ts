/**
 * Seed 001's server.py without its faults: pair after pair, never a client with itself, and a repeated REGISTER is answered
 * again instead of being taken for the next client. The bytes and their order are the original's: first the second client is
 * told, then the first. An answer of up to 21 bytes to 8 is what the original client needs; nothing else is answered.
 */
import { assertEvent, setup } from 'xstate';
import { type Endpoint, formatEndpoint, sameEndpoint } from '../../effects/endpoint.ts';
import { type NetHeard, netPort } from '../../effects/net-actor.ts';
import type { ServerReported } from '../../effects/scenario.ts';
import { MAX_ITERATIONS } from '../limits.ts';
import { explainSocket, type Failed, failed } from '../outcome.ts';
import type { SeedMessage } from './codec.ts';

export interface SeedServerInput {
  readonly listen: Endpoint;
}

interface Seen {
  readonly client: Endpoint;
  readonly at: number;
}

export interface SeedServerContext {
  readonly input: SeedServerInput;
  readonly waiting: Seen | undefined;
  /** The last pairs, newest last, to recognise repetitions. */
  readonly pairs: readonly (Seen & { readonly peer: Endpoint })[];
  readonly failure: Failed | undefined;
}

/** A client is silent while it waits, so its NAT forgets it: Linux after 30 s, RFC 4787 asks for 2 min. */
const WAITING_LIMIT_MS = 120_000;
/** A datagram does not come twice after longer than this. */
const REPEAT_LIMIT_MS = 10_000;
const PAIR_LIMIT = 256;
const OPEN_DEADLINE_MS = 5_000;

const serverSetup = setup({
  types: {} as {
    context: SeedServerContext;
    events: NetHeard<SeedMessage> | { readonly type: 'close' };
    input: SeedServerInput;
    output: Failed | undefined;
    emitted: ServerReported;
  },
  actors: { net: netPort<SeedMessage>() },
});
const { assign, emit, enqueueActions, sendTo } = serverSetup;

export const seedUdpServer = serverSetup
  .extend({
    actions: {
      openSocket: sendTo('net', ({ context }) => ({ type: 'udp.open', socket: 'main', local: context.input.listen })),
      reportListening: emit(({ event }) => {
        assertEvent(event, 'udp.opened');
        return { type: 'server', what: 'listening', local: event.local };
      }),
      admit: enqueueActions(({ context, event, enqueue }) => {
        assertEvent(event, 'register');
        const { from: client, at } = event;
        const tell = (to: Endpoint, peer: Endpoint): void => enqueue.sendTo('net', { type: 'udp.send', socket: 'main', to, message: { type: 'introduced', peer } });

        const pair = context.pairs.find((one) => sameEndpoint(one.client, client) && at - one.at < REPEAT_LIMIT_MS);
        if (pair) return tell(client, pair.peer);
        const { waiting } = context;
        if (!waiting || sameEndpoint(waiting.client, client) || at - waiting.at > WAITING_LIMIT_MS) {
          enqueue.assign({ waiting: { client, at } });
          return enqueue.emit({ type: 'server', what: 'room-opened', from: client });
        }
        tell(client, waiting.client);
        tell(waiting.client, client);
        const paired = [
          { client, peer: waiting.client, at },
          { client: waiting.client, peer: client, at },
        ];
        enqueue.assign({ waiting: undefined, pairs: [...context.pairs, ...paired].slice(-PAIR_LIMIT) });
        enqueue.emit({ type: 'server', what: 'paired', room: formatEndpoint(waiting.client), from: client });
      }),
      concludeSocket: assign(({ event }) => {
        assertEvent(event, 'net.failed');
        return { failure: explainSocket(event) };
      }),
      concludeNotOpened: assign({ failure: failed('socket-failed', 'The system did not open a UDP socket.') }),
    },
    guards: { isSocketLost: ({ event }) => event.type === 'net.failed' && event.effect === 'udp.open' },
    delays: { openDeadline: OPEN_DEADLINE_MS },
  })
  .createMachine({
    id: 'seed-udp/server',
    options: { maxIterations: MAX_ITERATIONS },
    context: ({ input }) => ({ input: input ?? { listen: { host: '0.0.0.0', port: 0 } }, waiting: undefined, pairs: [], failure: undefined }),
    invoke: { src: 'net', id: 'net' },
    output: ({ context }) => context.failure,
    initial: 'opening',
    on: { 'net.failed': { guard: 'isSocketLost', target: '.failed', actions: 'concludeSocket' }, close: '.closed' },
    states: {
      opening: {
        entry: 'openSocket',
        on: { 'udp.opened': { target: 'serving', actions: 'reportListening' } },
        after: { openDeadline: { target: 'failed', actions: 'concludeNotOpened' } },
      },
      serving: { on: { register: { actions: 'admit' } } },
      closed: { type: 'final' },
      failed: { type: 'final' },
    },
  });
