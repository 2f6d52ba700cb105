/**
 * The pwnat caller: tells a listener behind a NAT where it is by an ICMP error that it forges, until the listener's NAT has opened
 * and the listener speaks; then it carries the TCP connections that come to its door, by udptunnel with the original, and by a
 * faster and, with a secret, proved protocol with one of ours. No sockets, no clock: it asks net and hears back.
 * Source: samyk/pwnat, blahgeek/pypwnat.
 */
import { ANYWHERE, sameEndpoint } from '../../effects/endpoint.ts';
import { derive } from '../../effects/seed.ts';
import { MAX_ITERATIONS } from '../limits.ts';
import * as actions from './caller-actions.ts';
import { isProbe } from './caller-probe.ts';
import { type CallerContext, type CallerEvent, callerSetup, type PwnatCallerInput } from './caller-setup.ts';
import { isKnown, newCalls } from './calls.ts';
import { NOTHING_SEEN } from './explain.ts';
import * as timing from './timing.ts';
import { DOOR, HOLE, MAIN } from './turn.ts';

type Where = { readonly context: CallerContext };

/** Of the listener, and by UDP. */
function isFromListener({ context, event }: { readonly context: CallerContext; readonly event: CallerEvent }): boolean {
  return 'from' in event && event.socket === MAIN && sameEndpoint(event.from, context.input.server);
}

const CARRY = { actions: 'carry' } as const;
const HEAR = { guard: 'isFromListener', actions: 'carry' } as const;

