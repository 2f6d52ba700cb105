/** One end of the ttl test, run inside a network namespace: `listen <host> <port>` or `send <host> <port> <ttl,ttl,…> <bytes>`. */
import { Subject } from 'rxjs';
import { nodeNet } from '../../adapters/node/net.ts';
import type { NetEffect } from '../../effects/net.ts';

const [mode, host = '', port = '', ttls = '', bytes = '0'] = process.argv.slice(2);
const there = { host, port: Number(port) };
const effects = new Subject<NetEffect>();

/** Prints what the test reads: `open`, or the number that a datagram begins with. */
nodeNet()(effects).subscribe((event) => {
  if (event.type === 'udp.opened') process.stdout.write('open\n');
  if (event.type === 'net.failed') process.stdout.write(`${event.detail}\n`);
  if (event.type === 'udp.received') process.stdout.write(`${((event.data[0] ?? 0) << 8) | (event.data[1] ?? 0)}\n`);
});

if (mode === 'listen') effects.next({ type: 'udp.open', socket: 'main', local: there });
else {
  effects.next({ type: 'udp.open', socket: 'main' });
  ttls.split(',').forEach((ttl, n) => {
    const data = new Uint8Array(Math.max(2, Number(bytes)));
    data.set([n >> 8, n & 255]);
    effects.next({ type: 'udp.send', socket: 'main', to: there, data, ttl: ttl === '' ? undefined : Number(ttl) });
  });
}
