/**
 * The outgoing half of a TCP connection: a stream of bytes and its end, cut into segments, sent again until acknowledged.
 * The window is fixed but after a time-out, when it opens again from one segment: there is no other congestion control.
 */
import { TCP_DRAIN_BYTES, TCP_DRAIN_SENDS, TCP_QUEUE_BYTES, TCP_QUEUE_SENDS } from '../../effects/net.ts';
import type { VirtualClock } from './clock.ts';
import type { Deadline } from './deadline.ts';
import { SendBuffer } from './tcp-buffers.ts';
import { MSS } from './tcp-segment.ts';
import { RoundTrips } from './tcp-timing.ts';

/** Bytes that may be on their way: whole segments, and about what fits in a window that is not scaled. */
export const WINDOW = 44 * MSS;

/** Sends the bytes that begin at `position`, with the end of the stream behind them or not. */
export type Emit = (position: number, data: Uint8Array, fin: boolean) => void;

export class Sender {
  readonly #clock: VirtualClock;
  readonly #deadline: Deadline;
  readonly #emit: Emit;
  readonly #drained: () => void;
  readonly #buffer = new SendBuffer();
  readonly #trips = new RoundTrips();
  /** Positions in the stream: acknowledged, sent last, and sent ever before. Its end counts as one byte. */
  #acked = 0;
  #sent = 0;
  #reached = 0;
  #window = WINDOW;
  #isEnding = false;
  #repeatedAcks = 0;
  /** Time-outs in a row, and those of them in which nothing at all came from the peer: one whose reader pauses answers, but takes no more. */
  #retries = 0;
  #silences = 0;
  /** Asked to be sent since the last time that it was told to have gone. */
  #askedBytes = 0;
  #askedSends = 0;
  /** Sent once and not yet acknowledged: measures a round trip. */
  #timed: { readonly position: number; readonly at: number } | undefined;

  constructor(clock: VirtualClock, deadline: Deadline, emit: Emit, drained: () => void) {
    this.#clock = clock;
    this.#deadline = deadline;
    this.#emit = emit;
    this.#drained = drained;
  }

  get acked(): number {
    return this.#acked;
  }

  /** The position behind everything that was ever sent. */
  get reached(): number {
    return this.#reached;
  }

  /** Whether there are bytes that have never left. */
  get isWaiting(): boolean {
    return this.#buffer.waitingBytes > 0;
  }

  /** Whether all has arrived, the end too. */
  get isDone(): boolean {
    return this.#isEnding && this.#acked === this.#buffer.end + 1;
  }

  /** Takes more of the stream; false when more would wait than may. */
  offer(data: Uint8Array): boolean {
    const { waitingBytes, waitingSends } = this.#buffer;
    if (waitingBytes + data.length > TCP_QUEUE_BYTES) return false;
    if (waitingBytes > 0 && waitingSends >= TCP_QUEUE_SENDS) return false;
    this.#buffer.push(data);
    this.#askedBytes += data.length;
    this.#askedSends += 1;
    return true;
  }

  /** Nothing more will be offered. */
  end(): void {
    this.#isEnding = true;
  }

  /** A round trip that somebody else measured. */
  measured(ms: number): void {
    this.#trips.measured(ms);
  }

  /** Sends what may be sent now. */
  push(): void {
    const total = this.#buffer.end + Number(this.#isEnding);
    while (this.#sent < total && this.#sent - this.#acked < this.#window) this.#sent = this.#sendAt(this.#sent);
    if (this.#sent > this.#acked && !this.#deadline.isSet) this.#deadline.set(this.#trips.timeoutMs(this.#retries));
    if (this.isWaiting || (this.#askedBytes < TCP_DRAIN_BYTES && this.#askedSends < TCP_DRAIN_SENDS)) return;
    this.#askedBytes = 0;
    this.#askedSends = 0;
    this.#clock.setTimeout(this.#drained, 0);
  }

  /**
   * Everything before `position` has arrived; `isBare` when the segment that says so carries nothing else, so that its
   * repetition means a gap. False for a position that was never sent.
   */
  acknowledge(position: number, isBare: boolean): boolean {
    if (position > this.#reached) return false;
    this.#silences = 0;
    if (position > this.#acked) this.#move(position);
    else if (position === this.#acked && isBare && this.#acked < this.#sent) {
      this.#repeatedAcks += 1;
      if (this.#repeatedAcks === 3) this.#sendAt(position);
    }
    return true;
  }

  /** The time-out has passed: sends the oldest again. False when that has been done `limit` times without any answer. */
  again(limit: number): boolean {
    if (this.#silences >= limit) return false;
    this.#silences += 1;
    this.#retries += 1;
    this.#sent = this.#acked;
    this.#window = MSS;
    this.push();
    return true;
  }

  #move(position: number): void {
    if (this.#timed !== undefined && position >= this.#timed.position) {
      this.#trips.measured(this.#clock.now() - this.#timed.at);
      this.#timed = undefined;
    }
    this.#acked = position;
    this.#sent = Math.max(this.#sent, position);
    this.#window = Math.min(WINDOW, this.#window + MSS);
    this.#repeatedAcks = 0;
    this.#retries = 0;
    this.#buffer.acknowledged(position);
    if (this.#acked < this.#sent) this.#deadline.set(this.#trips.timeoutMs(0));
    else this.#deadline.clear();
    this.push();
  }

  /** Sends one segment; the answer is where the next one begins. */
  #sendAt(position: number): number {
    const length = Math.max(0, Math.min(MSS, this.#buffer.end - position));
    const end = position + length;
    const fin = this.#isEnding && end >= this.#buffer.end;
    const next = end + Number(fin);
    // What is sent again measures nothing: nobody knows which copy is acknowledged (Karn).
    if (next <= this.#reached) this.#timed = undefined;
    else this.#timed ??= { position: next, at: this.#clock.now() };
    this.#reached = Math.max(this.#reached, next);
    this.#buffer.left(end);
    this.#emit(position, this.#buffer.read(position, length), fin);
    return next;
  }
}
