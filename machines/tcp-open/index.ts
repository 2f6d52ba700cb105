/** TCP simultaneous open as a cast for any world: two peers, and a rendezvous on host `s`. */
import type { Scenario } from '../../effects/scenario.ts';
import { RENDEZVOUS_PORT } from '../udp-punch/index.ts';
import { openCodec, openRendezvousCodec } from './codec.ts';
import { tcpOpenPeer } from './peer.ts';
import { tcpOpenRendezvous } from './rendezvous.ts';

/** Made once: its keys cost more than a simulated segment, and hold for any number of sessions. */
const codec = openCodec('a room in the simulator');

/** Two peers that open a TCP connection and, on `s`, their rendezvous. */
export const tcpOpen: Scenario = {
  name: 'tcp-open',
  part(host, { seed, address }) {
    const server = { host: address('s'), port: RENDEZVOUS_PORT };
    if (host === 's') return { machine: tcpOpenRendezvous, codec: openRendezvousCodec(), input: { listen: server, seed } };
    return { machine: tcpOpenPeer, codec, input: { server, seed } };
  },
};

export { openCodec, openRendezvousCodec, publicOpenCodec } from './codec.ts';
export { tcpOpenPeer } from './peer.ts';
export { tcpOpenRendezvous } from './rendezvous.ts';
