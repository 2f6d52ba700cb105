/** Every wait of the udp-punch peer, in ms, with its reason. */
import { doubling } from '../timing.ts';

export { CHECKS, checkMs, doubling, KEEPALIVE_MS, LEAVE_MS, OPEN_DEADLINE_MS, WAIT_MS } from '../timing.ts';

/** One early repetition: at 10 % loss every fifth exchange fails, and half a second is long beside a punch. */
export const REGISTER_FIRST_MS = 150;
/** RFC 8489 §6.2.1: RTO 500 ms, doubling; capped so that a lossy path gets six tries in 10 s. */
export const REGISTER_RTO_MS = 500;
export const REGISTER_RTO_MAX_MS = 3_000;
export const REGISTER_ATTEMPTS = 6;

/** The registration is repeated while waiting, since an introduction can be lost: after 1, 2, 4 and then every 5 s. */
export const WAIT_REFRESH_MS = 1_000;
/** Well inside the 30 s that Linux keeps a UDP mapping which has seen no answer, and the rendezvous's idle limit. */
export const WAIT_REFRESH_MAX_MS = 5_000;
/** In later rounds the peer is known to be there. It can be late by all of its confirming (6.35 s) or by one refresh. */
export const ROUND_WAIT_MS = 8_000;

/** Three fresh ports: openers of 2, 3 and 4 hops, enough for a home NAT under a carrier NAT. */
export const ROUNDS = 3;
/** An opener must die beyond our NATs and short of the peer's: one hop a NAT, and one into the core. */
export const openerTtl = (round: number): number => round + 1;
/** Longer than two introductions differ in arrival on a busy machine; a guess, measured in the kernel lab. */
export const OPENER_MS = 25;
/** Below this round trip, scheduling and not distance decides whose probe arrives first, so openers are worth their wait. */
export const CLASH_RTT_MS = 20;

/** Ta of RFC 8445 §14.2, doubling: probes at 0, 50, 150, 350, 750 and 1,550 ms of a round. */
export const PROBE_INTERVAL_MS = 50;
export const PROBES_PER_ROUND = 6;
/** With these probes the registration is repeated: what is silent may be a peer whose introduction was lost. */
export const REPEAT_REGISTRATION_AT: readonly number[] = [3, 5];
/** Rounds start over when the peer has moved, and a peer can move for ever. */
export const INTRODUCTIONS = 40;
/** How long a round listens after its last probe, at the least; else two round trips. */
export const LISTEN_MS = 750;
/** The last round listens longer: a peer that has just connected repeats its probe for about this long. */
export const LAST_LISTEN_MS = 2_500;

/** Repetitions of an unconfirmed probe once the peer was heard; with doubling from 50 ms, 6.35 s in all. */
export const CONFIRM_ATTEMPTS = 7;

/** How long a challenge waits: the peer repeats its nomination within this time, at 0.5 and 1.5 s, and each is answered by one more. */
export const CHALLENGE_MS = 3_500;
/** Challenges without a confirmed path between: anyone can repeat what it has overheard. */
export const CHALLENGES = 3;

/** A farewell is said three times; a peer that still asks is answered meanwhile. */
export const BYE_INTERVAL_MS = 100;
export const BYE_ATTEMPTS = 3;

/** The wait after the nth sending of a registration. */
export function registerInterval(n: number): number {
  return n <= 1 ? REGISTER_FIRST_MS : doubling(REGISTER_RTO_MS, n - 2, REGISTER_RTO_MAX_MS);
}

/** How long a forecast waits for the peer's, at the least; else two round trips. It is told again before the punch goes on without. */
export const FORECAST_MS = 150;
export const FORECAST_ATTEMPTS = 4;
/** Sweeps that are aimed: each costs a few dozen packets and two round trips, and the next knows the NAT better. */
export const SWEEPS = 12;
/** An aimed sweep is sent twice, against loss; the second time after a round trip, and at the least so much later. */
export const SWEEP_REPEATS = 2;
export const SWEEP_REPEAT_MS = 60;
export const AIMED_LISTEN_MS = 100;
/** A sweep left to chance: 10 packets every 20 ms, 500 a second. */
export const SWEEP_SLICE = 10;
export const SLICE_MS = 20;
/** After 50 sockets, and then after every 100 and at the end, the registration is repeated: the peer's introduction may have been lost. */
export const REPEAT_TO_SEEKER = 100;
