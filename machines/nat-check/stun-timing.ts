/** Every wait of the STUN check, in ms, with its reason, and how often it asks. */

export { OPEN_DEADLINE_MS } from '../timing.ts';

/**
 * Until the first answer: 100 ms as RFC 3489 §9.3, then every 200 ms. At 10 % loss each way all of them are lost once in
 * 10^9 checks, and a dead end is known in less than 3 s.
 */
export const FIRST_GAP_MS = 100;
export const PROBE_GAP_MS = 200;
export const PATIENCE_MS = 2_500;
/** After so much silence TCP is tried too, so that there is still time for it to answer. */
export const DIAL_MS = 1_200;
/** Once one of several servers has answered, the others get so long, or two round trips. */
export const GRACE_MS = 200;

/** Between repetitions where an answer is expected: a round trip and a quarter, within bounds. */
export const EXPECT_MIN_MS = 60;
export const EXPECT_MAX_MS = 1_000;
/** At 10 % loss each way an exchange fails 19 times in 100; all of these fail once in 10^10. */
export const EXPECT_ATTEMPTS = 14;

/** Between requests that a filter may swallow; they need not wait for one another. With the least number of them an outage of a third of a second is noticed. */
export const FILTER_GAP_MS = 60;
/** How often a server is asked to show that it does as asked: what it, or the way to it, drops of such requests must not pass for a filter. */
export const CONTROL_ATTEMPTS = 6;
/** So often at the least, however good the line seems. */
export const SILENT_ATTEMPTS = 6;
/** Silence must be so unlikely to be loss: with three tests a check, one mistake in 10^7 checks. */
export const MISTAKE = 1e-8;
export const SILENT_ATTEMPTS_MAX = 40;
/** How long an answer is waited for after the last request, at the least; else one and a half round trips. */
export const LISTEN_MS = 120;

/** Nothing takes longer than this, whatever the server does. */
export const MEASURE_DEADLINE_MS = 30_000;

/** Sockets that show how ports are given, besides those of the other tests. More samples tell more; each costs a mapping. */
export const FRESH_SOCKETS = 10;

/** The share of exchanges that fail, from how many did; never 0, since a short series proves little. */
export function lossOf(sent: number, lost: number): number {
  return (lost + 0.5) / (sent + 1);
}

/** How many silent requests make loss an explanation that can be left aside. */
export function silencesNeeded(loss: number): number {
  const enough = Math.ceil(Math.log(MISTAKE) / Math.log(Math.min(loss, 0.7)));
  return Math.max(SILENT_ATTEMPTS, Math.min(SILENT_ATTEMPTS_MAX, enough));
}

/** When the nth request of probing leaves, from the first. */
export function probeOffset(attempt: number): number {
  return attempt <= 1 ? 0 : FIRST_GAP_MS + (attempt - 2) * PROBE_GAP_MS;
}
