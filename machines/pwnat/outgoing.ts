/**
 * One direction of a TCP connection between two of our own ends, at its sender: numbered packets, as many under way as the receiver
 * and the line take, sent again when they are lost. A value; each function makes another. Loss is found and the window moved as in
 * RFC 9002 (packets by the order of sending, NewReno with CUBIC's factor), the time-out is that of RFC 6298.
 */
import { LINK_BODY, type Packet, type Receipt } from './messages.ts';
import * as timing from './timing.ts';

export interface Outgoing {
  /** What came from the TCP side and has not been cut. */
  readonly queue: readonly Uint8Array[];
  readonly queuedBytes: number;
  /** The TCP side has ended: the last packet follows. And that has been sent. */
  readonly isEnding: boolean;
  readonly isEndSent: boolean;
  /** What the last packet says. */
  readonly farewell: Uint8Array;
  /** Sent and not known to have come, from sequence `first` on, and those between that have. */
  readonly flight: readonly Sent[];
  readonly first: number;
  /** The receiver takes those before it. */
  readonly limit: number;
  readonly window: number;
  readonly threshold: number;
  /** Sendings so far; and how many there were when the window was last made smaller. */
  readonly order: number;
  readonly reducedAt: number;
  readonly smoothedMs: number | undefined;
  readonly variationMs: number;
  /** Time-outs in a row, and those of them in which nothing came back. */
  readonly timeouts: number;
  readonly silences: number;
  /** When the oldest is given up for lost; Infinity with nothing under way. */
  readonly dueAt: number;
}

interface Sent {
  readonly kind: Packet['kind'];
  readonly body: Uint8Array;
  readonly order: number;
  readonly at: number;
  readonly isRepeated: boolean;
  readonly state: 'flying' | 'lost' | 'seen';
}

/** What is to be sent. */
export type Departure = Pick<Packet, 'sequence' | 'kind' | 'body'>;

export interface Sending {
  readonly outgoing: Outgoing;
  readonly departures: readonly Departure[];
}

/** `roundTripMs` if one is known already. */
export function newOutgoing(roundTripMs?: number): Outgoing {
  return {
    queue: [],
    queuedBytes: 0,
    isEnding: false,
    isEndSent: false,
    farewell: NOTHING,
    flight: [],
    first: 0,
    limit: timing.FIRST_LIMIT,
    window: timing.FIRST_CONGESTION_WINDOW,
    threshold: Infinity,
    order: 0,
    reducedAt: 0,
    smoothedMs: roundTripMs,
    variationMs: (roundTripMs ?? 0) / 2,
    timeouts: 0,
    silences: 0,
    dueAt: Infinity,
  };
}

export function offered(outgoing: Outgoing, data: Uint8Array): Outgoing {
  return { ...outgoing, queue: [...outgoing.queue, data], queuedBytes: outgoing.queuedBytes + data.length };
}

/** All that was offered, and the end behind it, have come. */
export function isDelivered({ isEndSent, flight }: Outgoing): boolean {
  return isEndSent && flight.length === 0;
}

/** The caller's first packet, which says where to connect to. */
export function opened(outgoing: Outgoing, destination: Uint8Array, now: number): Sending {
  return launch(outgoing, [{ kind: 'open', body: destination }], now);
}

