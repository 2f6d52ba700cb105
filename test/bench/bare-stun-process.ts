/**
 * The least that could be called a STUN server: node:dgram, and to every datagram one answer of the same size as ours, which is not
 * even looked at. A baseline, and nothing to be run elsewhere.
 */
import { createSocket, type RemoteInfo } from 'node:dgram';
import type { FromStunServer } from '../load/stun-child.ts';
import { ANSWER_SIZE } from './stun-load.ts';

const socket = createSocket('udp4');
const answer = new Uint8Array(ANSWER_SIZE);

socket.on('message', (_: Buffer, { port, address }: RemoteInfo) => socket.send(answer, port, address));
socket.bind(0, '127.0.0.1', () => {
  socket.setRecvBufferSize(4 * 1024 * 1024);
  const { address: host, port } = socket.address();
  tell({ opened: { a1p1: { host, port } } });
});
process.on('message', () => {
  const { heapUsed, rss } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  tell({ heapBytes: heapUsed, rssBytes: rss, cpuMs: (user + system) / 1000 });
});
process.on('disconnect', () => process.exit());

function tell(message: FromStunServer): void {
  process.send?.(message);
}
