/** A recording as a trace, where little is known: what was asked without an answer, heard without a question, and of whom nobody told. */
import { expect, test } from 'vitest';
import type { Log } from '../../adapters/replay/log.ts';
import { LOG_FORMAT } from '../../adapters/replay/format.ts';
import type { NetEvent } from '../../effects/net.ts';
import { traceLog } from '../../cli/inspector/trace/log.ts';
import type { PacketSeen } from '../../cli/inspector/trace/trace.ts';
import { ofKind } from './traced.ts';

type Line = Log['lines'][number];

const heard = (event: NetEvent): Line => ({ kind: 'event', t: 0, event, isSync: false }) as unknown as Line;
const asked = (effect: object): Line => ({ kind: 'effect', t: 0, effect }) as unknown as Line;
const log = (machine: string, ...lines: readonly Line[]): Log => ({ header: { format: LOG_FORMAT, machine, input: {}, id: 'a' } as Log['header'], lines, ended: true });
const packets = (...lines: readonly Line[]): readonly (readonly [PacketSeen['what'], string, string])[] => ofKind(traceLog('a log', log('pwnat/listener', ...lines))!, 'packet').map(({ what, src, dst }) => [what, src, dst]);

test('a log of a machine that nobody knows is no trace', () => {
  expect(traceLog('a log', log('none/such'))).toBeUndefined();
});

test('a datagram of a socket that was not seen to open comes from anywhere', () => {
  expect(packets(asked({ type: 'udp.open', socket: 's' }), asked({ type: 'udp.send', socket: 's', to: '203.0.113.5:2', payload: 4 }))).toEqual([['sent', '0.0.0.0:0', '203.0.113.5:2']]);
  expect(packets(asked({ type: 'udp.send', socket: 's', to: 'nobody' }))).toEqual([['sent', '0.0.0.0:0', 'nobody:0']]);
});

test('an echo leaves from nowhere until an address is known', () => {
  const echo = asked({ type: 'icmp.send', socket: 'i', to: '203.0.113.5', data: '0800', ttl: 7 });
  const opened = heard({ type: 'udp.opened', socket: 's', local: { host: '192.0.2.7', port: 5 }, addresses: [], at: 0 });
  expect(packets(echo, opened, echo)).toEqual([['sent', '0.0.0.0', '203.0.113.5'], ['sent', '192.0.2.7', '203.0.113.5']]);
});

test('a connection that closes ends where it was, and one that was never seen leaves nothing', () => {
  const [local, peer] = [{ host: '192.0.2.7', port: 5 }, { host: '203.0.113.5', port: 2 }];
  const closed = (socket: string): Line => heard({ type: 'tcp.closed', socket, at: 0 } as NetEvent);
  expect(packets(heard({ type: 'tcp.accepted', socket: 'c', listener: 'l', local, peer, at: 0 } as NetEvent), closed('c'), closed('other'))).toEqual([['delivered', '203.0.113.5:2', '192.0.2.7:5'], ['delivered', '203.0.113.5:2', '192.0.2.7:5']]);
});
