/**
 * What goes on beside the rounds where a NAT gives every destination another port: its ports are seen, what comes next is told,
 * and when both sides have told, the rounds aim at it (`aim.ts`). What needs no guess is tried first, and alone, for a moment.
 */

const SEEN = {
  'tcp.connected': { guard: 'isSampler', actions: 'observe' },
  mapped: { guard: 'isSampler', actions: 'noteSighting' },
  'tcp.closed': { guard: 'isSampler', actions: 'dropSampler' },
  'net.failed': { guard: 'isSampler', actions: 'dropSampler' },
} as const;

export const ports = {
  initial: 'plain',
  on: {
    ...SEEN,
    introduced: [
      { guard: 'isAim', target: '.aimed', actions: 'rememberForecasts' },
      { guard: 'isLeftToChance', target: '.hopeless', actions: ['rememberForecasts', 'resume'] },
    ],
  },
  states: {
    plain: { after: { plainTime: [{ guard: 'isMeeting', target: 'plain', reenter: true }, { target: 'idle' }] } },
    idle: { always: { guard: 'mayForetell', target: 'sampling' } },
    sampling: {
      entry: 'openSamplers',
      always: { guard: 'haveSamplersAnswered', target: 'telling' },
      after: { seeingTime: 'telling' },
    },
    telling: {
      entry: ['closeSamplers', 'foretell'],
      after: {
        seeingTime: [
          { guard: 'isMeeting', target: 'proving' },
          { guard: 'mayForetellAgain', target: 'telling', reenter: true },
          { target: 'told', actions: 'resume' },
        ],
      },
    },
    // The peer has not told anything, or nothing that can be aimed at.
    told: {},
    aimed: {
      exit: 'closeSamplers',
      always: { guard: 'isAimOver', target: 'over' },
      after: { aimedTime: [{ guard: 'isMeeting', target: 'proving' }, { target: 'over' }] },
    },
    // Somebody who may be the peer has connected: nothing new before that is over.
    proving: { after: { tick: [{ guard: 'isMeeting', target: 'proving', reenter: true }, { target: 'over' }] } },
    over: {
      always: [{ guard: 'mayForetell', target: 'telling' }, { guard: 'isSpent', target: 'hopeless', actions: 'callPlainly' }, { target: 'told' }],
    },
    hopeless: {
      after: {
        hopelessTime: [
          { guard: 'isMeeting', target: 'hopeless', reenter: true },
          { guard: 'mayBeginAnew', target: '#connecting', actions: 'beginAnew' },
          { target: '#failed', actions: 'concludeSilence' },
        ],
      },
    },
  },
} as const;

/** Before the punching, when nothing else of that kind is heard. */
export const seen = SEEN;
