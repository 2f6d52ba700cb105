/** n4 in the swarm, both strategies: its promises are those of `machines/n4/timing.ts` and docs/protocols/n4.md. */
import type { Scenario } from '../../../effects/scenario.ts';
import { n4Codec, n4Peer, n4Server } from '../../../machines/index.ts';
import { N4_DEFAULTS, N4_PORT } from '../../../machines/n4/index.ts';
import type { N4PeerContext } from '../../../machines/n4/session.ts';
import * as timing from '../../../machines/n4/timing.ts';
import { maySweep } from '../allowed.ts';
import type { SwarmCast } from '../cast.ts';
import type { Drawn } from '../draw.ts';
import { channelCompany } from './channel.ts';

function scenarioOf(strategy: 'classic' | 'adaptive'): Scenario {
  return {
    name: 'n4',
    part(host, { seed, address }) {
      const server = { host: address('s'), port: N4_PORT };
      if (host === 's') return { machine: n4Server, codec: n4Codec(), input: { listen: server, seed } };
      if (host === 'a' || host === 'b') return { machine: n4Peer, codec: n4Codec(), input: { server, ...N4_DEFAULTS, strategy } };
      return undefined;
    },
  };
}

const SCENARIOS = { classic: scenarioOf('classic'), adaptive: scenarioOf('adaptive') };

/** A connection to the server fails so often, so late. */
const DIALS_MS = (timing.RETRIES + 1) * (timing.CONNECT_DEADLINE_MS + timing.PEERINFO_DEADLINE_MS);

export const n4: SwarmCast & Drawn = {
  name: 'n4',
  kind: 'pair',
  ways: ['classic', 'adaptive'],
  servers: ['s'],
  limits: {
    lifeMs: timing.WAIT_MS + timing.ROUNDS * (DIALS_MS + timing.LISTEN_MS + timing.ANSWERS * timing.ANSWER_INTERVAL_MS + 1_000),
    aloneMs: timing.FAREWELLS * timing.ANSWER_INTERVAL_MS + timing.SETTLE_MS + (timing.SILENCES + 1) * (timing.KEEPALIVE_MS + timing.QUIET_MS),
    joinMs: 180_000,
    partMs: (timing.FAREWELLS + 1) * timing.ANSWER_INTERVAL_MS,
  },
  // A round: 25 sockets, five passes, three EXCHANGEs and more, and the volleys of its end; two rounds may touch in a second.
  budget: { perSecond: 2 * (N4_DEFAULTS.count * (timing.PASSES + 1) + 3 * timing.VOLLEY), total: timing.ROUNDS * (N4_DEFAULTS.count * (timing.PASSES + 1) + 60), sockets: N4_DEFAULTS.count + 2 },
  scenario: ({ way }) => SCENARIOS[way === 'adaptive' ? 'adaptive' : 'classic'],
  mayMeet: maySweep,
  enter(w, { near }) {
    // Behind one NAT that turns packets back a port that is aimed at may be one's own, and nothing in a PUNCH tells whose it is.
    return channelCompany(w, (context) => ({ isBlind: (context as N4PeerContext).silences === undefined }), { mayMeetItself: near !== undefined });
  },
};
