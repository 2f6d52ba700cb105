/** When TCP sends again, and when it gives up: Linux's defaults, and the retransmission time-out of RFC 6298. Sets no timer. */

/** The first time-out of a handshake, before any round trip is known (RFC 6298 §2.1), in ms; each one after is twice as long. */
export const FIRST_TIMEOUT_MS = 1_000;

/** tcp_syn_retries: SYNs at 0, 1, 3, 7, 15, 31, 63 s, and the end at 127 s. */
export const SYN_RETRIES = 6;

/** tcp_synack_retries. */
export const SYN_ACK_RETRIES = 5;

/** tcp_retries2: with the shortest time-out 15 minutes. */
export const DATA_RETRIES = 15;

/** tcp_orphan_retries, for a connection that no process holds any more. */
export const ORPHAN_RETRIES = 8;

/** tcp_fin_timeout: for how long, in ms, an end that no process holds waits for the other's FIN. */
export const FIN_WAIT_MS = 60_000;

/** TCP_TIMEWAIT_LEN, in ms: how long late segments of a connection are still known as such. */
export const TIME_WAIT_MS = 60_000;

/** TCP_RTO_MIN and TCP_RTO_MAX, in ms. */
const LEAST_VARIANCE_MS = 200;
const LONGEST_TIMEOUT_MS = 120_000;

/** What one connection has measured. */
export class RoundTrips {
  #smoothedMs: number | undefined;
  #variationMs = 0;

  /** A round trip of something that was sent once. */
  measured(ms: number): void {
    if (this.#smoothedMs === undefined) {
      this.#smoothedMs = ms;
      this.#variationMs = ms / 2;
      return;
    }
    this.#variationMs += (Math.abs(ms - this.#smoothedMs) - this.#variationMs) / 4;
    this.#smoothedMs += (ms - this.#smoothedMs) / 8;
  }

  /** How long to wait for an acknowledgement that `retries` repetitions have not brought. */
  timeoutMs(retries: number): number {
    const base = this.#smoothedMs === undefined ? FIRST_TIMEOUT_MS : this.#smoothedMs + Math.max(LEAST_VARIANCE_MS, 4 * this.#variationMs);
    return Math.min(LONGEST_TIMEOUT_MS, base * 2 ** retries);
  }
}
