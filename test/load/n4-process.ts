/**
 * An n4 server in a process of its own, so that what it needs of memory and processor can be told. Started by
 * `startStunServer` of stun-child.ts, whose questions it answers.
 */
import { nodeClock } from '../../adapters/node/clock.ts';
import { nodeNet } from '../../adapters/node/net.ts';
import { run } from '../../effects/run.ts';
import { n4Codec, n4Server } from '../../machines/n4/index.ts';
import type { FromStunServer, ToStunServer } from './stun-child.ts';

const { actor } = run(n4Server, { net: nodeNet(), codec: n4Codec(), clock: nodeClock(), id: 's', input: { listen: { host: '127.0.0.1', port: 0 }, seed: 'load' } });

let isServing = false;
actor.subscribe((snapshot) => {
  if (!snapshot.matches('serving') || isServing) return;
  isServing = true;
  tell({ opened: snapshot.context.opened });
});
actor.start();

process.on('message', (question: ToStunServer) => {
  if (question === 'collected figures') globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  tell({ heapBytes: heapUsed, rssBytes: rss, cpuMs: (user + system) / 1000 });
});
process.on('disconnect', () => process.exit());

function tell(message: FromStunServer): void {
  process.send?.(message);
}
