/**
 * The client of the three-role check, able to talk to nat_check.py's server and assist and to ours. Its first datagrams of each
 * step are the original's, in the order that cannot confuse an original server; it repeats only what does not matter to that
 * server any more, and ends within bounded time. Nobody's datagrams count but the server's. Source: seed 001 §0x04.
 */
import { MAX_ITERATIONS } from '../limits.ts';
import { newCheck } from './text-check.ts';
import * as actions from './text-client-actions.ts';
import * as delays from './text-client-delays.ts';
import * as guards from './text-client-guards.ts';
import { clientSetup } from './text-client-setup.ts';
import { UNCHECKED } from './verdict.ts';

/** The statechart. Its output is a verdict with its evidence, or why there is none. */
export const textClient = clientSetup
  .extend({ actions, guards, delays })
  .createMachine({
    id: 'nat-check/client',
    options: { maxIterations: MAX_ITERATIONS },
    context: ({ input }) => newCheck(input),
    invoke: { src: 'net', id: 'net' },
    output: ({ context }) => context.outcome ?? UNCHECKED,
    initial: 'beginning',
    on: {
      'net.failed': [{ guard: 'isSocketLost', target: '.done', actions: 'concludeSocket' }, { actions: 'noteTrouble' }],
      close: { target: '.done', actions: 'concludeInterrupted' },
    },
    states: {
      beginning: { always: [{ guard: 'isOneHost', target: 'done', actions: 'concludeSameHost' }, { target: 'opening' }] },
      opening: {
        entry: 'openFirst',
        on: { 'udp.opened': { target: 'registering', actions: 'begin' } },
        after: { openDeadline: { target: 'done', actions: 'concludeNotOpened' } },
      },
      registering: {
        entry: ['askServer', 'countAttempt'],
        on: {
          mapped: { guard: 'isMapped', target: 'mapping', actions: 'noteReflexive' },
          register: { guard: 'isReturned', target: 'done', actions: 'concludeOutOfStep' },
        },
        after: {
          registerInterval: [
            { guard: 'mayAskServer', target: 'registering', reenter: true, actions: 'passRegisterInterval' },
            { target: 'done', actions: 'concludeNoServer' },
          ],
        },
      },
      mapping: {
        initial: 'settling',
        on: { register: { guard: 'isReturned', target: 'done', actions: 'concludeOutOfStep' } },
        states: {
          // Copies of the answer would read like the assist's report.
          settling: { after: { quiet: { target: 'comparing', actions: ['passQuiet', 'resetAttempts'] } } },
          comparing: {
            entry: ['askAssist', 'countAttempt'],
            on: { mapped: { guard: 'isMapped', target: 'compared', actions: 'noteReported' } },
            after: {
              assistInterval: [
                { guard: 'mayAskAssist', target: 'comparing', reenter: true, actions: 'passAssistInterval' },
                { target: '#done', actions: 'concludeNoReport' },
              ],
            },
          },
          compared: { always: [{ guard: 'isSteady', target: '#filtering', actions: 'resetAttempts' }, { target: '#done', actions: 'conclude' }] },
        },
      },
      filtering: {
        id: 'filtering',
        initial: 'opening',
        on: {
          // What was taken for the report was a late copy of the server's answer.
          mapped: { guard: 'isContradiction', target: 'done', actions: ['noteReported', 'conclude'] },
          test: { guard: 'isFullCone', target: 'done', actions: ['noteFullCone', 'conclude'] },
        },
        states: {
          opening: {
            entry: 'openOthers',
            on: { 'udp.opened': { guard: 'isConeOpen', target: 'introducing', actions: 'noteOpened' } },
            after: { openDeadline: { target: '#done', actions: 'concludeNotOpened' } },
          },
          introducing: {
            entry: 'introduceTests',
            after: { pause: { target: 'asking', actions: 'passPause' } },
          },
          asking: {
            entry: ['askFullCone', 'countFullCone'],
            after: { chain: { target: 'testing', actions: 'passChain' } },
          },
          testing: {
            type: 'parallel',
            onDone: { target: '#done', actions: 'conclude' },
            states: {
              cone: {
                initial: 'holding',
                states: {
                  // The original sends this test once: then nobody is left to ask.
                  holding: {
                    always: { guard: 'isOriginal', target: 'listening' },
                    after: { firstAnswers: { target: 'asking', actions: 'passFirstAnswers' } },
                  },
                  asking: {
                    always: { guard: 'isOriginal', target: 'listening' },
                    entry: ['askFullCone', 'countFullCone'],
                    after: {
                      fullConeInterval: [
                        { guard: 'mayAskFullCone', target: 'asking', reenter: true, actions: 'passFullConeInterval' },
                        { target: 'listening', actions: 'passFullConeInterval' },
                      ],
                    },
                  },
                  listening: { after: { listen: { target: 'over', actions: 'passConeListening' } } },
                  over: { type: 'final' },
                },
              },
              next: {
                initial: 'asking',
                on: {
                  test: [
                    { guard: 'isRestricted', target: '.over', actions: 'noteRestricted' },
                    { guard: 'isLastTest', target: '.listening', actions: 'noteLastTest' },
                  ],
                },
                states: {
                  asking: {
                    entry: ['sayNext', 'countNext'],
                    after: {
                      nextInterval: [
                        { guard: 'isSecondNext', target: 'pausing', actions: 'passNextInterval' },
                        { guard: 'maySayNext', target: 'asking', reenter: true, actions: 'passNextInterval' },
                        { target: 'listening', actions: 'passNextInterval' },
                      ],
                    },
                  },
                  pausing: { after: { pause: { target: 'asking', actions: 'passPauseForAnswers' } } },
                  listening: { after: { listen: { target: 'over', actions: 'passNextListening' } } },
                  over: { type: 'final' },
                },
              },
            },
          },
        },
      },
      done: { id: 'done', type: 'final', entry: 'reportOutcome' },
    },
  });
