/** Seed 001's text protocol in the swarm, both roles ours: its promises are those of `machines/seed-udp/peer.ts`. */
import type { Scenario } from '../../../effects/scenario.ts';
import { seedUdp as everybody } from '../../../machines/index.ts';
import { mayPunchPlainly } from '../allowed.ts';
import type { SwarmCast } from '../cast.ts';
import type { Drawn } from '../draw.ts';
import { channelCompany } from './channel.ts';

const scenario: Scenario = { ...everybody, part: (host, stage) => (['s', 'a', 'b'].includes(host) ? everybody.part(host, stage) : undefined) };

export const seedUdp: SwarmCast & Drawn = {
  name: 'seed-udp',
  kind: 'pair',
  servers: ['s'],
  limits: {
    // The server's word is waited for a minute; then 30 knocks, and five more.
    lifeMs: 60_000 + 30 * 500 + 5 * 1_000,
    // Four keepalives without an answer.
    aloneMs: 5 * 15_000,
    joinMs: 180_000,
    partMs: 100,
  },
  budget: { perSecond: 20, total: 60, sockets: 1 },
  scenario: () => scenario,
  mayMeet: mayPunchPlainly,
  enter: (w) => channelCompany(w),
};