/** The statechart. Input: `PwnatCallerInput`; emits `outcome` with an `Outcome`. */
export const pwnatCaller = callerSetup
  .extend({
    actions,
    guards: {
      isFromListener,
      isMain: ({ event }) => 'socket' in event && event.socket === MAIN,
      isMapping: ({ context, event }) => event.type === 'mapped' && context.input.stun !== undefined && sameEndpoint(event.from, context.input.stun),
      isPong: ({ context, event }) => event.type === 'pong' && event.from.host === context.input.server.host && event.id === context.probe,
      isAboutUs: ({ context, event }) => event.type === 'rejected' && sameEndpoint(event.to, context.input.server) && event.source.port === context.local?.port,
      isOwnSocket: ({ event }) => event.type === 'net.failed' && (event.effect === 'udp.open' || event.effect === 'icmp.open' || event.effect === 'tcp.listen') && [MAIN, HOLE, DOOR].includes(event.socket),
      isRefusedSending: ({ event }) => event.type === 'net.failed' && (event.effect === 'udp.send' || event.effect === 'icmp.send'),
      isAnswer: (where) => where.event.type === 'helloAck' && isFromListener(where) && isProbe(where.context, where.event.request),
      isAcceptance: (where) => where.event.type === 'accept' && isFromListener(where) && where.event.pair.startsWith(where.context.calls.self),
      /** Of an id that no connection has or had: the answer to a HELLO. */
      isRefusal: (where) => where.event.type === 'goodbye' && isFromListener(where) && !isKnown(where.context.calls, where.event.id),
      isOurLink: (where) => where.event.type === 'linkBye' && isFromListener(where) && typeof where.context.calls.speech === 'object' && where.event.pair === where.context.calls.speech.pair,
      isRefusedTwice: ({ context }) => context.refusal === 'again',
      wantsProof: ({ context }) => context.input.authenticated === true,
      wantsDoor: ({ context }) => context.input.listen !== undefined,
      isSilenced: ({ context }) => context.calls.speech === undefined,
    },
    delays: {
      openDeadline: timing.OPEN_DEADLINE_MS,
      lead: timing.LEAD_MS,
      knockInterval: timing.KNOCK_MS,
      reachDeadline: ({ context }: Where) => context.input.waitMs ?? timing.REACH_DEADLINE_MS,
      greetedDeadline: timing.GREETED_MS,
      refusalDeadline: timing.REFUSAL_MS,
      leaveTime: timing.LEAVE_MS,
    },
  })
  .createMachine({
    id: 'pwnat/caller',
    options: { maxIterations: MAX_ITERATIONS },
    context: ({ input }) => newContext(input),
    invoke: { src: 'net', id: 'net' },
    output: ({ context }) => context.outcome,
    initial: 'opening',
    on: {
      close: { target: '.leaving', actions: 'concludeInterrupted' },
      'net.failed': [{ guard: 'isOwnSocket', target: '.failed', actions: 'concludeSocket' }, { guard: 'isRefusedSending', actions: 'noteTrouble' }, CARRY],
      'tcp.accepted': CARRY,
      'tcp.closed': CARRY,
      'tcp.drained': CARRY,
      piece: CARRY,
      tick: CARRY,
      helloAck: HEAR,
      data: HEAR,
      ack: HEAR,
      goodbye: HEAR,
      accept: HEAR,
      packet: HEAR,
      receipt: HEAR,
      linkPong: HEAR,
      linkBye: HEAR,
    },
    states: {
      opening: {
        initial: 'socket',
        after: { openDeadline: { target: 'failed', actions: 'concludeNotOpened' } },
        states: {
          socket: { entry: 'openMain', on: { 'udp.opened': { guard: 'isMain', target: 'hole', actions: 'rememberLocal' } } },
          // Without privileges no error can be forged, which is known at once.
          hole: { entry: 'openHole', on: { 'icmp.opened': [{ guard: 'wantsDoor', target: 'door' }, { target: '#reaching' }] } },
          door: { entry: 'openDoor', on: { 'tcp.listening': { target: '#reaching', actions: ['rememberDoor', 'reportListening'] } } },
        },
      },

      reaching: {
        id: 'reaching',
        initial: 'forging',
        on: {
          accept: { guard: 'isAcceptance', target: 'connected', actions: ['carry', 'reportAccepted'] },
          helloAck: [{ guard: 'isAnswer', target: 'connected.settled', actions: ['carry', 'reportConnected'] }, HEAR],
          goodbye: { guard: 'isRefusal', actions: 'noteRefusal' },
          greeting: { guard: 'isFromListener', target: '.greeted', actions: 'noteGreeting' },
          punch: { guard: 'isFromListener', actions: 'notePunch' },
          mapped: { guard: 'isMapping', actions: 'noteMapped' },
          pong: { guard: 'isPong', actions: 'notePong' },
          rejected: { guard: 'isAboutUs', actions: 'noteRejected' },
        },
        after: { reachDeadline: { target: 'failed', actions: 'concludeNoAnswer' } },
        states: {
          forging: { entry: 'forgeError', after: { lead: 'forgingAgain' } },
          forgingAgain: { entry: 'forgeError', after: { lead: 'asking' } },
          asking: { entry: 'knock', after: { knockInterval: [{ guard: 'isRefusedTwice', target: '#failed', actions: 'concludeDenied' }, { target: 'forging' }] } },
          // pypwnat's own listener says no more; one of ours does.
          greeted: { entry: 'knock', on: { greeting: {} }, after: { greetedDeadline: [{ guard: 'wantsProof', target: '#failed', actions: 'concludeNoAnswer' }, { target: '#greetedOnly', actions: 'reportConnected' }] } },
        },
      },

      connected: {
        tags: 'confirmed',
        on: { linkBye: { guard: 'isOurLink', target: 'closedByPeer', actions: 'carry' } },
        always: { guard: 'isSilenced', target: 'reaching', actions: 'forgetRefusal' },
        initial: 'fresh',
        states: {
          // Our own listener accepts the offer, and refuses the destination in the answer to HELLO.
          fresh: {
            on: {
              helloAck: [{ guard: 'isAnswer', target: '.answered', actions: ['carry', 'reportAnswered'] }, HEAR],
              linkBye: { guard: 'isOurLink', target: '#closedByPeer', actions: ['carry', 'reportAnswered'] },
            },
            after: { refusalDeadline: { target: 'settled', actions: 'reportAnswered' } },
            initial: 'asked',
            states: {
              asked: { on: { goodbye: [{ guard: 'isRefusal', target: 'askedAgain', actions: 'noteRefusal' }, HEAR] } },
              answered: {},
              askedAgain: {
                entry: 'askAgain',
                on: { goodbye: [{ guard: 'isRefusal', actions: 'noteRefusal' }, HEAR] },
                after: { knockInterval: [{ guard: 'isRefusedTwice', target: '#failed', actions: 'concludeDenied' }, { target: 'askedAgain', reenter: true }] },
              },
            },
          },
          settled: {},
        },
      },

      // The hole stands, and nothing is there to carry TCP through it.
      greetedOnly: { id: 'greetedOnly', tags: 'confirmed', after: { leaveTime: 'greetedEnd' } },

      leaving: { entry: 'sayGoodbye', after: { leaveTime: 'closed' } },
      closed: { type: 'final', entry: 'reportOutcome' },
      closedByPeer: { id: 'closedByPeer', type: 'final' },
      greetedEnd: { type: 'final' },
      failed: { id: 'failed', type: 'final', entry: ['sayGoodbye', 'reportOutcome'] },
    },
  });

/** Total, even without input: xstate makes a context without one inside a pure `transition()`. */
function newContext(input: PwnatCallerInput = { seed: '', server: ANYWHERE, to: { host: '', port: '' } }): CallerContext {
  const [one = 0, other = 0] = derive(input.seed, 'probe', 0);
  return {
    input,
    calls: newCalls(input.seed, input.server, input.to),
    local: undefined,
    door: undefined,
    startedAt: 0,
    now: 0,
    armedAt: Infinity,
    knocks: 0,
    probe: (one << 8) | other,
    refusal: 'none',
    seen: NOTHING_SEEN,
    outcome: undefined,
  };
}
