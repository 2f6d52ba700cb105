/**
 * One direction of a TCP connection between two of our own ends, at its receiver: packets in any order in, the stream in order out,
 * and receipts of what has come. A value; each function makes another. It holds `WINDOW` packets at the most.
 */
import { concatBytes } from '../../effects/wire/bytes.ts';
import type { Packet, Receipt } from './messages.ts';
import { SEEN_BYTES } from './messages.ts';
import * as timing from './timing.ts';

export interface Incoming {
  /** All before this one have come, and gone to the TCP side. */
  readonly next: number;
  /** Those behind it that have come. */
  readonly early: ReadonlyMap<number, Pick<Packet, 'kind' | 'body'>>;
  /** The sender has been told that it may send those before this one. */
  readonly limit: number;
  /** Packets that came since the last receipt, and when that is due; Infinity when none is. */
  readonly unacknowledged: number;
  readonly dueAt: number;
  readonly isEnded: boolean;
}

export const NEW_INCOMING: Incoming = { next: 0, early: new Map(), limit: timing.FIRST_LIMIT, unacknowledged: 0, dueAt: Infinity, isEnded: false };

export interface Taken {
  readonly incoming: Incoming;
  /** The next bytes of the stream, if any. */
  readonly data: Uint8Array | undefined;
  /** The caller's first packet: where to connect to. */
  readonly open: Uint8Array | undefined;
  /** What the last packet says, if it has come. */
  readonly farewell?: Uint8Array;
  /** A receipt is due at once. */
  readonly isUrgent: boolean;
}

export function taken(incoming: Incoming, { sequence, kind, body }: Pick<Packet, 'sequence' | 'kind' | 'body'>, now: number): Taken {
  const { next, early, limit } = incoming;
  // Known, or more than was asked for: whoever sends it lacks the last receipt.
  if (incoming.isEnded || sequence < next || sequence >= limit || early.has(sequence)) return { incoming, data: undefined, open: undefined, isUrgent: true };
  if (sequence > next) return { incoming: { ...incoming, early: new Map(early).set(sequence, { kind, body }) }, data: undefined, open: undefined, isUrgent: true };
  const bodies: Uint8Array[] = [];
  let [at, open, farewell] = [next, undefined as Uint8Array | undefined, undefined as Uint8Array | undefined];
  const left = early.size > 0 ? new Map(early) : early as Map<number, Pick<Packet, 'kind' | 'body'>>;
  for (let packet: Pick<Packet, 'kind' | 'body'> | undefined = { kind, body }; packet && !farewell; packet = left.get(at)) {
    if (packet.kind === 'data') bodies.push(packet.body);
    else if (packet.kind === 'end') farewell = packet.body;
    else if (at === 0) open = packet.body;
    if (at > next) left.delete(at);
    at += 1;
  }
  const isEnded = farewell !== undefined;
  const unacknowledged = incoming.unacknowledged + at - next;
  return {
    incoming: { ...incoming, next: at, early: left, isEnded, unacknowledged, dueAt: Math.min(incoming.dueAt, now + timing.RECEIPT_MS) },
    data: bodies.length === 0 ? undefined : bodies.length === 1 ? bodies[0] : concatBytes(...bodies),
    open,
    ...(farewell ? { farewell } : {}),
    // A gap that has closed is worth telling at once, and so is the first and the last of a stream.
    isUrgent: isEnded || early.size > 0 || next === 0 || unacknowledged >= timing.RECEIPT_EVERY,
  };
}

/** What the sender is told, and that it has been. `isFull`: the TCP side takes no more for now. */
export function receipted(incoming: Incoming, isFull: boolean): { readonly incoming: Incoming; readonly receipt: Pick<Receipt, 'next' | 'limit' | 'seen'> } {
  const { next, early } = incoming;
  const limit = isFull ? incoming.limit : Math.max(incoming.limit, next + timing.WINDOW);
  return { incoming: { ...incoming, limit, unacknowledged: 0, dueAt: Infinity }, receipt: { next, limit, seen: seenOf(next, early) } };
}

/** The sender may soon be at the end of what it was allowed, and there is room again. */
export function isWorthTelling({ next, limit }: Incoming): boolean {
  return limit < next + timing.WINDOW / 2;
}

function seenOf(next: number, early: Incoming['early']): Uint8Array {
  if (early.size === 0) return NOTHING;
  const seen = new Uint8Array(SEEN_BYTES);
  let length = 0;
  for (const sequence of early.keys()) {
    // Below `limit`, which is never more than `WINDOW` ahead: it is one of `seen`.
    const bit = sequence - next - 1;
    const at = bit >> 3;
    seen[at] = (seen[at] ?? 0) | (0x80 >> (bit & 7));
    length = Math.max(length, at + 1);
  }
  return seen.subarray(0, length);
}

const NOTHING = new Uint8Array(0);
