/**
 * The tcp-open peer: registers at the rendezvous from the port that is to be punched, learns where the peer is seen, and from
 * the agreed moment on connects there from that very port, listens on it, and does so again where it is refused. Where a NAT
 * counts the ports that it gives, it calls those that come next (`port-states.ts`). So until a connection stands whose other end
 * proves the room's secret: that one it gives away and ends. The connection to the rendezvous stands until then, for its end
 * would end the mapping. What comes to nothing for some seconds both sides begin anew, each from another port.
 * No sockets, no clock: it asks net and hears back.
 * Source: seed 002; RFC 5382; RFC 9293 §3.5.
 */
import type { NetFailure } from '../../effects/net.ts';
import { seedOf } from '../../effects/seed.ts';
import { MAX_ITERATIONS } from '../limits.ts';
import { INTERRUPTED } from '../outcome.ts';
import type { Plan } from '../port-strategy.ts';
import { aimKind, isSpent, mayForetell } from './aim.ts';
import { mayBeginAnew } from './attempts.ts';
import * as actions from './peer-actions.ts';
import { type OpenPeerEvent, peerSetup } from './peer-setup.ts';
import { haveSamplersAnswered, isAimOver, portActions } from './port-actions.ts';
import { ports, seen } from './port-states.ts';
import * as rendezvousActions from './rendezvous-actions.ts';
import { isControlling, isMeeting, isPlausible, isSilent, mayDial, mayDialAtOnce, metAt, newContext, type OpenPeerContext, pathOf, SERVER, startDelay } from './session.ts';
import * as timing from './timing.ts';

type Where = { readonly context: OpenPeerContext };

/** Whatever the peer would not say there: the rendezvous does not matter any more, and of others this is the end. */
const STRANGE = [{ guard: 'isServer' }, { guard: 'isTarget', target: '.pausing', actions: 'dropStranger' }, { actions: 'dropStranger' }] as const;

function silenceOf({ hangUps, rttMs = 0, peer }: OpenPeerContext): number {
  return timing.silenceMs(hangUps, rttMs, peer?.rttMs ?? 0);
}

function retryOf(context: OpenPeerContext, event: OpenPeerEvent): timing.Retry {
  return { sinceStartMs: 'at' in event ? event.at - context.startAt : 0, rttMs: pathOf(context), failure: 'code' in event ? failureOf(event.code) : 'other' };
}

function aimDelay(context: OpenPeerContext): number {
  return startDelay(context) + (context.mapping === 'varies' ? timing.AFTER_MS : 0);
}

/** What comes of this introduction, if it tells of ports, of the same host as the first, and answers our last word on our own. */
function foretoldKind(context: OpenPeerContext, event: OpenPeerEvent): Plan['kind'] {
  if (event.type !== 'introduced' || event.socket !== SERVER || event.to !== context.self || event.peer.id !== context.peer?.id) return 'plain';
  if (event.peer.endpoints[0]?.host !== context.peer.endpoints[0]?.host) return 'plain';
  // Ports that stay are told as round 0, in every attempt.
  const said = context.mapping === 'same' ? 0 : context.told.round;
  return event.round === said ? aimKind({ ...context, peer: event.peer }) : 'plain';
}

function failureOf(code: NetFailure): timing.Retry['failure'] {
  return code === 'address-in-use' ? 'called' : code === 'reset' ? 'cut-off' : 'other';
}

