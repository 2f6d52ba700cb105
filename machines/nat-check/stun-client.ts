/**
 * The STUN check: asks one or several servers what this host's NATs do, and reports a behaviour with its evidence. No
 * sockets, no clock: it asks net and hears back. The parts run side by side on sockets of their own, so that no test opens
 * the way that another tests. Sources: RFC 5780 §4, RFC 3489 §10, the tests of seed 003. What is asked: `stun-questions.ts`.
 */
import { MAX_ITERATIONS } from '../limits.ts';
import * as actions from './stun-actions.ts';
import { ageing } from './stun-ageing.ts';
import * as delays from './stun-delays.ts';
import * as guards from './stun-guards.ts';
import { newContext } from './stun-session.ts';
import { checkSetup } from './stun-setup.ts';
import { UNCHECKED } from './verdict.ts';

/** The statechart. Its output is a `Behaviour` or why there is none. */
export const stunClient = checkSetup
  .extend({ actions, guards, delays })
  .createMachine({
    id: 'stun/client',
    options: { maxIterations: MAX_ITERATIONS },
    context: ({ input }) => newContext(input),
    invoke: { src: 'net', id: 'net' },
    output: ({ context }) => context.outcome ?? UNCHECKED,
    initial: 'opening',
    on: {
      answer: { guard: 'isAnswer', actions: 'rememberAnswer' },
      refusal: { guard: 'isAnswer', actions: 'rememberAnswer' },
      ask: { guard: 'isOurRequest', actions: 'rememberHairpin' },
      'net.failed': [
        { guard: 'isTestedSocketLost', target: '.failed', actions: 'concludeSocket' },
        { guard: 'isUnreachable', actions: ['rememberUnreachable', 'countUnsent'] },
        { guard: 'isUnsent', actions: 'countUnsent' },
      ],
      close: { target: '.failed', actions: 'concludeInterrupted' },
    },
    states: {
      opening: {
        entry: 'openSockets',
        always: { guard: 'isAllOpen', target: 'probing' },
        on: {
          'udp.opened': { actions: 'rememberSocket' },
          'net.failed': [
            { guard: 'isTestedSocketLost', target: 'failed', actions: 'concludeSocket' },
            { guard: 'isRefusedOnce', actions: 'openAnywhere' },
            { guard: 'isOfCheck', actions: 'dropSocket' },
          ],
        },
        after: { openDeadline: { target: 'failed', actions: 'concludeNotOpened' } },
      },

      // Until a server answers. With several, the others get a moment more.
      probing: {
        initial: 'asking',
        always: [
          { guard: 'isProbingSettled', target: 'measuring', actions: 'choosePrimary' },
          { guard: 'isCutOff', target: 'failed', actions: 'concludeCutOff' },
        ],
        states: {
          asking: {
            entry: 'askProbing',
            always: { guard: 'hasAnyAnswer', target: 'waitingForOthers' },
            after: { probeGap: { target: 'asking', reenter: true } },
          },
          waitingForOthers: { after: { grace: { target: '#measuring', actions: 'choosePrimary' } } },
        },
        on: {
          'tcp.connected': { guard: 'isTcp', actions: 'askByTcp' },
          answer: [
            { guard: 'isTcpAnswer', actions: 'rememberStunByTcp' },
            { guard: 'isAnswer', actions: 'rememberAnswer' },
          ],
          // Who refuses speaks STUN, too.
          refusal: [
            { guard: 'isTcpAnswer', actions: 'rememberStunByTcp' },
            { guard: 'isAnswer', actions: 'rememberAnswer' },
          ],
          'net.failed': [
            { guard: 'isTestedSocketLost', target: 'failed', actions: 'concludeSocket' },
            { guard: 'isTcp', actions: 'rememberNotTaken' },
            { guard: 'isUnreachable', actions: 'rememberUnreachable' },
          ],
        },
        after: { dialTime: { actions: 'dial' }, patience: { target: 'reporting' } },
      },

      measuring: {
        id: 'measuring',
        type: 'parallel',
        onDone: [{ guard: 'wantsLifetime', target: 'ageing' }, { target: 'reporting' }],
        after: { measureDeadline: 'reporting' },
        states: {
          // First of all, and all at once: the ports that they get are compared.
          ports: expecting({ ask: 'askPorts', isSettled: 'arePortsSettled' }),
          mapping: expecting({ ask: 'askMapping', isSettled: 'isMappingSettled' }),
          filtering: {
            initial: 'choosing',
            states: {
              choosing: { always: [{ guard: 'canFilter', target: 'asking' }, { target: 'done' }] },
              ...waitingForSilence({ ask: 'askFiltering', isHeard: 'isFilteringHeard', mayAskMore: 'mayAskFilteringMore', isSure: 'isFilteringSure', extend: 'extendFiltering' }),
            },
          },
          hairpin: {
            initial: 'choosing',
            states: {
              choosing: { always: [{ guard: 'canHairpin', target: 'meeting' }, { target: 'done' }] },
              meeting: {
                entry: 'askNeighbour',
                always: { guard: 'isNeighbourKnown', target: 'asking' },
                after: { expectGap: { target: 'meeting', reenter: true } },
              },
              ...waitingForSilence({ ask: 'askHairpin', isHeard: 'isHairpinHeard', mayAskMore: 'mayAskHairpinMore', isSure: 'isHairpinSure', extend: 'extendHairpin' }),
            },
          },
          binding: {
            initial: 'doubting',
            states: {
              doubting: {
                entry: 'bindForeign',
                on: { 'udp.opened': { guard: 'isForeign', target: 'done' }, 'net.failed': { guard: 'isForeign', target: 'asked' } },
                after: { bindDeadline: 'done' },
              },
              asked: {
                entry: 'bindReflexive',
                on: {
                  'udp.opened': { guard: 'isOwn', target: 'done', actions: 'rememberOwned' },
                  'net.failed': [{ guard: 'isOwn', target: 'done', actions: 'rememberNotOwned' }],
                },
                after: { bindDeadline: 'done' },
              },
              done: { type: 'final' },
            },
          },
        },
      },

      ageing,

      reporting: { id: 'reporting', entry: 'judge', always: 'checked' },
      checked: { type: 'final', entry: 'reportOutcome' },
      failed: { type: 'final', entry: 'reportOutcome' },
    },
  });

/** A part whose requests are answered unless they are lost: each is repeated until it is answered or was asked often enough. */
function expecting<A extends string, G extends string>({ ask, isSettled }: { readonly ask: A; readonly isSettled: G }) {
  return {
    initial: 'asking',
    states: {
      asking: {
        entry: ask,
        always: { guard: isSettled, target: 'done' },
        after: { expectGap: { target: 'asking', reenter: true } },
      },
      done: { type: 'final' },
    },
  } as const;
}

/** A part whose requests may be swallowed on purpose: it asks a few times, listens, and asks on while loss could explain the silence. */
function waitingForSilence<A extends string, G extends string>(names: Record<'ask' | 'extend', A> & Record<'isHeard' | 'mayAskMore' | 'isSure', G>) {
  const { ask, extend, isHeard, mayAskMore, isSure } = names;
  return {
    asking: {
      entry: ask,
      always: { guard: isHeard, target: 'done' },
      after: { filterGap: [{ guard: mayAskMore, target: 'asking', reenter: true }, { target: 'listening' }] },
    },
    listening: {
      always: { guard: isHeard, target: 'done' },
      after: { listenTime: [{ guard: isSure, target: 'done' }, { target: 'asking', actions: extend }] },
    },
    done: { type: 'final' },
  } as const;
}
