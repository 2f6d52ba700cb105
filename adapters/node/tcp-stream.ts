/**
 * What a connection of `tcp.ts` needs of its `node:net` socket: how it ends, where it is, and why it failed, in words.
 * It knows no labels and reports nothing.
 */
import type { Socket } from 'node:net';
import { type Endpoint, formatEndpoint } from '../../effects/endpoint.ts';
import { TCP_DRAIN_BYTES, TCP_DRAIN_SENDS, TCP_QUEUE_BYTES, TCP_QUEUE_SENDS } from '../../effects/net.ts';
import { cannotConnect } from '../../effects/tcp-sockets.ts';
import { type Failure, failureOf, systemCode } from './failure.ts';

export interface Connection {
  readonly label: string;
  readonly socket: Socket;
  /** How it came to be, under which its failure is reported. */
  readonly origin: 'tcp.listen' | 'tcp.connect';
  readonly peer: Endpoint;
  /** From where it was asked to connect. */
  readonly from?: Endpoint | undefined;
  isUp: boolean;
  /** Takes away everything that listens to the socket for this connection. */
  hush: () => void;
  /** Sends that the system has not taken, those of this turn perhaps included. */
  waiting: number;
  /** What was asked to be sent since the last time that it was told to have gone. */
  asked: { readonly bytes: number; readonly sends: number };
}

/** None yet. */
export const NOTHING_ASKED: Connection['asked'] = { bytes: 0, sends: 0 };

/** False when more would wait than may: then nothing was sent. `drained` as the port's event of that name. */
export function write(connection: Connection, data: Uint8Array, drained?: () => void): boolean {
  const { socket, asked } = connection;
  if (socket.writableLength + data.length > TCP_QUEUE_BYTES) return false;
  if (socket.writableLength > 0 && connection.waiting >= TCP_QUEUE_SENDS) return false;
  connection.waiting += 1;
  connection.asked = { bytes: asked.bytes + data.length, sends: asked.sends + 1 };
  socket.write(data, (error) => {
    connection.waiting -= 1;
    const { bytes, sends } = connection.asked;
    if (error || connection.waiting > 0 || (bytes < TCP_DRAIN_BYTES && sends < TCP_DRAIN_SENDS)) return;
    connection.asked = NOTHING_ASKED;
    drained?.();
  });
  return true;
}

/** Sends what waits, ends the stream, and lets go when the peer has ended its own, or after a while in any case. */
export function endInTime(socket: Socket): void {
  // Until it is up there is nobody to end it with.
  if (socket.connecting) return void socket.destroy();
  const timer = setTimeout(() => abandon(socket), CLOSE_LIMIT_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.end();
  // Its end is not seen before what is ahead of it was read.
  socket.resume();
}

/** Makes of the socket what anyone expects of a new one, paused or flowing as its next holder wants, `unread` first. */
export function handOver(socket: Socket, unread: Uint8Array | undefined): Socket {
  socket.setTimeout(0);
  socket.allowHalfOpen = true;
  socket.pause();
  if (unread && unread.length > 0) socket.unshift(unread);
  // Paused by its holder it would stay so when a listener for data comes; whoever has removed one for `readable` has decided nothing.
  const look = (): void => undefined;
  socket.on('readable', look).off('readable', look);
  return socket;
}

/** Its life ends like an idle one's: by a `timeout`. */
export function limitLife(socket: Socket, lifeMs: number): void {
  const timer = setTimeout(() => socket.emit('timeout'), lifeMs);
  socket.once('close', () => clearTimeout(timer));
}

/** Lets go of the socket within this call. If anything still waits, the peer gets a reset, not an end that looks clean. */
export function abandon(socket: Socket): void {
  // By itself it would wait for what waits; the destroy that follows makes it happen now.
  if (!socket.connecting && socket.writableLength > 0) socket.resetAndDestroy();
  socket.destroy();
}

/** The address and port that the system gave to this end. */
export function ownEnd({ localAddress: host = '', localPort: port = 0 }: Socket): Endpoint {
  return { host, port };
}

/** Why a connection failed, with what was attempted. */
export function explain({ peer, from, isUp }: Connection, error: unknown): { readonly code: Failure['code']; readonly detail: string } {
  const { code, why } = failureFrom(error, from);
  return { code, detail: `${isUp ? `the TCP connection with ${formatEndpoint(peer)} broke` : cannotConnect(peer, from)}: ${why}` };
}

/** A guess, in ms: time for a slow peer to take what waits and to end its side, not for one that never will. */
const CLOSE_LIMIT_MS = 10_000;

/** While it connects, the system uses one word for a foreign address, for a pair of ends in use, and for no port left. */
function failureFrom(error: unknown, from: Endpoint | undefined): Failure {
  const isBound = typeof error === 'object' && error !== null && 'syscall' in error && error.syscall === 'connect';
  if (systemCode(error) !== 'EADDRNOTAVAIL' || !isBound) return failureOf(error);
  return from && from.port !== 0
    ? { code: 'address-in-use', why: 'there is a connection between these two already, or was until a moment ago' }
    : { code: 'exhausted', why: 'no local port is left for that destination' };
}
