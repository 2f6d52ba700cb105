/** Waits, in ms, and counts that are the same in several protocols, each with its reason. What only one has: its own `timing.ts`. */

/** A bind is local; anything longer than this is a system in trouble. */
export const OPEN_DEADLINE_MS = 5_000;
/** Linux sends its SYN at 0, 1, 3 and 7 s. */
export const CONNECT_DEADLINE_MS = 8_000;
/** How long to wait for the other peer to come, unless told otherwise; a guess at a person's patience. */
export const WAIT_MS = 60_000;
/** Long enough for the effects of the last state to leave the host. */
export const LEAVE_MS = 10;

/** Half of the shortest common UDP lifetime, 30 s (RFC 4787 REQ-5 asks for 2 min; many carriers give less). */
export const KEEPALIVE_MS = 15_000;
/**
 * Who answers each keepalive is asked so often before it is called lost: at 0, 0.5, 1.5 s and then every 2 s; given up after
 * 13.5 s. At 20 % loss eight are lost once in 3,500.
 */
export const CHECKS = 8;
/** Who says something now and then, but answers nothing, is lost after so many keepalives: a minute. */
export const SILENCES = 4;

/** The wait behind the nth check, from 0. */
export function checkMs(n: number): number {
  return doubling(500, n, 2_000);
}

/** `baseMs`, and twice as long each further time. */
export function doubling(baseMs: number, n: number, maxMs = Number.POSITIVE_INFINITY): number {
  return Math.min(baseMs * 2 ** n, maxMs);
}
