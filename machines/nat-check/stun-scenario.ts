/** The STUN check as a cast for any world: a server with two addresses and two ports on host `s`, and a check on every other host. */
import type { Scenario } from '../../effects/scenario.ts';
import { stunClient } from './stun-client.ts';
import { checkCodec } from './stun-messages.ts';
import { stunServer, stunServerCodec } from './stun-server.ts';

/** RFC 8489 §18.6. */
export const STUN_PORT = 3478;
/** Of the alternate address; any other would do. */
export const STUN_ALTERNATE_PORT = 3479;

/** The check by STUN and, on `s`, the server it asks. */
export const stunCheck: Scenario = {
  name: 'check',
  part(host, { seed, address }) {
    const listen = { host: address('s'), port: STUN_PORT };
    if (host !== 's') return { machine: stunClient, codec: checkCodec(), input: { servers: [listen], seed } };
    return { machine: stunServer, codec: stunServerCodec(), input: { listen, alternate: { host: address('s2'), port: STUN_ALTERNATE_PORT } } };
  },
};
