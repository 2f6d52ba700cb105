/**
 * The client side of seed 001's UDP punch, able to talk to its server.py and its client.py. REGISTER is sent exactly once:
 * the original server takes a second one for the other client. KNOCK is repeated until the peer is heard, because the
 * original sends its own only once. Nothing here proves who the peer is: the protocol has no means to.
 * Source: seed 001 §0x05.
 */
import { assertEvent, setup } from 'xstate';
import { ANYWHERE, type Endpoint, formatEndpoint } from '../../effects/endpoint.ts';
import { type NetHeard, netPort } from '../../effects/net-actor.ts';
import type { OutcomeReported } from '../../effects/scenario.ts';
import { endings } from '../endings.ts';
import { MAX_ITERATIONS } from '../limits.ts';
import { failed, FELL_SILENT, INTERRUPTED, type Outcome } from '../outcome.ts';
import { KEEPALIVE_MS, OPEN_DEADLINE_MS, SILENCES, WAIT_MS } from '../timing.ts';
import { localToward, type OpenSocket, payloadRoute, socketOf } from '../udp-paths.ts';
import type { SeedMessage } from './codec.ts';

export interface SeedPeerInput {
  readonly server: Endpoint;
  readonly local?: Partial<Endpoint> | undefined;
  /** How long to wait for the server's word, ms. */
  readonly waitMs?: number | undefined;
}

export interface SeedPeerContext {
  readonly input: SeedPeerInput;
  readonly knocks: number;
  readonly startedAt: number;
  readonly socket: OpenSocket;
  /** As told by the server, then as observed. */
  readonly peer: Endpoint | undefined;
  readonly outcome: Outcome | undefined;
}

const SOCKET = 'main';
/** The original knocks 2 to 5 s after the introduction; then its chat comes every second. */
const KNOCK_INTERVAL_MS = 500;
const KNOCK_LIMIT = 30;
/** Enough knocks after the peer was heard that it hears one, though it prints them all. */
const CONFIRM_INTERVAL_MS = 1_000;
const CONFIRM_LIMIT = 5;

type SeedPeerEvent = NetHeard<SeedMessage> | { readonly type: 'close' };

const peerSetup = setup({
  types: {} as {
    context: SeedPeerContext;
    events: SeedPeerEvent;
    input: SeedPeerInput;
    output: Outcome;
    emitted: OutcomeReported<Outcome>;
  },
  actors: { net: netPort<SeedMessage>() },
});
const { assign, enqueueActions, sendTo } = peerSetup;

