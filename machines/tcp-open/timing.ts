/** Every wait and count of the tcp-open peer, with its reason. Times in ms. */
import { chance } from '../../effects/seed.ts';

export { CONNECT_DEADLINE_MS, LEAVE_MS, WAIT_MS } from '../timing.ts';

/** An answer on a connection that stands: TCP repeats what is lost meanwhile. */
export const ANSWER_DEADLINE_MS = 8_000;
/** The rendezvous forgets who has been silent for 35 s; and this finds out whether it still lives. */
export const REFRESH_MS = 15_000;

/** Introductions that differ by more are measured wrong: the start is not put off further. */
export const START_LIMIT_MS = 2_000;

/**
 * From the start of the first round, without the time that a second registration takes. Room for the SYNs of Linux (0, 1, 3 s)
 * on a line that loses, twice, and for a peer whose introduction came late.
 */
export const PUNCH_DEADLINE_MS = 12_000;
/** So often both sides register, each time from a port that no NAT has seen. */
export const ATTEMPTS = 2;
/**
 * How long the first attempt lasts, and each where ports are at random. What opens on short lines at all has opened after 4 s, and
 * on lines of 300 ms there and back after 6 s, with a peer that is late (in the simulator); what has not may never, for a Linux NAT
 * that saw SYNs cross and one of them refused can keep that pair of ends shut for two minutes. `pathMs`: to the peer and back.
 */
export function attemptMs(pathMs: number): number {
  return ATTEMPT_MS + Math.min(4 * pathMs, ATTEMPT_MS);
}

/** The part of it that does not grow with the line, and the most that the other may be. */
export const ATTEMPT_MS = 4_500;
/** How long to wait for the rendezvous, and for the peer, before a later attempt: whoever heard of the first so much later comes so much later. */
export const AGAIN_MS = 7_500;
/** Rounds at most: 12 s of volleys. Each is one SYN of 60 bytes for every endpoint that has refused. */
export const ROUNDS = 6_500;
/** An endpoint that nobody has observed, and that refuses so often, is somebody else's. */
export const REFUSALS = 24;
/**
 * A port that was foretold is called so often in one aim. A row comes 8 ms later, and two machines 10 ms apart were seen; on the
 * shortest lines a call is refused after a third of a ms, and a volley is shared by the ports of an aim.
 */
export const AIMED_REFUSALS = 36;
/** Calls that repeat one of an aim, of one opening: as many as there are first ones. A guess; in quiet two ports are called. */
export const AIMED_REPEATS = 600;

/**
 * The wait after a volley's last refusal, or any other failure, at `sinceStartMs`. Two NATs that answer unknown SYNs by RST let
 * ours pass only if both leave within a one-way delay of each other. So both sides call at common moments, counted from the
 * agreed start: on short lines, where that delay is shorter than any timer is exact, each is a chance; on long ones whoever was
 * refused has waited a round trip already, and calls again nearly at once. Whatever is fixed can miss for ever, so each side
 * leaves the common moments now and then, by chance. `rttMs` is that to the peer, at the most.
 */
export function retryMs(seed: number, round: number, { sinceStartMs, rttMs, failure }: Retry): number {
  const restMs = restOf(failure, rttMs);
  const everyMs = rttMs < NEAR_MS && sinceStartMs > EAGER_MS ? CALM_MOMENT_MS : MOMENT_MS;
  const luck = chance(seed, round);
  if (luck < STRAYING) return restMs + (2 * everyMs * luck) / STRAYING;
  return (Math.floor((sinceStartMs + restMs) / everyMs) + 1) * everyMs - sinceStartMs;
}

/** What the wait after a failed call depends on. */
export interface Retry {
  readonly sinceStartMs: number;
  /** To the peer, at the most. */
  readonly rttMs: number;
  /** `called`: its ends are in use, for the peer is calling our listener. `cut-off`: the listener that accepted it did not last. */
  readonly failure: 'called' | 'cut-off' | 'other';
}

