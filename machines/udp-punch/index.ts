/** UDP hole punching as a cast for any world: two peers, and a rendezvous on host `s`. */
import type { Scenario } from '../../effects/scenario.ts';
import { peerCodec, rendezvousCodec } from './codec.ts';
import { udpPunchPeer } from './peer.ts';
import { udpPunchRendezvous } from './rendezvous.ts';

/** UDP and TCP of the rendezvous; STUN's own port, RFC 8489 §18.6. */
export const RENDEZVOUS_PORT = 3478;

/** Made once: its keys cost more than a simulated datagram, and hold for any number of sessions. */
const codec = peerCodec('a room in the simulator');

/** Two peers that punch and, on `s`, their rendezvous. */
export const udpPunch: Scenario = {
  name: 'udp',
  part(host, { seed, address }) {
    if (host === 's') {
      return { machine: udpPunchRendezvous, codec: rendezvousCodec(seed), input: { listen: { host: address('s'), port: RENDEZVOUS_PORT }, seed } };
    }
    return { machine: udpPunchPeer, codec, input: { server: { host: address('s'), port: RENDEZVOUS_PORT }, seed } };
  },
};

export { publicPeerCodec, publicRendezvousCodec, peerCodec, rendezvousCodec } from './codec.ts';
export { udpPunchPeer } from './peer.ts';
export { udpPunchRendezvous } from './rendezvous.ts';
