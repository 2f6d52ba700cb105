/**
 * The states that search for a mapping's lifetime: sockets speak once, fall silent, and another socket asks the server to
 * answer to each of them when its time has come (RESPONSE-PORT, RFC 5780 §4.6). Which silences: `stun-lifetime.ts`.
 */

export const ageing = {
  entry: 'startSearch',
  initial: 'choosing',
  states: {
    choosing: { always: [{ guard: 'isSearchOver', target: '#reporting' }, { target: 'opening' }] },
    opening: {
      entry: 'openAged',
      always: { guard: 'areAgedOpen', target: 'waking' },
      on: {
        'udp.opened': { guard: 'isAged', actions: 'rememberSocket' },
        'net.failed': { guard: 'isAged', target: '#reporting', actions: 'noteNotWoken' },
      },
      after: { openDeadline: { target: '#reporting', actions: 'noteNotWoken' } },
    },
    waking: {
      entry: 'askWaking',
      always: [
        { guard: 'areAllAwake', target: 'silent', actions: 'fallSilent' },
        { guard: 'isWakingSettled', target: '#reporting', actions: 'noteNotWoken' },
      ],
      after: { expectGap: { target: 'waking', reenter: true } },
    },
    silent: { after: { silenceLeft: 'asking' } },
    asking: {
      entry: 'askEcho',
      on: {
        refusal: { guard: 'isEchoRefused', target: '#reporting', actions: 'noteSearchRefused' },
        answer: [
          { guard: 'isEchoMisled', target: '#reporting', actions: 'noteSearchIgnored' },
          { guard: 'isAnswer', actions: 'rememberAnswer' },
        ],
      },
      always: { guard: 'isEchoHeard', target: 'tried', actions: 'noteAlive' },
      after: { filterGap: [{ guard: 'mayAskEchoMore', target: 'asking', reenter: true }, { target: 'listening' }] },
    },
    listening: {
      on: { answer: { guard: 'isAnswer', actions: 'rememberAnswer' } },
      always: { guard: 'isEchoHeard', target: 'tried', actions: 'noteAlive' },
      after: {
        listenTime: [
          { guard: 'isEchoUntried', target: '#reporting', actions: 'noteLineLost' },
          { guard: 'isEchoSure', target: 'tried', actions: 'noteDead' },
          { target: 'asking', actions: 'extendEcho' },
        ],
      },
    },
    tried: { always: [{ guard: 'isSameSilence', target: 'silent' }, { target: 'choosing' }] },
  },
} as const;
