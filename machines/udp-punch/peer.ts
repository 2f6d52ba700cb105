/**
 * The udp-punch peer: registers in a room, is introduced, probes every address of the other peer from one socket, answers
 * the observed source, and keeps the hole alive. No sockets, no clock, no keys: it asks net and hears back.
 * Source: RFC 5128 §3.3; the order of sends for restricted × symmetric; RFC 8445 for checks, pacing and choosing a path.
 */
import { MAX_ITERATIONS } from '../limits.ts';
import { INTERRUPTED } from '../outcome.ts';
import * as peerActions from './peer-actions.ts';
import * as delays from './peer-delays.ts';
import * as guards from './peer-guards.ts';
import { peerSetup } from './peer-setup.ts';
import { confirmed } from './confirmed-states.ts';
import * as rendezvousActions from './rendezvous-actions.ts';
import { newContext } from './session.ts';
import * as sampleActions from './sample-actions.ts';
import * as sweepActions from './sweep-actions.ts';
import { awaiting, sampling, sweeping } from './sweep-states.ts';

/** The statechart. Input: `PeerInput`; emits `outcome` with an `Outcome`, and again if that changes. */
export const udpPunchPeer = peerSetup
  .extend({ actions: peerActions })
  .extend({ actions: rendezvousActions })
  .extend({ actions: { ...sampleActions.actions, ...sweepActions.actions }, guards, delays })
  .createMachine({
    id: 'udp-punch/peer',
    options: { maxIterations: MAX_ITERATIONS },
    context: ({ input }) => newContext(input),
    invoke: { src: 'net', id: 'net' },
    output: ({ context }) => context.outcome ?? INTERRUPTED,
    initial: 'opening',
    on: {
      // Whoever proves to be our peer is answered in any state, introduced or not, on this round's socket or an older one.
      probe: { guard: 'isFromPeer', target: '.connected', actions: ['takePath', 'routePayload', 'answerProbe', 'reportConnected'] },
      confirm: { guard: 'confirmsProbe', target: '.connected.confirmed', actions: ['takePath', 'routePayload', 'reportConnected'] },
      // It has heard us, and does not wait until we hear it.
      bye: { guard: 'isFromPeer', target: '.parting', actions: ['concludeClosedByPeer', 'reportOutcome'] },
      mapped: { guard: 'answersObservation', actions: 'compareMapping' },
      // One more for a sweep that is over.
      'udp.opened': { guard: 'isExtraSocket', actions: 'closeLateSocket' },
      'net.failed': [{ guard: 'isSocketLost', target: '.failed', actions: 'concludeSocket' }, { actions: 'noteTrouble' }],
      close: { target: '.leaving', actions: 'concludeInterrupted' },
    },
    states: {
      opening: {
        id: 'opening',
        entry: 'openSocket',
        on: {
          'udp.opened': [
            { guard: 'opensSampling', target: 'sampling', actions: 'rememberSocket' },
            { guard: 'isNewestSocket', target: 'registering', actions: 'rememberSocket' },
          ],
        },
        after: { openDeadline: { target: 'failed', actions: 'concludeNotOpened' } },
      },

      sampling,

      registering: {
        id: 'registering',
        entry: 'resetAttempts',
        initial: 'asking',
        on: {
          mapped: { guard: 'answersRegistration', target: 'waiting', actions: ['rememberAddress', 'observeMapping'] },
          introduced: { guard: 'answersRegistration', target: 'punching', actions: ['rememberAddress', 'rememberPeer', 'observeMapping'] },
          challenged: { guard: 'answersRegistration', actions: ['rememberNonce', 'register'] },
          refused: { guard: 'answersRegistration', target: 'leaving', actions: 'concludeRefused' },
        },
        after: { waitDeadline: [{ guard: 'isFirstRound', target: 'leaving', actions: 'concludeNoRendezvous' }, { target: 'leaving', actions: 'concludeSilence' }] },
        states: {
          asking: {
            entry: ['register', 'countAttempt'],
            after: {
              registerInterval: [
                { guard: 'mayRegisterAgain', target: 'asking', reenter: true, actions: 'noteRepetition' },
                { guard: 'isFirstRound', target: '#leaving', actions: 'concludeNoRendezvous' },
                { target: '#leaving', actions: 'concludeSilence' },
              ],
            },
          },
        },
      },

      waiting: {
        entry: 'resetAttempts',
        initial: 'resting',
        on: {
          introduced: { guard: 'answersRegistration', target: 'punching', actions: ['rememberAddress', 'rememberPeer', 'observeMapping'] },
          challenged: { guard: 'answersRegistration', actions: ['rememberNonce', 'register'] },
          refused: { guard: 'answersRegistration', target: 'leaving', actions: 'concludeRefused' },
          mapped: [
            { guard: 'answersObservation', actions: 'compareMapping' },
            { guard: 'answersRegistration', actions: ['rememberAddress', 'observeMapping'] },
          ],
        },
        after: { waitDeadline: [{ guard: 'isFirstRound', target: 'leaving', actions: 'concludeNoPeer' }, { target: 'leaving', actions: 'concludeSilence' }] },
        states: {
          resting: {
            entry: 'countAttempt',
            after: { refreshInterval: { target: 'resting', reenter: true, actions: 'register' } },
          },
        },
      },

      punching: {
        entry: 'resetAttempts',
        initial: 'starting',
        // The peer has moved on to another port meanwhile.
        on: {
          introduced: [
            { guard: 'isAnotherIntroduction', target: 'punching', reenter: true, actions: ['rememberKnown', 'rememberPeer'] },
            { guard: 'owesForecast', actions: ['rememberKnown', 'register'] },
            { guard: 'answersRegistration', actions: 'rememberKnown' },
          ],
        },
        states: {
          starting: {
            always: [
              { guard: 'canSweep', target: 'sweeping', actions: 'reportForecast' },
              { guard: 'owesSample', target: '#opening', actions: 'nextRound' },
              { guard: 'awaitsForecast', target: 'awaiting' },
              { guard: 'clashThreatens', target: 'opener' },
              { target: 'probing' },
            ],
          },
          awaiting,
          sweeping,
          opener: {
            entry: 'sendOpeners',
            after: { openerTime: 'probing' },
          },
          probing: {
            // Our own mapping, or the peer's, may have been seen only now.
            always: { guard: 'canSweep', target: 'sweeping', actions: 'reportForecast' },
            entry: ['sendProbes', 'countAttempt', 'repeatRegistration', 'observeAgain'],
            after: {
              probeInterval: [
                { guard: 'shouldSample', target: '#opening', actions: 'nextRound' },
                { guard: 'mayProbeAgain', target: 'probing', reenter: true },
                { target: 'listening' },
              ],
            },
          },
          listening: {
            always: { guard: 'canSweep', target: 'sweeping', actions: 'reportForecast' },
            after: {
              listenTime: [
                { guard: 'mayTryAnotherRound', target: '#opening', actions: 'nextRound' },
                { target: '#leaving', actions: 'concludeSilence' },
              ],
            },
          },
        },
      },

      connected: {
        entry: 'resetAttempts',
        initial: 'confirming',
        on: {
          probe: { guard: 'isFromPeer', actions: 'answerProbe' },
          confirm: {},
          'udp.opened': { actions: 'closeLateSocket' },
          bye: { guard: 'isFromPeer', target: 'parting' },
          close: '.closing',
        },
        states: {
          // Heard, but it is not known yet that the peer hears us.
          confirming: {
            entry: ['probePath', 'countAttempt'],
            on: {
              confirm: { guard: 'confirmsProbe', target: 'confirmed', actions: ['takePath', 'routePayload'] },
              // Only who has been confirmed nominates, so it has heard us.
              probe: [
                { guard: 'isElsewhere', target: 'confirmed.challenging', actions: 'noteCandidate' },
                { guard: 'isNomination', target: 'confirmed', actions: 'answerProbe' },
                { guard: 'isFromPeer', actions: 'answerProbe' },
              ],
            },
            after: {
              confirmInterval: [
                { guard: 'mayAskForConfirmation', target: 'confirming', reenter: true },
                { guard: 'mayTryAnotherRound', target: '#opening', actions: 'nextRound' },
                { target: '#leaving', actions: 'concludeUnconfirmed' },
              ],
            },
          },
          confirmed,
          closing: {
            entry: ['resetAttempts', 'leaveRoom'],
            initial: 'saying',
            on: {
              probe: { guard: 'isFromPeer', actions: 'answerProbe' },
              bye: { guard: 'isFromPeer', target: '#closed' },
              close: {},
            },
            states: {
              saying: {
                entry: ['sayBye', 'countAttempt'],
                after: { byeInterval: [{ guard: 'maySayByeAgain', target: 'saying', reenter: true }, { target: '#closed' }] },
              },
            },
          },
        },
      },

      // The peer has said bye; one of ours spares it the repetitions.
      parting: {
        entry: ['sayBye', 'leaveRoom'],
        on: { probe: {}, confirm: {}, bye: {}, close: {} },
        after: { leaveTime: 'closedByPeer' },
      },

      leaving: {
        id: 'leaving',
        entry: ['leaveRoom', 'sayBye'],
        on: { probe: {}, confirm: {}, bye: {}, close: {} },
        after: { leaveTime: 'failed' },
      },

      closed: { id: 'closed', type: 'final' },
      closedByPeer: { type: 'final' },
      failed: { id: 'failed', type: 'final', entry: 'reportOutcome' },
    },
  });
