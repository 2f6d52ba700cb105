/** Asks for a raw ICMP socket, and prints the answer as JSON: for a process that has fewer rights than the test's. */
import { Subject } from 'rxjs';
import { nodeNet } from '../../adapters/node/net.ts';
import type { NetEffect } from '../../effects/net.ts';

const effects = new Subject<NetEffect>();
const subscription = nodeNet()(effects).subscribe((event) => {
  process.stdout.write(`${JSON.stringify(event)}\n`);
  subscription.unsubscribe();
});
effects.next({ type: 'icmp.open', socket: 'i' });
