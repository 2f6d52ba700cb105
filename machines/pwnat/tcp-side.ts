/**
 * The TCP end of a tunnelled connection: how much of it waits, in both directions, and who has to hold back. A value. It counts as the
 * port does (`tcp.drained`), so that a slow reader slows the other end of the tunnel down, and a fast writer is read no faster
 * than the tunnel carries.
 */
import * as timing from './timing.ts';
import type { Turn } from './turn.ts';

export interface TcpSide {
  readonly socket: string;
  readonly isOpen: boolean;
  /** It is not being read. */
  readonly isPaused: boolean;
  /** Asked to be sent since all of it was last known to have gone. */
  readonly bytes: number;
  readonly sends: number;
}

export function newSide(socket: string, isOpen = true): TcpSide {
  return { socket, isOpen, isPaused: false, bytes: 0, sends: 0 };
}

/** It has to say that it has taken all before it gets more. */
export function isFull({ isOpen, bytes, sends }: TcpSide): boolean {
  return isOpen && (bytes >= timing.FULL_BYTES || sends >= timing.FULL_SENDS);
}

/** What comes for a connection that has ended goes nowhere. */
export function delivered(turn: Turn, side: TcpSide, data: Uint8Array): TcpSide {
  if (!side.isOpen) return side;
  turn.ask({ type: 'tcp.send', socket: side.socket, message: { type: 'piece', data } });
  return { ...side, bytes: side.bytes + data.length, sends: side.sends + 1 };
}

export function drained(side: TcpSide): TcpSide {
  return { ...side, bytes: 0, sends: 0 };
}

/** Reads on, or no further, as what waits for the tunnel has it. */
export function regulated(turn: Turn, side: TcpSide, waitingBytes: number): TcpSide {
  const isPaused = side.isPaused ? waitingBytes > timing.QUEUE_LOW_BYTES : waitingBytes >= timing.QUEUE_FULL_BYTES;
  if (isPaused === side.isPaused || !side.isOpen) return side;
  turn.ask({ type: isPaused ? 'tcp.pause' : 'tcp.resume', socket: side.socket });
  return { ...side, isPaused };
}

export function closed(turn: Turn, side: TcpSide): TcpSide {
  if (side.isOpen) turn.ask({ type: 'close', socket: side.socket });
  return { ...side, isOpen: false };
}
