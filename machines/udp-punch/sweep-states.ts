/**
 * The states of a punch in which ports are aimed at or tried (`strategy.ts`): waiting for the peer's forecast, and sweeping.
 * They stand inside `punching`, so whoever is heard meanwhile ends them at once.
 */

/** Our forecast is told; nothing may be sent before the peer's is known, since each new destination moves a counting NAT on. */
export const awaiting = {
  after: {
    forecastTime: [
      { guard: 'mayRepeatForecast', target: 'awaiting', reenter: true, actions: ['register', 'countAttempt'] },
      { target: 'probing', actions: 'resetAttempts' },
    ],
  },
} as const;

export const sweeping = {
  entry: ['planSweep', 'openSweepers'],
  initial: 'opening',
  states: {
    opening: {
      always: { guard: 'areSweepersOpen', target: 'sending' },
      on: {
        'udp.opened': { guard: 'isSweeper', actions: 'rememberSweeper' },
        'net.failed': { guard: 'isSweeper', actions: 'doWithout' },
      },
      after: { sweepersDeadline: 'sending' },
    },
    sending: {
      entry: 'sendSlice',
      after: { sliceInterval: [{ guard: 'isSweepLeft', target: 'sending', reenter: true }, { target: 'listening' }] },
    },
    listening: {
      after: {
        sweepTime: [
          { guard: 'maySweepAgain', target: '#opening', actions: ['closeSweepers', 'nextRound'] },
          { guard: 'awaitsNextSweep', target: 'resting', actions: 'closeSweepers' },
          { target: '#leaving', actions: 'concludeSilence' },
        ],
      },
    },
    // The peer comes again with a new forecast.
    resting: { after: { roundWait: { target: '#leaving', actions: 'concludeSilence' } } },
  },
} as const;
