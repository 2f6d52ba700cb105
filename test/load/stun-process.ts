/**
 * A STUN server in a process of its own, so that what it needs of memory and processor can be told. Started by
 * `startStunServer` of stun-child.ts with --expose-gc; answers each message of its parent with its figures.
 */
import { nodeClock } from '../../adapters/node/clock.ts';
import { nodeNet } from '../../adapters/node/net.ts';
import { run } from '../../effects/run.ts';
import { stunServer, stunServerCodec } from '../../machines/nat-check/stun-server.ts';
import { startTelling } from './tell-figures.ts';

const listen = { host: '127.0.0.1', port: 0 };
const alternate = process.argv[2] === 'one-address' ? {} : { alternate: { host: '127.0.0.2', port: 0 } };
const { actor } = run(stunServer, { net: nodeNet(), codec: stunServerCodec(), clock: nodeClock(), id: 's', input: { listen, ...alternate } });

startTelling(actor, () => ({}));