/** Whether a refused call is the last of its volley; the others are repeated at once. */
export function endsVolley(round: number, rttMs: number): boolean {
  return round % (rttMs < NEAR_MS ? NEAR_VOLLEY : VOLLEY) === 0;
}

/**
 * How long the listener stands. One round trip, or whoever is being accepted would be forgotten with it. Whoever was forgotten
 * learns of it by RSTs, and comes again: that makes three.
 */
function restOf(failure: Retry['failure'], rttMs: number): number {
  switch (failure) {
    case 'called':
      return 3 * rttMs + CUT_OFF_MS;
    case 'cut-off':
      return Math.max(rttMs, CUT_OFF_MS);
    case 'other':
      return rttMs;
  }
}

/**
 * Both the end of the handshake and the question behind it are answered by a RST, and a Linux NAT that sees the second one behind
 * a new SYN ends the new session: the two are as far apart as a process needs to ask, some ms (measured), on a busy machine more.
 */
const CUT_OFF_MS = 20;

/** Calls of one moment, each as soon as the one before is refused: all but one of a side's time, so that two sides' overlap. */
const VOLLEY = 4;
const MOMENT_MS = 4;
/** One moment in four is not the common one: a guess. */
const STRAYING = 0.25;

/**
 * On lines so short a call takes a third of a ms (measured), most of it in the processes, and to be right is chance. So there
 * are more of them, a thousand a second; and after a second, for a peer that comes late, as many as on other lines.
 */
const NEAR_MS = 8;
const NEAR_VOLLEY = 16;
const EAGER_MS = 1_000;
const CALM_MOMENT_MS = 32;

/**
 * A SYN that came to the other NAT before theirs had left is dropped there, and the system repeats it only after a second. After
 * a few round trips a new one takes its place; not sooner, for the answer to the first may be under way. A guess.
 */
export function silenceMs(hangUps: number, ownRttMs: number, peerRttMs: number): number {
  return Math.max(SILENCE_MS, 2 * (ownRttMs + peerRttMs)) * 3 ** hangUps;
}

const SILENCE_MS = 60;
/** What would come later is left to the system, which repeats a SYN after 1, 3 and 7 s. */
export const SILENCE_MAX_MS = 700;

/** How often the age of connections is looked at, and new rounds wait while one is being proved. */
export const TICK_MS = 250;
/** Ticks within which a new connection is to prove itself: three long round trips and a lost segment. Then it is a stranger's. */
export const PROOF_TICKS = 12;
/** Ticks for which new rounds wait for a connection that is being proved. */
export const PATIENCE_TICKS = 4;
/** Ticks within which the other side is to agree to a connection that was proved already: five losses in a row, of TCP's own doubling. */
export const AGREEMENT_TICKS = 28;

/** Connections that may wait to be proved. There are two for each endpoint at most; the rest are strangers'. */
export const UNPROVED = 16;
/** Connections to one endpoint that turned out to be a stranger's, or broke while they were proved: then it is left alone. */
export const STRANGERS = 3;
/** Errors that are no refusals, such as no route: then the endpoint is left alone. */
export const TROUBLES = 3;

/** How long the first calls alone may take, at the least; else two round trips of both sides. A filter by address needs no more. */
export const PLAIN_MS = 60;
/** How long to wait for what the rendezvous sees, or tells of the peer, at the least; else four round trips. A connection is two. */
export const SEEING_MS = 150;
/** How long an aim waits, at the least; else two round trips of both sides. */
export const AIMED_MS = 60;
/**
 * Whoever counts waits so much longer: each port of a row is good for one call, and the call of a peer whose ports stay, dropped or
 * refused, has then opened that one's NAT. A guess at how far two busy machines are apart (10 ms seen, on two cores among eight).
 */
export const AFTER_MS = 8;
/** Forecasts of an attempt, at most. Each costs a connection to the rendezvous and a few calls, and the next knows the NAT better. */
export const AIMS = 12;
/** Of these so many in a row may be answered by nothing: the peer has not been told how its own ports are, or its introduction was lost. */
export const UNANSWERED = 4;