/** The statechart. Emits `outcome` with an `Outcome`; the stream is then the adapter's to hand out. */
export const tcpOpenPeer = peerSetup
  .extend({ actions: rendezvousActions })
  .extend({ actions })
  .extend({
    actions: portActions,
    guards: {
      isServer: ({ event }) => 'socket' in event && event.socket === SERVER,
      answersRegistration: ({ context, event }) => event.type === 'mapped' && event.socket === SERVER && event.txid === context.asked?.txid,
      isSampler: ({ context, event }) => 'socket' in event && context.samplers.some(({ socket }) => socket === event.socket),
      isAim: ({ context, event }) => foretoldKind(context, event) === 'aimed' && !isMeeting(context) && !isSpent(context),
      isLeftToChance: ({ context, event }) => ['birthday', 'hopeless'].includes(foretoldKind(context, event)),
      isAimOver: ({ context }) => isAimOver(context),
      haveSamplersAnswered: ({ context }) => haveSamplersAnswered(context),
      isReleased: ({ context }) => context.calls === 'released',
      isSpent: ({ context }) => isSpent(context),
      mayForetell: ({ context }) => mayForetell(context),
      mayForetellAgain: ({ context }) => mayForetell(context) && context.told.round < context.aims + timing.UNANSWERED,
      /** Of somebody else; in a later attempt of whom the first was with, at the same host, for a rendezvous names one only. */
      isIntroduction: ({ context: { self, attempt, peer }, event }) => {
        if (event.type !== 'introduced' || event.socket !== SERVER || event.to !== self || event.peer.id === self) return false;
        return attempt === 0 || (event.peer.id === peer?.id && event.peer.endpoints[0]?.host === peer.endpoints[0]?.host);
      },
      mayBeginAnew: ({ context }) => mayBeginAnew(context) && !isMeeting(context) && aimKind(context) !== 'hopeless',
      isTarget: ({ context, event }) => 'socket' in event && context.targets.some(({ socket }) => socket === event.socket),
      mayMeetCaller: ({ context, event }) => event.type === 'tcp.accepted' && context.met.length < (isPlausible(context, event.peer) ? 2 : 1) * timing.UNPROVED,
      isMeeting: ({ context }) => isMeeting(context),
      mayDial: ({ context }) => context.round < timing.ROUNDS && context.calls !== 'held' && context.targets.some((target) => mayDial(target, context.repeats)),
      /** A call of ours was refused. */
      mayDialAtOnce: ({ context, event }) =>
        event.type === 'net.failed' && event.code === 'refused' && context.round < timing.ROUNDS && context.targets.some(({ socket }) => socket === event.socket) && mayDialAtOnce(context),
      mayHangUp: ({ context }) => context.calls !== 'held' && silenceOf(context) <= timing.SILENCE_MAX_MS && !isMeeting(context) && context.targets.some((target) => isSilent(context, target)),
      /** On a connection of ours, from the peer and to us; a probe comes once. */
      isProbe: ({ context, event }) => {
        if (event.type !== 'probe' || event.sender !== context.peer?.id || event.receiver !== context.self) return false;
        const known = metAt(context, event.socket);
        return known !== undefined && known.theirs === undefined;
      },
      isProof: ({ context, event }) =>
        event.type === 'confirm' && event.sender === context.peer?.id && event.receiver === context.self && metAt(context, event.socket)?.asked === event.txid,
      /** Our own number there, in the peer's hand: the controlling side's choice, or the other's agreement to ours. */
      isHandover: ({ context, event }) => {
        if (event.type !== 'handover' || event.sender !== context.peer?.id || event.receiver !== context.self) return false;
        const known = metAt(context, event.socket);
        return known?.theirs !== undefined && known.asked === event.txid && (!isControlling(context) || context.nominated === event.socket);
      },
    },
    delays: {
      connectDeadline: ({ context }: Where) => (context.attempt > 0 ? timing.AGAIN_MS : timing.CONNECT_DEADLINE_MS),
      answerDeadline: ({ context }: Where) => (context.attempt > 0 ? timing.AGAIN_MS : timing.ANSWER_DEADLINE_MS),
      waitDeadline: ({ context }: Where) => (context.attempt > 0 ? timing.AGAIN_MS : (context.input.waitMs ?? timing.WAIT_MS)),
      refreshInterval: timing.REFRESH_MS,
      startDelay: ({ context }: Where) => startDelay(context),
      aimDelay: ({ context }: Where) => aimDelay(context),
      attemptTime: ({ context }: Where) => timing.attemptMs(pathOf(context)),
      punchDeadline: ({ context }: Where) => timing.PUNCH_DEADLINE_MS - context.attempt * timing.ATTEMPT_MS,
      retryDelay: ({ context, event }) => (isMeeting(context) ? timing.TICK_MS : timing.retryMs(seedOf(context.input.seed, 'retry'), context.round, retryOf(context, event))),
      silence: ({ context }: Where) => silenceOf(context),
      plainTime: ({ context }: Where) => Math.max(timing.PLAIN_MS, 2 * pathOf(context)),
      seeingTime: ({ context: { rttMs = 0, peer } }: Where) => Math.max(timing.SEEING_MS, 4 * Math.max(rttMs, peer?.rttMs ?? 0)),
      aimedTime: ({ context }: Where) => aimDelay(context) + Math.max(timing.AIMED_MS, 2 * pathOf(context)),
      hopelessTime: ({ context, event }) => Math.max(0, timing.attemptMs(pathOf(context)) - ('at' in event ? event.at - context.startAt : 0)),
      tick: timing.TICK_MS,
      leaveTime: timing.LEAVE_MS,
    },
  })
  .createMachine({
    id: 'tcp-open/peer',
    options: { maxIterations: MAX_ITERATIONS },
    context: ({ input }) => newContext(input),
    invoke: { src: 'net', id: 'net' },
    output: ({ context }) => context.outcome ?? INTERRUPTED,
    initial: 'connecting',
    on: { ...seen, close: { target: '.failed', actions: 'concludeInterrupted' } },
    states: {
      connecting: {
        id: 'connecting',
        entry: 'connectServer',
        on: {
          'tcp.connected': { guard: 'isServer', target: 'meeting', actions: 'rememberLocal' },
          'net.failed': { guard: 'isServer', target: 'failed', actions: 'concludeNotConnected' },
        },
        after: { connectDeadline: { target: 'failed', actions: 'concludeNoRendezvous' } },
      },

      meeting: {
        initial: 'registering',
        on: {
          introduced: { guard: 'isIntroduction', target: 'starting', actions: 'rememberPeer' },
          refused: { guard: 'isServer', target: 'failed', actions: 'concludeRefused' },
          'tcp.closed': { guard: 'isServer', target: 'failed', actions: 'concludeRendezvousLost' },
          'net.failed': { guard: 'isServer', target: 'failed', actions: 'concludeRendezvousLost' },
        },
        states: {
          // The first answer measures the round trip, without which nobody is introduced.
          registering: {
            entry: 'register',
            on: { mapped: { guard: 'answersRegistration', target: 'waiting', actions: ['rememberAnswer', 'observeAlternate'] } },
            after: { answerDeadline: { target: '#failed', actions: 'concludeNoRendezvous' } },
          },
          waiting: {
            initial: 'asking',
            after: { waitDeadline: { target: '#failed', actions: 'concludeNoPeer' } },
            states: {
              asking: {
                entry: 'register',
                on: { mapped: { guard: 'answersRegistration', target: 'resting', actions: 'rememberAnswer' } },
                after: { answerDeadline: { target: '#failed', actions: 'concludeRendezvousLost' } },
              },
              resting: { after: { refreshInterval: 'asking' } },
            },
          },
        },
      },

      starting: {
        after: { startDelay: 'punching' },
      },

      punching: {
        type: 'parallel',
        entry: 'chooseTargets',
        on: {
          'tcp.connected': [{ guard: 'isTarget', actions: 'meet' }, { actions: 'closeIt' }],
          'tcp.accepted': [{ guard: 'mayMeetCaller', actions: 'meetCaller' }, { actions: 'closeIt' }],
        },
        after: { punchDeadline: { target: 'failed', actions: 'concludeSilence' } },
        states: {
          // Before the rounds, which aim at what was foretold by the same event.
          ports,
          rounds: {
            initial: 'trying',
            always: { guard: 'isReleased', target: '.trying' },
            on: {
              'net.failed': [{ guard: 'isServer' }, { guard: 'isSampler' }, { guard: 'mayDialAtOnce', target: '.trying', actions: 'noteFailure' }, { guard: 'isTarget', target: '.pausing', actions: ['noteFailure', 'nominate'] }, { actions: ['noteFailure', 'nominate'] }],
              'tcp.closed': [{ guard: 'isServer' }, { guard: 'isSampler' }, { guard: 'isTarget', target: '.pausing', actions: ['noteEnd', 'nominate'] }, { actions: ['noteEnd', 'nominate'] }],
              'net.unreadable': STRANGE,
              probe: [{ guard: 'isProbe', actions: ['answerProbe', 'nominate'] }, ...STRANGE],
              confirm: [{ guard: 'isProof', actions: ['noteProof', 'nominate'] }, ...STRANGE],
              handover: [{ guard: 'isHandover', target: '#connected', actions: ['agree', 'release', 'closeOthers', 'reportConnected'] }, ...STRANGE],
              register: STRANGE,
              mapped: [{ guard: 'isSampler' }, ...STRANGE],
              introduced: [{ guard: 'isAim', target: '.aiming', actions: 'takeAim' }, ...STRANGE],
              observe: STRANGE,
              foretell: STRANGE,
              refused: STRANGE,
            },
            states: {
              aiming: { after: { aimDelay: 'trying' } },
              trying: { entry: 'dial', after: { silence: { guard: 'mayHangUp', target: 'trying', reenter: true, actions: 'hangUp' } } },
              pausing: {
                after: { retryDelay: [{ guard: 'isMeeting', target: 'pausing', reenter: true }, { guard: 'mayDial', target: 'trying' }, { target: 'listening' }] },
              },
              listening: { after: { silence: { guard: 'mayHangUp', target: 'trying', actions: 'hangUp' } } },
            },
          },
          ageing: {
            initial: 'waiting',
            states: { waiting: { after: { tick: { target: 'waiting', reenter: true, actions: ['age', 'nominate'] } } } },
          },
          attempt: {
            initial: 'young',
            states: {
              young: { after: { attemptTime: 'old' } },
              old: {
                always: { guard: 'mayBeginAnew', target: '#connecting', actions: 'beginAnew' },
                after: { tick: { target: 'old', reenter: true } },
              },
            },
          },
        },
      },

      connected: {
        id: 'connected',
        tags: 'confirmed',
        on: { close: {} },
        after: { leaveTime: 'open' },
      },

      open: { type: 'final' },
      failed: { id: 'failed', type: 'final', entry: 'reportOutcome' },
    },
  });
