/** n4 as a cast for any world: its two peers, and its server on host `s`. */
import type { Scenario } from '../../effects/scenario.ts';
import { DEFAULT_IDENT, n4Codec } from './codec.ts';
import { n4Peer } from './peer.ts';
import { n4Server } from './server.ts';

/** As n4.py: TCP and UDP, and what its clients sweep unless told otherwise. */
export const N4_PORT = 1721;
export const N4_DEFAULTS = { ident: DEFAULT_IDENT, sourcePort: 30_000, count: 25, offset: 20 } as const;

/** n4's two peers and, on `s`, its server. */
export const n4: Scenario = {
  name: 'n4',
  part(host, { address, seed }) {
    const server = { host: address('s'), port: N4_PORT };
    if (host === 's') return { machine: n4Server, codec: n4Codec(), input: { listen: server, seed } };
    return { machine: n4Peer, codec: n4Codec(), input: { server, ...N4_DEFAULTS } };
  },
};

export { n4Codec } from './codec.ts';
export { n4Peer } from './peer.ts';
export { n4Server } from './server.ts';
