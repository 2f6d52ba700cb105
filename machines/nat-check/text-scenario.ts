/** The three-role check as a cast for any world: the server on host `s`, the assist on host `assist`, a client on every other. */
import type { Scenario } from '../../effects/scenario.ts';
import { textAssist } from './text-assist.ts';
import { textClient } from './text-client.ts';
import { textServer } from './text-server.ts';
import { textCodec } from './text.ts';

/** The protocol has no port of its own. */
export const NAT_CHECK_PORT = 7000;

/** For worlds with both public hosts: `servers: ['s', 'assist']`. */
export const natCheckText: Scenario = {
  name: 'nat-check',
  part(host, { seed, address }) {
    const codec = textCodec();
    const server = { host: address('s'), port: NAT_CHECK_PORT };
    const assist = { host: address('assist'), port: NAT_CHECK_PORT };
    if (host === 's') return { machine: textServer, codec, input: { listen: server, seed } };
    if (host === 'assist') return { machine: textAssist, codec, input: { listen: assist, server } };
    return { machine: textClient, codec, input: { server, assist } };
  },
};
