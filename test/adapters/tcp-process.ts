/**
 * A process of its own that serves TCP on loopback, for `tcp-process.test.ts`: what becomes of a process when its network is
 * finished, and of a network when its process has no descriptors left. Prints each event as a line of JSON, and ends its
 * network, not itself, when its input ends.
 */
import { Subject } from 'rxjs';
import { nodeNet } from '../../adapters/node/net.ts';
import type { NetEffect, NetEvent } from '../../effects/net.ts';

const effects = new Subject<NetEffect>();
const network = nodeNet()(effects).subscribe((event) => {
  console.log(JSON.stringify(event, (key, value: unknown) => (key === 'data' ? undefined : value)));
  if (event.type === 'tcp.received') answer(event);
});
effects.next({ type: 'tcp.listen', socket: 's', local: { host: '127.0.0.1', port: 0 }, idleMs: 60_000 });

process.stdin.on('end', () => network.unsubscribe());
process.stdin.resume();

/** 1: closes and lets the peer take its time to end. 2: sends more than the peer takes. Others: nothing. */
function answer({ socket, data }: Extract<NetEvent, { type: 'tcp.received' }>): void {
  if (data[0] === 1) effects.next({ type: 'close', socket });
  if (data[0] === 2) for (let n = 0; n < 128; n += 1) effects.next({ type: 'tcp.send', socket, data: new Uint8Array(65_536) });
}
