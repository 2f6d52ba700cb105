/**
 * The pwnat listener: asks nobody for an echo again and again, so that its NAT lets errors about that in; learns from each error
 * where a caller is, and opens the NAT towards it by a datagram of no bytes; then carries its callers' TCP connections to the
 * destinations that are allowed. No sockets, no clock: it asks net and hears back. Source: samyk/pwnat, blahgeek/pypwnat.
 */
import { MAX_ITERATIONS } from '../limits.ts';
import { newCallee } from './callee.ts';
import * as actions from './listener-actions.ts';
import { type ListenerContext, listenerSetup, type PwnatListenerInput } from './listener-setup.ts';
import * as timing from './timing.ts';
import { HOLE, MAIN } from './turn.ts';

type Where = { readonly context: ListenerContext };

const { variantOf, ...own } = actions;

/** The statechart. Input: `PwnatListenerInput`; emits `outcome` with an `Outcome`, and `server` for each caller. */
export const pwnatListener = listenerSetup
  .extend({
    actions: own,
    guards: {
      isOwnSocket: ({ event }) => event.type === 'net.failed' && (event.effect === 'udp.open' || event.effect === 'icmp.open') && (event.socket === MAIN || event.socket === HOLE),
      isOfConnection: ({ event }) => event.type === 'net.failed' && (event.effect === 'tcp.connect' || event.effect === 'tcp.send'),
      /** Without echo requests the NAT lets no error in. */
      isMute: ({ context, event }) => event.type === 'net.failed' && event.effect === 'icmp.send' && !context.isMute,
      hasCaller: ({ context }) => context.outcome !== undefined,
      waitsForEver: ({ context }) => context.input.waitMs === undefined,
    },
    delays: {
      openDeadline: timing.OPEN_DEADLINE_MS,
      echoInterval: ({ context }: Where) => variantOf(context).echoMs,
      callerDeadline: ({ context }: Where) => context.input.waitMs ?? 0,
      leaveTime: timing.LEAVE_MS,
    },
  })
  .createMachine({
    id: 'pwnat/listener',
    options: { maxIterations: MAX_ITERATIONS },
    context: ({ input }) => newContext(input),
    invoke: { src: 'net', id: 'net' },
    output: ({ context }) => context.outcome,
    initial: 'opening',
    states: {
      opening: {
        initial: 'socket',
        on: {
          close: 'closed',
          'net.failed': { guard: 'isOwnSocket', target: 'failed', actions: 'concludeSocket' },
        },
        after: { openDeadline: { target: 'failed', actions: 'concludeNotOpened' } },
        states: {
          // Without privileges the hole cannot be opened, which is known at once.
          hole: { entry: 'openHole', on: { 'icmp.opened': '#serving' } },
          socket: { entry: 'openMain', on: { 'udp.opened': { target: 'hole', actions: 'rememberLocal' } } },
        },
      },

      serving: {
        id: 'serving',
        type: 'parallel',
        tags: 'confirmed',
        entry: 'reportListening',
        on: {
          close: 'leaving',
          exceeded: { actions: 'answerCaller' },
          hello: { actions: 'serve' },
          helloAck: { actions: 'serve' },
          keepAlive: { actions: 'serve' },
          data: { actions: 'serve' },
          ack: { actions: 'serve' },
          goodbye: { actions: 'serve' },
          offer: { actions: 'serve' },
          packet: { actions: 'serve' },
          receipt: { actions: 'serve' },
          linkPing: { actions: 'serve' },
          linkPong: { actions: 'serve' },
          linkBye: { actions: 'serve' },
          piece: { actions: 'serve' },
          tick: { actions: 'serve' },
          'tcp.drained': { actions: 'serve' },
          'tcp.closed': { actions: 'serve' },
          'net.failed': [{ guard: 'isOwnSocket', target: 'failed', actions: 'concludeSocket' }, { guard: 'isMute', actions: 'reportMute' }, { guard: 'isOfConnection', actions: 'serve' }],
        },
        states: {
          asking: {
            initial: 'again',
            states: { again: { entry: 'callNobody', after: { echoInterval: { target: 'again', reenter: true, actions: 'sweep' } } } },
          },
          waiting: {
            initial: 'first',
            states: {
              first: { always: { guard: 'waitsForEver', target: 'over' }, after: { callerDeadline: [{ guard: 'hasCaller', target: 'over' }, { target: '#failed', actions: 'concludeNobody' }] } },
              over: {},
            },
          },
        },
      },

      leaving: { entry: 'sayGoodbye', after: { leaveTime: 'closed' } },
      closed: { type: 'final' },
      failed: { id: 'failed', type: 'final', entry: 'reportOutcome' },
    },
  });

/** Total, even without input: xstate makes a context without one inside a pure `transition()`. */
function newContext(input: PwnatListenerInput = { seed: '' }): ListenerContext {
  const callee = newCallee(input.seed, input.allow ?? []);
  return { input, callee, local: undefined, startedAt: 0, askedAt: 0, now: 0, armedAt: Infinity, deniedAt: -Infinity, untold: 0, isMute: false, outcome: undefined };
}