/** Sends what may be sent now: first what is lost, then what waits. */
export function pumped(before: Outgoing, now: number): Sending {
  let room = Math.floor(before.window) - before.flight.filter(({ state }) => state === 'flying').length;
  if (room <= 0) return { outgoing: before, departures: [] };
  const departures: Departure[] = [];
  let outgoing = before;
  if (before.flight.some(({ state }) => state === 'lost')) {
    let { order } = before;
    const flight = before.flight.map((sent, n) => {
      if (sent.state !== 'lost' || room <= 0) return sent;
      room -= 1;
      departures.push({ sequence: before.first + n, kind: sent.kind, body: sent.body });
      return { ...sent, order: (order += 1), at: now, isRepeated: true, state: 'flying' as const };
    });
    outgoing = { ...before, flight, order, dueAt: now + timeoutMs(before) };
  }
  const open = outgoing.limit - (outgoing.first + outgoing.flight.length);
  // With nothing under way one goes beyond the limit, so that a lost word of more room is said again.
  const count = Math.min(room, Math.max(open, outgoing.flight.length === 0 ? 1 : 0));
  const { parcels, rest } = cut(outgoing, count);
  if (parcels.length === 0) return { outgoing, departures };
  const sent = launch({ ...outgoing, ...rest }, parcels, now);
  return { outgoing: sent.outgoing, departures: [...departures, ...sent.departures] };
}

/** Takes a receipt in. */
export function acknowledged(outgoing: Outgoing, { next, limit, seen }: Pick<Receipt, 'next' | 'limit' | 'seen'>, now: number): Outgoing {
  const { first, flight } = outgoing;
  const gone = next - first;
  // Of another time, or of nothing that was sent.
  if (gone < 0 || gone > flight.length) return { ...outgoing, silences: 0 };
  let [fresh, newest] = [0, 0];
  let measured: number | undefined;
  const take = (sent: Sent): void => {
    if (sent.state === 'seen') return;
    fresh += 1;
    newest = Math.max(newest, sent.order);
    if (!sent.isRepeated) measured = now - sent.at;
  };
  for (let n = 0; n < gone; n += 1) take(flight[n]!);
  let left = flight.slice(gone).map((sent, n) => {
    if (sent.state === 'seen' || !isSeen(seen, n - 1)) return sent;
    take(sent);
    return { ...sent, state: 'seen' as const };
  });
  let isLoss = false;
  // With less under way than that, less has to do (RFC 5827).
  const reordering = Math.max(1, Math.min(timing.REORDERING, left.filter(({ state }) => state !== 'seen').length));
  left = left.map((sent) => {
    if (sent.state !== 'flying' || sent.order + reordering > newest) return sent;
    if (sent.order > outgoing.reducedAt) isLoss = true;
    return { ...sent, state: 'lost' as const };
  });
  const moved = fresh === 0 ? outgoing : withTrip(outgoing, measured);
  const next_ = {
    ...moved,
    flight: left,
    first: next,
    limit: Math.max(outgoing.limit, limit),
    silences: 0,
    timeouts: fresh > 0 ? 0 : outgoing.timeouts,
    ...(isLoss ? reduced(moved, timing.BACK_OFF) : grown(moved, fresh)),
  };
  const dueAt = left.length === 0 ? Infinity : fresh > 0 ? now + timeoutMs(next_) : outgoing.dueAt;
  return { ...next_, dueAt };
}

/**
 * The time-out has passed. At first only the last is sent again: its receipt tells what is missing (RFC 9002 §6.2). After that all
 * that flies is lost. Undefined when the other end has been silent too long.
 */
export function expired(outgoing: Outgoing, now: number): Outgoing | undefined {
  const { timeouts, silences, order } = outgoing;
  if (silences >= timing.SILENCES) return undefined;
  const last = outgoing.flight.findLastIndex(({ state }) => state === 'flying');
  const flight = outgoing.flight.map((sent, n) => (sent.state === 'flying' && (timeouts > 0 || n === last) ? { ...sent, state: 'lost' as const } : sent));
  const window = timeouts === 0 ? {} : timeouts === 1 ? reduced(outgoing, BACK_OFF_TIMEOUT) : { window: timing.LEAST_CONGESTION_WINDOW, reducedAt: order };
  const after = { ...outgoing, ...window, flight, timeouts: timeouts + 1, silences: silences + 1 };
  return { ...after, dueAt: now + timeoutMs(after) };
}

/** A time-out says more than one loss among packets that come. */
const BACK_OFF_TIMEOUT = 0.5;

