/**
 * Rooms by the second: a rendezvous in a process of its own, and here both peers of every room, as datagrams made beforehand.
 * A room is a registration, its answer, the other registration, both introductions, and both leavings.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { toHex } from '../../effects/wire/bytes.ts';
import { rendezvousCodec } from '../../machines/udp-punch/index.ts';
import type { RendezvousChild } from '../load/rendezvous-child.ts';
import { INTRODUCED_SIZE, MEMBER_IN_ANSWER } from './pairing-bytes.ts';

export interface Pairing {
  /** By the wall's clock. */
  readonly roomsPerSecond: number;
  /** By the second of the rendezvous's processor. */
  readonly roomsPerCpuSecond: number;
}

/** Rooms that are open at once: below where a rendezvous asks for proofs. */
const AT_ONCE = 64;
/** A deadline, not a claim: a busy machine takes many times as long. */
const DEADLINE_MS = 120_000;

/** Rooms are numbered from `first`, and no number may be used twice for one rendezvous within its memory. */
export async function pairRooms(rendezvous: RendezvousChild, rooms: number, first: number): Promise<Pairing> {
  const requests = Array.from({ length: rooms }, (_, n) => roomRequests(first + n));
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.setRecvBufferSize(4 * 1024 * 1024);
  socket.connect(rendezvous.port, '127.0.0.1');
  await once(socket, 'connect');

  const before = await rendezvous.figures();
  const started = performance.now();
  await new Promise<void>((resolve, reject) => {
    const deadline = setTimeout(() => reject(new Error(`${done} of ${rooms} rooms in ${DEADLINE_MS / 1000} s`)), DEADLINE_MS);
    const introductions = new Uint8Array(rooms);
    let opened = 0;
    let done = 0;
    const openNext = (): void => {
      if (opened < rooms) socket.send(requests[opened++]!.register[0]);
    };
    socket.on('message', (answer) => {
      const n = answer.readUInt32BE(MEMBER_IN_ANSWER) - first;
      const room = requests[n];
      if (!room) return;
      if (answer.length < INTRODUCED_SIZE) return socket.send(room.register[1]);
      introductions[n]! += 1;
      if (introductions[n] !== 2) return;
      for (const leave of room.leave) socket.send(leave);
      done += 1;
      openNext();
      if (done < rooms) return;
      clearTimeout(deadline);
      resolve();
    });
    for (let i = 0; i < AT_ONCE; i += 1) openNext();
  });
  const seconds = (performance.now() - started) / 1000;
  const cpuSeconds = ((await rendezvous.figures()).cpuMs - before.cpuMs) / 1000;
  socket.close();
  return { roomsPerSecond: rooms / seconds, roomsPerCpuSecond: rooms / cpuSeconds };
}

type Two = readonly [Uint8Array, Uint8Array];

function roomRequests(n: number): { readonly register: Two; readonly leave: Two } {
  const codec = rendezvousCodec('the secret of a test');
  const words = (...values: readonly number[]): string => values.map((value) => toHex(new Uint8Array([value >>> 24, value >>> 16, value >>> 8, value]))).join('');
  const room = words(n, 0, 0, 0, 0, 0, 0, 0);
  const candidates = [{ host: '10.0.0.2', port: 40_000 }];
  const of = (side: number): readonly [Uint8Array, Uint8Array] => {
    const [txid, peer] = [words(n, side, 0), words(n, side)];
    return [
      codec.encode({ type: 'register', txid, room, peer, round: 1, mapping: 'unknown', forecast: { kind: 'unknown' }, candidates }),
      codec.encode({ type: 'leave', txid, room, peer }),
    ];
  };
  const [one, other] = [of(1), of(2)];
  return { register: [one[0], other[0]], leave: [one[1], other[1]] };
}
