/**
 * The states of a punch in which ports are seen, aimed at or tried (`port-strategy.ts`): sampling before a registration that
 * tells what comes next, waiting for the peer's forecast, and sweeping. Whoever is heard meanwhile ends them at once.
 */

/** A first port tells whether the NAT counts and nobody else is there; else more are needed. */
export const sampling = {
  exit: 'closeSamplers',
  on: { mapped: { guard: 'answersObservation', actions: ['compareMapping', 'noteAsking'] } },
  initial: 'one',
  states: {
    one: {
      entry: 'observe',
      always: [{ guard: 'countsPlainly', target: '#registering' }, { guard: 'knowsEnough', target: '#registering' }, { guard: 'hasSampled', target: 'several' }],
      after: { sampleTime: 'several' },
    },
    several: {
      entry: 'openSamplers',
      always: { guard: 'haveSamplersAnswered', target: '#registering' },
      on: { 'udp.opened': { guard: 'isSampler', actions: 'observeFromSampler' } },
      after: { sampleTime: { target: '#registering', actions: 'forgetAsking' } },
    },
  },
} as const;

/** Our forecast is told; nothing may be sent before the peer's is known, since each new destination moves a counting NAT on. */
export const awaiting = {
  after: {
    forecastTime: [
      { guard: 'mayRepeatForecast', target: 'awaiting', reenter: true, actions: ['register', 'countAttempt'] },
      { target: 'probing', actions: 'resetAttempts' },
    ],
  },
} as const;

/** Its sockets are closed however it is left, but for the one on which the peer was heard. */
export const sweeping = {
  entry: ['planSweep', 'openSweepers'],
  exit: 'closeSweepers',
  initial: 'opening',
  on: { 'net.failed': { guard: 'isSweeperRefused', actions: 'doWithout' } },
  states: {
    opening: {
      always: { guard: 'areSweepersOpen', target: 'sending' },
      on: { 'udp.opened': { guard: 'isSweeper', actions: 'rememberSweeper' } },
      after: { sweepersDeadline: 'sending' },
    },
    sending: {
      entry: ['sendSlice', 'repeatToSeeker'],
      on: { 'udp.opened': { guard: 'isSweeper', actions: ['rememberSweeper', 'sendFromSweeper'] } },
      after: { sliceInterval: [{ guard: 'isSweepLeft', target: 'sending', reenter: true }, { target: 'listening' }] },
    },
    listening: {
      on: { 'udp.opened': { guard: 'isSweeper', actions: ['rememberSweeper', 'sendFromSweeper'] } },
      after: {
        sweepTime: [
          { guard: 'maySweepAgain', target: '#opening', actions: 'nextRound' },
          { guard: 'awaitsNextSweep', target: 'resting', actions: 'closeSweepers' },
          { target: '#leaving', actions: 'concludeSilence' },
        ],
      },
    },
    // The peer comes again with a new forecast.
    resting: { after: { roundWait: { target: '#leaving', actions: 'concludeSilence' } } },
  },
} as const;