function launch(outgoing: Outgoing, parcels: readonly Pick<Sent, 'kind' | 'body'>[], now: number): Sending {
  const { flight, first, order, dueAt } = outgoing;
  const sent = parcels.map(({ kind, body }, n): Sent => ({ kind, body, order: order + n + 1, at: now, isRepeated: false, state: 'flying' }));
  const departures = parcels.map(({ kind, body }, n) => ({ sequence: first + flight.length + n, kind, body }));
  return {
    outgoing: { ...outgoing, flight: [...flight, ...sent], order: order + parcels.length, dueAt: flight.length === 0 || dueAt === Infinity ? now + timeoutMs(outgoing) : dueAt },
    departures,
  };
}

/** At most `count` packets of what waits, and what then still does. */
function cut({ queue, queuedBytes, isEnding, isEndSent, farewell }: Outgoing, count: number): { readonly parcels: readonly Pick<Sent, 'kind' | 'body'>[]; readonly rest: Pick<Outgoing, 'queue' | 'queuedBytes' | 'isEndSent'> } {
  const parcels: Pick<Sent, 'kind' | 'body'>[] = [];
  let [index, offset, bytes] = [0, 0, queuedBytes];
  while (parcels.length < count && index < queue.length) {
    const piece = queue[index]!;
    let body = piece.subarray(offset, offset + LINK_BODY);
    offset += body.length;
    if (offset === piece.length) [index, offset] = [index + 1, 0];
    while (body.length < LINK_BODY && index < queue.length) {
      const more = queue[index]!.subarray(0, LINK_BODY - body.length);
      body = joined(body, more);
      if (more.length === queue[index]!.length) index += 1;
      else offset = more.length;
    }
    bytes -= body.length;
    parcels.push({ kind: 'data', body });
  }
  const endsNow = isEnding && !isEndSent && bytes === 0 && parcels.length < count;
  if (endsNow) parcels.push({ kind: 'end', body: farewell });
  const left = queue.slice(index);
  if (offset > 0) left[0] = left[0]!.subarray(offset);
  return { parcels, rest: { queue: left, queuedBytes: bytes, isEndSent: isEndSent || endsNow } };
}

function withTrip(outgoing: Outgoing, ms: number | undefined): Outgoing {
  if (ms === undefined) return outgoing;
  const { smoothedMs, variationMs } = outgoing;
  if (smoothedMs === undefined) return { ...outgoing, smoothedMs: ms, variationMs: ms / 2 };
  return { ...outgoing, variationMs: variationMs + (Math.abs(ms - smoothedMs) - variationMs) / 4, smoothedMs: smoothedMs + (ms - smoothedMs) / 8 };
}

function timeoutMs({ smoothedMs, variationMs, timeouts }: Outgoing): number {
  const base = smoothedMs === undefined ? timing.FIRST_TIMEOUT_MS : Math.max(timing.LEAST_TIMEOUT_MS, smoothedMs + 4 * variationMs + timing.RECEIPT_MS);
  return timing.doubling(base, Math.max(0, timeouts - 1), timing.LONGEST_TIMEOUT_MS);
}

function reduced({ window, order }: Outgoing, factor: number): Pick<Outgoing, 'window' | 'threshold' | 'reducedAt'> {
  const smaller = Math.max(timing.LEAST_CONGESTION_WINDOW, window * factor);
  return { window: smaller, threshold: smaller, reducedAt: order };
}

/** Slow start, then one packet a round trip. */
function grown({ window, threshold }: Outgoing, fresh: number): Pick<Outgoing, 'window'> {
  return { window: Math.min(timing.WINDOW, window < threshold ? window + fresh : window + fresh / window) };
}

function isSeen(seen: Uint8Array, bit: number): boolean {
  return bit >= 0 && ((seen[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0;
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

const NOTHING = new Uint8Array(0);
