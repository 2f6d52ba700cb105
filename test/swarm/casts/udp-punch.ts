/** udp-punch in the swarm: its promises are those of `machines/udp-punch/timing.ts` and docs/protocols/udp-punch.md. */
import type { Scenario } from '../../../effects/scenario.ts';
import { peerCodec, rendezvousCodec, udpPunchPeer, udpPunchRendezvous } from '../../../machines/index.ts';
import { SAMPLERS } from '../../../machines/port-forecast.ts';
import { SWEEP_BUDGET } from '../../../machines/port-strategy.ts';
import { RENDEZVOUS_PORT } from '../../../machines/udp-punch/index.ts';
import type { PeerContext } from '../../../machines/udp-punch/session.ts';
import * as timing from '../../../machines/udp-punch/timing.ts';
import { mayGuess, mayPunch } from '../allowed.ts';
import type { SwarmCast } from '../cast.ts';
import type { Drawn } from '../draw.ts';
import { channelCompany } from './channel.ts';

const ROOMS = { ab: peerCodec('a room of the swarm'), cd: peerCodec('another room of the swarm') };

const scenario: Scenario = {
  name: 'udp',
  part(host, { seed, address }) {
    const server = { host: address('s'), port: RENDEZVOUS_PORT };
    if (host === 's') return { machine: udpPunchRendezvous, codec: rendezvousCodec(seed), input: { listen: server, seed } };
    const codec = host === 'a' || host === 'b' ? ROOMS.ab : host === 'c' || host === 'd' ? ROOMS.cd : undefined;
    return codec && { machine: udpPunchPeer, codec, input: { server, seed } };
  },
};

/** Registering, and what is asked of a silent peer; see `timing.ts`. */
const REGISTER_MS = 12_000;
const CHECK_MS = 13_500;
const CONFIRM_MS = 6_350;

export const udpPunch: SwarmCast & Drawn = {
  name: 'udp-punch',
  kind: 'pair',
  rooms: true,
  servers: ['s'],
  limits: {
    lifeMs: REGISTER_MS + timing.WAIT_MS + timing.ROUNDS * (2 * timing.ROUND_WAIT_MS + CONFIRM_MS + timing.LAST_LISTEN_MS) + timing.SWEEPS * timing.ROUND_WAIT_MS,
    aloneMs: timing.KEEPALIVE_MS + CHECK_MS + timing.CHALLENGES * timing.CHALLENGE_MS,
    joinMs: 120_000,
    // All keepalives of a check, none of which was answered. What else is heard meanwhile is payload, which nobody signs.
    lossMs: CHECK_MS,
    partMs: timing.BYE_INTERVAL_MS * timing.BYE_ATTEMPTS + timing.LEAVE_MS,
  },
  // 500 packets of a sweep, and what is said besides in that second.
  budget: { perSecond: 600, total: 4 * SWEEP_BUDGET, sockets: SWEEP_BUDGET + SAMPLERS + timing.SWEEPS + timing.ROUNDS },
  scenario: () => scenario,
  mayMeet: (spec) => mayPunch(spec) || mayGuess(spec),
  enter: (w) =>
    channelCompany(w, (context) => {
      const { id: self, peer } = context as PeerContext;
      return { self, peer: peer?.id };
    }),
};
