/**
 * The least that pairs: node:dgram, a Map of rooms, no limits, no checks, no codec. It takes udp-punch's registrations by their
 * offsets and answers as many datagrams of about the same size; a baseline, and nothing to be run elsewhere.
 */
import { createSocket, type RemoteInfo } from 'node:dgram';
import { OBSERVE_SIZE } from '../../machines/udp-punch/codec.ts';
import type { Figures } from '../load/rendezvous-child.ts';
import type { FromStunServer } from '../load/stun-child.ts';
import { INTRODUCED_SIZE, MAPPED_SIZE, MEMBER_IN_ANSWER, MEMBER_IN_REQUEST, ROOM_IN_REQUEST } from './pairing-bytes.ts';

interface Waiting {
  readonly member: Uint8Array;
  readonly port: number;
}

const rooms = new Map<string, Waiting>();
const socket = createSocket('udp4');
let everOpened = 0;
let peakRooms = 0;

socket.on('message', (data: Buffer, { port }: RemoteInfo) => {
  if (data.length === OBSERVE_SIZE) return socket.send(data, port, '127.0.0.1');
  if (data.length < MEMBER_IN_REQUEST + 8) return;
  const room = data.toString('latin1', ROOM_IN_REQUEST, ROOM_IN_REQUEST + 32);
  if (data[1] === 0x11) return void rooms.delete(room);
  const self = { member: data.subarray(MEMBER_IN_REQUEST, MEMBER_IN_REQUEST + 8), port };
  const other = rooms.get(room);
  if (!other) {
    everOpened += 1;
    rooms.set(room, self);
    peakRooms = Math.max(peakRooms, rooms.size);
    return answer(self, MAPPED_SIZE);
  }
  answer(self, INTRODUCED_SIZE);
  answer(other, INTRODUCED_SIZE);
});

function answer({ member, port }: Waiting, size: number): void {
  const bytes = new Uint8Array(size);
  bytes.set(member, MEMBER_IN_ANSWER);
  socket.send(bytes, port, '127.0.0.1');
}

socket.bind(0, '127.0.0.1', () => {
  socket.setRecvBufferSize(4 * 1024 * 1024);
  tell({ opened: { udp: { host: '127.0.0.1', port: socket.address().port } } });
});
process.on('message', () => tell(figures()));
process.on('disconnect', () => process.exit());

function figures(): Figures {
  const { heapUsed, rss } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return { heapBytes: heapUsed, rssBytes: rss, cpuMs: (user + system) / 1000, rooms: rooms.size, peakRooms, everOpened, paired: [] };
}

function tell(message: FromStunServer<Figures>): void {
  process.send?.(message);
}
