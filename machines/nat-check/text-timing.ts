/**
 * Every wait and count of the three-role check, in ms, with its reason. nat_check.py takes each datagram for its next step, so
 * toward it a repetition is only harmless where without it everything would be lost anyway.
 */

export { OPEN_DEADLINE_MS } from '../timing.ts';

/** Longer than any honest round trip: an original server that has answered by then would take the repetition for the assist. */
export const REGISTER_INTERVAL_MS = 1_500;
/** At 10 % loss each way all of them fail once in 4,000 checks. */
export const REGISTER_ATTEMPTS = 5;
/** A second copy of the server's answer reads like the assist's report; copies come close together. A guess. */
export const QUIET_MS = 150;

/** Three ways instead of two: at 10 % loss each all of them fail once in 30,000 checks. */
export const ASSIST_ATTEMPTS = 8;
export const ASSIST_INTERVAL_MS = 500;
export const ASSIST_INTERVAL_MAX_MS = 2_000;

/** What must arrive before something else does gets so long, or one and a half of its way. */
export const MARGIN_MS = 150;

/** NEXT: so many at the least before the server says the last text, see `text-sessions.ts`; the original says it at the second. */
export const RESTRICTED_TESTS = 6;
export const NEXT_ATTEMPTS = 16;
/** One round trip, within bounds that keep the whole short. */
export const NEXT_INTERVAL_MS = 150;
export const NEXT_INTERVAL_MAX_MS = 600;

/** Nothing acknowledges FULL-CONE: all of them are lost once in 10^9 checks at 10 % loss on each of three ways, and once in 6,000 at 25 %. */
export const FULL_CONE_ATTEMPTS = 16;
/** So many more for each registration that had to be repeated: the line loses much. */
export const FULL_CONE_MORE = 4;
export const FULL_CONE_MAX = 40;
export const FULL_CONE_INTERVAL_MS = 75;
/** How long the last answer is waited for, at the least; else one and a half of its way. */
export const LISTEN_MS = 200;

/** The server: nat_check.py's second NEXT comes 5 s after its first, and that 5 s after its registrations. Ours comes sooner. */
export const LATE_NEXT_MS = 4_000;
export const LATE_CHECK_MS = 7_500;
/** A datagram does not come twice after longer than this, and no client of ours repeats a registration sooner. */
export const COPY_MS = 500;
/** NEXT comes more often, but never so soon. */
export const NEXT_COPY_MS = 60;
/** Five full-cone requests in a row; a first socket asks more slowly. */
export const FULL_CONE_PAUSE_MS = 5 * FULL_CONE_INTERVAL_MS;
/** A client begins its second phase as soon as it has heard the assist's report. */
export const SECOND_PHASE_MS = 3_000;
/** A check of nat_check.py takes 10 s after its first phase. */
export const IDLE_MS = 60_000;
/** So long after its registration a first socket asks the assist no more, unless its way is very long. */
export const UNREPORTED_MS = ASSIST_ATTEMPTS * ASSIST_INTERVAL_MS;
/** How long a report may be ahead of its client's registration, and a client wait for a report from elsewhere; a guess. */
export const HOLD_MS = 3_000;
export const WAITING_MS = 20_000;
