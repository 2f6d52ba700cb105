/**
 * The n4 peer: meets its partner at the server, aims at the port that the partner's NAT will have reached, and sends there
 * from a range of ports, once through and again, until the partner is heard on one of them. The partner does the same, so that
 * one of its sockets and one of ours meet. Whichever was heard is answered until the partner shows that it hears us too.
 * Its bytes and their order are those of n4.py -c. No sockets, no clock: it asks net and hears back.
 * Source: seed 004; n4.py's behaviour.
 */
import { MAX_ITERATIONS } from '../limits.ts';
import { INTERRUPTED } from '../outcome.ts';
import { isAt } from '../udp-paths.ts';
import * as actions from './peer-actions.ts';
import { peerSetup } from './peer-setup.ts';
import { isFromPeer, isOfPool, type N4PeerContext, newContext, poolLabel, provesHearing, rankOf, serverLabel } from './session.ts';
import * as timing from './timing.ts';

type Where = { readonly context: N4PeerContext };

/** The statechart. Input: `N4PeerInput`; emits `outcome` with an `Outcome`. */
/** Payload would go where nobody is any more, while keepalives are still answered. */
const FOLLOW = ['noteHeard', 'takePath', 'routePayload', 'reportConnected', 'noteSpeaking'] as const;

/** The statechart. Input: `N4PeerInput`; emits `outcome` with an `Outcome`. */
export const n4Peer = peerSetup
  .extend({
    actions,
    guards: {
      isOfPool: ({ context, event }) => event.type === 'udp.opened' && isOfPool(context, event.socket),
      completesPool: ({ context, event }) => event.type === 'udp.opened' && isOfPool(context, event.socket) && context.pool.length + 1 >= context.input.count,
      mayChooseOthers: ({ context, event }) =>
        event.type === 'net.failed' && event.effect === 'udp.open' && event.code === 'address-in-use' && isOfPool(context, event.socket) && context.range - context.round < timing.CLASHES,
      isPoolLost: ({ context, event }) => event.type === 'net.failed' && event.effect === 'udp.open' && isOfPool(context, event.socket),
      /** Of the socket that has the hole, or before there is one, of the one that the server sees. */
      isPathLost: ({ context, event }) => event.type === 'net.failed' && event.effect === 'udp.open' && event.socket === (context.path?.socket ?? poolLabel(context.range, 0)),
      isServer: ({ context, event }) => 'socket' in event && event.socket === serverLabel(context),
      mayRetry: ({ context }) => context.retries < timing.RETRIES,
      mayPlayAgain: ({ context }) => context.round < timing.ROUNDS,
      hasGreeted: ({ context }) => context.greetings > 0,
      isSweeping: ({ context }) => context.burst < context.input.count * timing.PASSES,
      isFromPeer: ({ context, event }) => event.type === 'punch' && isFromPeer(context, event),
      isBetterPath: ({ context, event }) =>
        event.type === 'punch' &&
        isFromPeer(context, event) &&
        context.path !== undefined &&
        rankOf(context, event.socket, event.from) > rankOf(context, context.path.socket, context.path.peer),
      /** The partner speaks from elsewhere: its NAT has forgotten the hole, and made another mapping for what keeps it alive. */
      isFromElsewhere: ({ context, event }) => event.type === 'punch' && isFromPeer(context, event) && !isAt(context.path, event),
      provesHearing: ({ context, event }) => event.type === 'punch' && isFromPeer(context, event) && provesHearing(context, event),
      mayAnswer: ({ context }) => context.attempt < timing.ANSWERS,
      mayFarewell: ({ context }) => context.attempt < timing.FAREWELLS,
      isSilent: ({ context }) => (context.silences ?? 0) >= timing.SILENCES,
    },
    delays: {
      openDeadline: timing.OPEN_DEADLINE_MS,
      connectDeadline: timing.CONNECT_DEADLINE_MS,
      waitDeadline: ({ context }: Where) => (context.round > 1 ? timing.ROUND_WAIT_MS : (context.input.waitMs ?? timing.WAIT_MS)),
      retryInterval: ({ context }: Where) => timing.doubling(timing.RETRY_MS, context.retries - 1),
      exchangeInterval: timing.EXCHANGE_INTERVAL_MS,
      peerinfoDeadline: timing.PEERINFO_DEADLINE_MS,
      sweepInterval: ({ context }: Where) => (context.burst % context.input.count === 0 ? timing.PASS_INTERVAL_MS : timing.CHUNK_INTERVAL_MS),
      listenTime: timing.LISTEN_MS,
      answerInterval: timing.ANSWER_INTERVAL_MS,
      settleTime: timing.SETTLE_MS,
      quietTime: timing.QUIET_MS,
      keepaliveInterval: timing.KEEPALIVE_MS,
    },
  })
  .createMachine({
    id: 'n4/peer',
    options: { maxIterations: MAX_ITERATIONS },
    context: ({ input }) => newContext(input),
    invoke: { src: 'net', id: 'net' },
    output: ({ context }) => context.outcome ?? INTERRUPTED,
    initial: 'opening',
    on: {
      'net.failed': [{ guard: 'isPathLost', target: '.failed', actions: 'concludeSocket' }, { actions: 'noteTrouble' }],
      close: { target: '.failed', actions: 'concludeInterrupted' },
    },
    states: {
      opening: {
        id: 'opening',
        entry: 'openPool',
        on: {
          'udp.opened': [
            { guard: 'completesPool', target: 'meeting', actions: 'rememberSocket' },
            { guard: 'isOfPool', actions: 'rememberSocket' },
          ],
          'net.failed': [
            { guard: 'mayChooseOthers', target: 'opening', reenter: true, actions: ['closePool', 'nextRange'] },
            { guard: 'isPoolLost', target: 'failed', actions: 'concludeSocket' },
          ],
        },
        after: { openDeadline: { target: 'failed', actions: 'concludeNotOpened' } },
      },

      meeting: {
        initial: 'connecting',
        on: {
          'tcp.closed': { guard: 'isServer', target: '.turnedAway' },
          'net.failed': [
            { guard: 'isPathLost', target: 'failed', actions: 'concludeSocket' },
            { guard: 'isServer', target: '.turnedAway', actions: 'noteTrouble' },
            { actions: 'noteTrouble' },
          ],
        },
        after: { waitDeadline: [{ guard: 'hasGreeted', target: 'failed', actions: 'concludeNoPeer' }, { target: 'failed', actions: 'concludeNoServer' }] },
        states: {
          connecting: {
            entry: 'connectServer',
            on: { 'tcp.connected': { guard: 'isServer', target: 'waiting' } },
            after: { connectDeadline: { target: 'turnedAway', actions: 'leaveServer' } },
          },
          waiting: {
            entry: 'greet',
            on: { ready: { guard: 'isServer', target: '#exchanging' } },
          },
          turnedAway: {
            id: 'turnedAway',
            always: [{ guard: 'mayRetry', target: 'retrying', actions: 'countRetry' }, { target: '#failed', actions: 'concludeTurnedAway' }],
          },
          retrying: { after: { retryInterval: 'connecting' } },
        },
      },

      // Both are here, and the server waits to see both.
      exchanging: {
        id: 'exchanging',
        entry: 'exchangeFirst',
        initial: 'resting',
        on: {
          peerinfo: { guard: 'isServer', target: 'sweeping', actions: 'rememberPeer' },
          'tcp.closed': { guard: 'isServer', target: '#turnedAway' },
          'net.failed': [
            { guard: 'isPathLost', target: 'failed', actions: 'concludeSocket' },
            { guard: 'isServer', target: '#turnedAway', actions: 'noteTrouble' },
            { actions: 'noteTrouble' },
          ],
        },
        after: { peerinfoDeadline: { target: '#turnedAway', actions: 'leaveServer' } },
        states: {
          resting: { after: { exchangeInterval: { target: 'resting', reenter: true, actions: 'exchange' } } },
        },
      },

      sweeping: {
        entry: 'leaveServer',
        initial: 'bursting',
        on: { punch: { guard: 'isFromPeer', target: 'connected', actions: ['noteHeard', 'takePath', 'routePayload', 'reportConnected'] } },
        states: {
          bursting: {
            entry: 'sweep',
            after: { sweepInterval: [{ guard: 'isSweeping', target: 'bursting', reenter: true }, { target: 'listening' }] },
          },
          listening: { after: { listenTime: '#losing' } },
        },
      },

      losing: {
        id: 'losing',
        always: [
          { guard: 'mayPlayAgain', target: 'opening', actions: ['closePool', 'nextRound'] },
          { target: 'failed', actions: 'concludeLose' },
        ],
      },

      connected: {
        initial: 'confirming',
        on: { close: '#closed' },
        states: {
          // Heard, but it is not known yet that the partner hears us.
          confirming: {
            entry: ['volley', 'resetAttempts'],
            initial: 'answering',
            on: {
              punch: [
                { guard: 'isBetterPath', target: 'confirming', reenter: true, actions: ['noteHeard', 'takePath', 'routePayload', 'reportConnected'] },
                { guard: 'provesHearing', target: 'confirmed', actions: ['noteHeard', 'takePath', 'routePayload', 'reportConnected'] },
                { guard: 'isFromPeer', actions: 'noteHeard' },
              ],
            },
            states: {
              answering: {
                entry: 'countAttempt',
                after: { answerInterval: [{ guard: 'mayAnswer', target: 'answering', reenter: true, actions: 'punch' }, { target: '#losing' }] },
              },
            },
          },
          confirmed: {
            tags: 'confirmed',
            entry: ['closeOthers', 'resetAttempts'],
            initial: 'parting',
            states: {
              // The partner may not be sure yet, and n4.py's would wait in vain. A close waits for this.
              parting: {
                entry: ['punch', 'countAttempt'],
                on: { close: '#closing' },
                after: { answerInterval: [{ guard: 'mayFarewell', target: 'parting', reenter: true }, { target: 'keeping' }] },
              },
              keeping: {
                initial: 'settling',
                states: {
                  settling: { after: { settleTime: 'idle' } },
                  quiet: {
                    on: { punch: [{ guard: 'isFromElsewhere', actions: FOLLOW }, { guard: 'isFromPeer', actions: 'noteSpeaking' }] },
                    after: { quietTime: 'idle' },
                  },
                  idle: {
                    on: {
                      punch: [
                        { guard: 'isFromElsewhere', target: 'quiet', actions: [...FOLLOW, 'answerPunch'] },
                        { guard: 'isFromPeer', target: 'quiet', actions: ['noteSpeaking', 'answerPunch'] },
                      ],
                    },
                    after: {
                      keepaliveInterval: [
                        { guard: 'isSilent', target: '#failed', actions: 'concludeLost' },
                        { target: 'quiet', actions: ['punch', 'countSilence'] },
                      ],
                    },
                  },
                },
              },
            },
          },
          closing: {
            id: 'closing',
            entry: ['punch', 'countAttempt'],
            tags: 'confirmed',
            on: { close: {} },
            after: { answerInterval: [{ guard: 'mayFarewell', target: 'closing', reenter: true }, { target: '#closed' }] },
          },
        },
      },

      closed: { id: 'closed', type: 'final' },
      failed: { id: 'failed', type: 'final', entry: 'reportOutcome' },
    },
  });
