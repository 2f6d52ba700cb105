/** The states of an open hole: kept alive, checked, and followed when the peer has moved. They stand inside `connected` of `peer.ts`. */

export const confirmed = {
  tags: 'confirmed',
  entry: ['leaveRoom', 'closeOtherSockets'],
  initial: 'checking',
  on: {
    probe: [
      { guard: 'isElsewhere', target: '.challenging', actions: 'noteCandidate' },
      { guard: 'isFromPeer', actions: 'answerProbe' },
    ],
  },
  states: {
    // Also at once: whom we have confirmed may not have confirmed us.
    checking: {
      id: 'checking',
      entry: ['resetAttempts', 'newCheck'],
      initial: 'asking',
      on: { confirm: { guard: 'confirmsCheck', target: 'idle', actions: 'keepPath' } },
      states: {
        asking: {
          entry: ['checkPath', 'countAttempt'],
          after: {
            checkInterval: [
              { guard: 'knowsBetterPath', target: '#checking', reenter: true, actions: ['takeCandidate', 'routePayload'] },
              { guard: 'mayCheckAgain', target: 'asking', reenter: true },
              { target: '#leaving', actions: 'concludeLost' },
            ],
          },
        },
      },
    },
    idle: { after: { keepaliveInterval: 'checking' } },
    // The peer says that it sends from elsewhere now. Its nomination is answered by a challenge there, each by one,
    // and by nothing else until somebody there has answered.
    challenging: {
      entry: ['newCheck', 'challengeCandidate'],
      on: {
        confirm: [
          { guard: 'confirmsNewPath', target: 'idle', actions: ['takePath', 'routePayload'] },
          { guard: 'confirmsCandidate', target: 'checking', actions: ['noteSource', 'routePayload'] },
        ],
        probe: [
          { guard: 'isFromCandidate', actions: 'challengeCandidate' },
          { guard: 'isFromPeer', actions: 'answerProbe' },
        ],
      },
      after: { challengeDeadline: 'checking' },
    },
  },
} as const;
