/**
 * What a NAT follows of one TCP session: whether it opens, stands, ends or has been reset, and how long that is remembered.
 * One session for each remote that the NAT's filtering tells apart. Sources: RFC 5382; Linux nf_conntrack_proto_tcp.
 */
import type { Segment } from './tcp-segment.ts';

/** Lifetimes in ms, since the last segment in either direction, and what a RST means to the NAT. */
export interface TcpTracking {
  /** Until both ends have acknowledged something. */
  readonly openingMs: number;
  readonly establishedMs: number;
  /** From the first FIN on. */
  readonly closingMs: number;
  /** After a RST. */
  readonly resetMs: number;
  /** A RST ends the session: at once if the other side never spoke, else after `resetMs`. Otherwise it changes nothing. */
  readonly resetEnds: boolean;
}

/**
 * nf_conntrack_tcp_timeout_syn_sent, _established, _time_wait and _close. The first is shorter than the 4 minutes of RFC 5382
 * REQ-5; of the states in between, which are shorter still, nothing here depends.
 */
export const LINUX_TCP: TcpTracking = { openingMs: 120_000, establishedMs: 432_000_000, closingMs: 120_000, resetMs: 10_000, resetEnds: true };

export class Session {
  readonly #tracking: TcpTracking;
  /** Several remotes have one session in common: then the end of one is not the end of it. */
  readonly #isShared: boolean;
  #state: 'opening' | 'established' | 'closing' | 'reset' = 'opening';
  readonly #hasAcked = { out: false, in: false };
  #isReplied = false;

  constructor(tracking: TcpTracking, isShared: boolean) {
    this.#tracking = tracking;
    this.#isShared = isShared;
  }

  /** How long it is remembered from now on, if nothing more comes. */
  get lifetimeMs(): number {
    const { openingMs, establishedMs, closingMs, resetMs } = this.#tracking;
    return { opening: openingMs, established: establishedMs, closing: closingMs, reset: resetMs }[this.#state];
  }

  /** Whether a SYN from inside begins another session in its place, with a mapping of its own. */
  get isOver(): boolean {
    return this.#state === 'closing' || this.#state === 'reset';
  }

  /** Whether a segment from outside belongs to it: after a RST no SYN does. */
  admits({ syn }: Segment): boolean {
    return !(syn && this.#state === 'reset');
  }

  /** Notes a segment that passes. False when the session is over with it and nothing is to be remembered. */
  passes({ rst, fin, ack }: Segment, way: 'out' | 'in'): boolean {
    if (rst) {
      if (!this.#tracking.resetEnds || this.#isShared) return true;
      if (this.#isReplied) this.#state = 'reset';
      return this.#isReplied;
    }
    if (way === 'in') this.#isReplied = true;
    if (ack !== undefined) this.#hasAcked[way] = true;
    if (this.#state === 'opening' && this.#hasAcked.out && this.#hasAcked.in) this.#state = 'established';
    if (fin && !this.#isShared && this.#state !== 'reset') this.#state = 'closing';
    return true;
  }
}

/** Whether a segment from inside begins a session: a SYN, or the middle of a stream that was forgotten (nf_conntrack_tcp_loose). */
export function begins({ syn, fin, rst, ack }: Segment): boolean {
  return !rst && !fin && (syn ? ack === undefined : ack !== undefined);
}
