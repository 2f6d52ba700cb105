/** Seed 001's UDP punch as a cast for any world: its clients, and its server on host `s`. */
import type { Scenario } from '../../effects/scenario.ts';
import { seedCodec } from './codec.ts';
import { seedUdpPeer } from './peer.ts';
import { seedUdpServer } from './server.ts';

/** As in seed 001. */
export const SEED_UDP_PORT = 1024;

/** Seed 001's clients and, on `s`, its server. */
export const seedUdp: Scenario = {
  name: 'seed-udp',
  part(host, { address }) {
    const server = { host: address('s'), port: SEED_UDP_PORT };
    if (host === 's') return { machine: seedUdpServer, codec: seedCodec(), input: { listen: server } };
    return { machine: seedUdpPeer, codec: seedCodec(), input: { server } };
  },
};

export { seedCodec } from './codec.ts';
export { seedUdpPeer } from './peer.ts';
export { seedUdpServer } from './server.ts';