/** The statechart. Input: `SeedPeerInput`; emits `outcome` with an `Outcome`. */
export const seedUdpPeer = peerSetup
  .extend({
    actions: {
      ...endings<SeedPeerContext, SeedPeerEvent>(),
      openSocket: sendTo('net', ({ context }) => ({ type: 'udp.open', socket: SOCKET, local: context.input.local })),
      rememberSocket: assign(({ event }) => {
        assertEvent(event, 'udp.opened');
        return { startedAt: event.at, socket: socketOf(event) };
      }),
      register: sendTo('net', ({ context }) => ({ type: 'udp.send', socket: SOCKET, to: context.input.server, message: { type: 'register' } })),
      rememberPeer: assign(({ event }) => {
        assertEvent(event, 'introduced');
        return { peer: event.peer };
      }),
      knock: enqueueActions(({ context, enqueue }) => {
        if (context.peer) enqueue.sendTo('net', { type: 'udp.send', socket: SOCKET, to: context.peer, message: { type: 'knock' } });
      }),
      countKnock: assign({ knocks: ({ context }) => context.knocks + 1 }),
      resetKnocks: assign({ knocks: 0 }),
      followPeer: enqueueActions(({ event, enqueue }) => {
        assertEvent(event, ['knock', 'chat']);
        enqueue.assign({ peer: event.from });
        enqueue.sendTo('net', payloadRoute({ socket: SOCKET, peer: event.from }));
      }),
      reportConnected: enqueueActions(({ context, event, enqueue }) => {
        assertEvent(event, ['knock', 'chat']);
        const { socket, startedAt } = context;
        const outcome: Outcome = { kind: 'connected', socket: SOCKET, local: localToward(socket, event.from), peer: event.from, elapsedMs: event.at - startedAt };
        enqueue.assign({ outcome });
        enqueue.emit({ type: 'outcome', outcome });
      }),
      concludeUnintroduced: assign({
        outcome: ({ context }) =>
          failed('no-peer', `The server at ${formatEndpoint(context.input.server)} named no peer. It says nothing until a second client comes; it may also not be running.`),
      }),
      concludeSilence: assign({
        outcome: ({ context }) =>
          failed('no-reply', `Nothing came from ${context.peer ? formatEndpoint(context.peer) : 'the peer'}. A NAT that gives every destination a new port looks like this, and so does a peer that stopped.`),
      }),
      concludeLost: assign({ outcome: FELL_SILENT }),
    },
    guards: {
      isFromServer: ({ context, event }) => event.type === 'introduced' && event.from.port === context.input.server.port && event.from.host === context.input.server.host,
      // A symmetric NAT in front of the peer shows another port than the server saw.
      isFromPeer: ({ context, event }) => 'from' in event && typeof event.from === 'object' && event.from.host === context.peer?.host,
      isSocketLost: ({ event }) => event.type === 'net.failed' && event.effect === 'udp.open',
      mayKnock: ({ context }) => context.knocks < KNOCK_LIMIT,
      mayConfirm: ({ context }) => context.knocks < CONFIRM_LIMIT,
      // Two of ours knock at each keepalive, the original chats every second.
      mayKeepAlive: ({ context }) => context.knocks < SILENCES,
    },
    delays: {
      openDeadline: OPEN_DEADLINE_MS,
      waitDeadline: ({ context }: { context: SeedPeerContext }) => context.input.waitMs ?? WAIT_MS,
      knockInterval: KNOCK_INTERVAL_MS,
      confirmInterval: CONFIRM_INTERVAL_MS,
      keepaliveInterval: KEEPALIVE_MS,
    },
  })
  .createMachine({
    id: 'seed-udp/peer',
    options: { maxIterations: MAX_ITERATIONS },
    context: ({ input }) => ({
      input: input ?? { server: ANYWHERE },
      knocks: 0,
      startedAt: 0,
      socket: { label: SOCKET, local: ANYWHERE, addresses: [] },
      peer: undefined,
      outcome: undefined,
    }),
    invoke: { src: 'net', id: 'net' },
    output: ({ context }) => context.outcome ?? INTERRUPTED,
    initial: 'opening',
    on: {
      'net.failed': { guard: 'isSocketLost', target: '.failed', actions: 'concludeSocket' },
      close: { target: '.failed', actions: 'concludeInterrupted' },
    },
    states: {
      opening: {
        entry: 'openSocket',
        on: { 'udp.opened': { target: 'registering', actions: 'rememberSocket' } },
        after: { openDeadline: { target: 'failed', actions: 'concludeNotOpened' } },
      },
      registering: {
        entry: 'register',
        on: { introduced: { guard: 'isFromServer', target: 'knocking', actions: 'rememberPeer' } },
        after: { waitDeadline: { target: 'failed', actions: 'concludeUnintroduced' } },
      },
      knocking: {
        entry: 'resetKnocks',
        initial: 'asking',
        on: {
          knock: { guard: 'isFromPeer', target: 'connected', actions: ['followPeer', 'reportConnected'] },
          chat: { guard: 'isFromPeer', target: 'connected.confirmed', actions: ['followPeer', 'reportConnected'] },
        },
        states: {
          asking: {
            entry: ['knock', 'countKnock'],
            after: {
              knockInterval: [
                { guard: 'mayKnock', target: 'asking', reenter: true },
                { target: '#failed', actions: 'concludeSilence' },
              ],
            },
          },
        },
      },
      connected: {
        entry: 'resetKnocks',
        initial: 'confirming',
        on: {
          close: 'closed',
        },
        states: {
          // Chat proves that the peer has heard us; a knock does not.
          confirming: {
            entry: ['knock', 'countKnock'],
            on: {
              chat: { guard: 'isFromPeer', target: 'confirmed', actions: 'followPeer' },
              knock: { guard: 'isFromPeer', actions: 'followPeer' },
            },
            after: { confirmInterval: [{ guard: 'mayConfirm', target: 'confirming', reenter: true }, { target: 'confirmed' }] },
          },
          confirmed: {
            tags: 'confirmed',
            entry: 'resetKnocks',
            initial: 'idle',
            on: {
              chat: { guard: 'isFromPeer', actions: ['followPeer', 'resetKnocks'] },
              knock: { guard: 'isFromPeer', actions: ['followPeer', 'resetKnocks'] },
            },
            states: {
              idle: {
                after: {
                  keepaliveInterval: [
                    { guard: 'mayKeepAlive', target: 'idle', reenter: true, actions: ['knock', 'countKnock'] },
                    { target: '#failed', actions: 'concludeLost' },
                  ],
                },
              },
            },
          },
        },
      },
      closed: { type: 'final' },
      failed: { id: 'failed', type: 'final', entry: 'reportOutcome' },
    },
  });
