/**
 * An n4 server in a process of its own, so that what it needs of memory and processor can be told. Started by
 * `startStunServer` of stun-child.ts, whose questions it answers.
 */
import { nodeClock } from '../../adapters/node/clock.ts';
import { nodeNet } from '../../adapters/node/net.ts';
import { run } from '../../effects/run.ts';
import { n4Codec, n4Server } from '../../machines/n4/index.ts';
import { startTelling } from './tell-figures.ts';

const { actor } = run(n4Server, { net: nodeNet(), codec: n4Codec(), clock: nodeClock(), id: 's', input: { listen: { host: '127.0.0.1', port: 0 }, seed: 'load' } });

startTelling(actor, () => ({}));
