/** How the rendezvous of TCP opening asks for its listeners: nobody holds more of its sockets than its rooms allow. */
import { expect, test } from 'vitest';
import type { NetEvent } from '../../effects/net.ts';
import { LIMITS } from '../../machines/tcp-open/rooms.ts';
import { tcpOpenRendezvous } from '../../machines/tcp-open/rendezvous.ts';
import type { OpenMessage } from '../../machines/tcp-open/messages.ts';
import { Bench } from './bench.ts';

test('both listeners count by address also who is closed and has not gone, up to the quota of one network', () => {
  const listen = { host: '198.51.100.1', port: 3478 };
  const bench = new Bench<unknown, NetEvent, OpenMessage>(tcpOpenRendezvous, { listen, seed: 'seed' });
  bench.send({ type: 'tcp.listening', socket: 'tcp', local: listen, at: 0 });
  const asked = bench.net.flatMap((effect) => (effect.type === 'tcp.listen' ? [[effect.socket, effect.perHost, effect.limit]] : []));
  expect(asked).toEqual(['tcp', 'alternate'].map((socket) => [socket, LIMITS.connectionsPerNetwork, LIMITS.connections]));
});
