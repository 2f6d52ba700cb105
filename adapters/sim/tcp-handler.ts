/** Who stands around a simulated TCP connection: its holder, who hears of it, and its host. Nothing is heard within a call to the connection's own methods. */
import type { VirtualClock } from './clock.ts';
import type { TcpConnection } from './tcp-connection.ts';
import type { Segment } from './tcp-segment.ts';

/** Told what becomes of a connection. After `broke` or `gone` it is told nothing more. */
export interface TcpHandler {
  /** Both ends know of one another. */
  up(): void;
  received(data: Uint8Array): void;
  /** Much was sent since the last time, and no byte waits to leave. */
  drained(): void;
  /** The peer has ended its side, and all that it sent has been received. */
  ended(): void;
  broke(code: TcpFailure): void;
  /** Both sides have ended in order. */
  gone(): void;
}

/** `taken`: a listener on the same port took the peer's SYN, and with it this pair of ends. */
export type TcpFailure = 'refused' | 'reset' | 'timed-out' | 'taken';

export const DEAF: TcpHandler = { up() {}, received() {}, drained() {}, ended() {}, broke() {}, gone() {} };

/** What a connection needs of its host. */
export interface TcpGround {
  readonly clock: VirtualClock;
  transmit(connection: TcpConnection, segment: Segment, data: Uint8Array): void;
  /** Nobody needs to know it any more. */
  release(connection: TcpConnection): void;
}
