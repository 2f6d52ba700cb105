/** Every wait and count of pwnat's two ends, with its reason. Times in ms. */
import { TCP_DRAIN_BYTES, TCP_DRAIN_SENDS } from '../../effects/net.ts';

export { CHECKS, checkMs, doubling, LEAVE_MS, OPEN_DEADLINE_MS, KEEPALIVE_MS as LINK_PING_MS } from '../timing.ts';

// ---- the hole, at the caller

/** How often the caller repeats what opens the hole: a few long round trips. A guess. */
export const KNOCK_MS = 500;
/**
 * The forged error goes twice, so far apart and so long before the first datagram: one that reaches a Linux NAT before the listener
 * has punched makes it move the listener's port. Longer than a busy listener takes; a guess.
 */
export const LEAD_MS = 25;
/** The hole of a listener that has been silent for longer may have closed: two thirds of the shortest common UDP lifetime, 30 s. */
export const HOLE_MS = 20_000;
/** From the first knock to the word that it is no use: 10 s is what a person waits, and the sockets have opened before. */
export const REACH_DEADLINE_MS = 9_000;
/** pypwnat's listener says no more than its greeting; one of ours says so within this time, at two long round trips. A guess. */
export const GREETED_MS = 2_000;

/** A listener that has accepted the offer has answered the HELLO beside it within this time, or the answer is lost. A guess. */
export const REFUSAL_MS = 2_000;

// ---- the hole, at the listener

/**
 * The wait between two punches towards one caller, each time twice as long up to this. The hole stands 30 s on Linux, and who runs
 * the original is cut off by a punch in the moment in which it has just begun to call.
 */
export const PUNCH_FIRST_MS = 400;
export const PUNCH_MAX_MS = 20_000;
/**
 * Hops of a punch towards whoever is served: it opens one NAT, and dies before it can cut the original off. The caller may be one
 * that was started anew, or has lost its way when our NAT forgot it, while what it had before seems to stand.
 */
export const DYING_TTL = 2;
/** Callers that are remembered between punches. */
export const CALLERS = 1_024;
/** A caller that has been silent for so long is new again. */
export const CALLER_FORGOTTEN_MS = 60_000;
/** Punches in all: so many at once, and so many a second. Guesses: far above any honest need, and little for any line. */
export const PUNCH_BURST = 64;
export const PUNCHES_A_SECOND = 32;
/** Denied destinations are told of no more often: who reads along needs no more. A guess. */
export const DENIED_MS = 1_000;

// ---- udptunnel

/** HELLO is repeated, which the original does not do: a lost one leaves its TCP client hanging for ever. */
export const HELLO_MS = 500;
/** A TCP client that nobody answers is let go after this. */
export const HELLO_DEADLINE_MS = 10_000;
/** The caller's HELLOACK is said twice at once and a third time after half of this; only then its first DATA leaves, for a server that lacks the HELLOACK throws it away. */
export const SETTLE_MS = 80;
export const HELLO_ACKS = 2;
/** The listener repeats its HELLOACK so often at the most, so far apart, in all no more bytes than HELLO had. */
export const HELLO_ACK_REPEATS = 3;
export const HELLO_ACK_MS = 1_000;
/** Time to confirm an id; after that it was nobody, or nobody who is there. */
export const PENDING_MS = 10_000;
/** The original's: 1, 2, 3 … 10 s, some 55 s in all. */
export const resendMs = (tries: number): number => tries * 1_000;
export const RESENDS = 10;
/** The original's first comes within 0.5 s of HELLOACK. */
export const FIRST_KEEPALIVE_MS = 300;
export const KEEPALIVE_MS = 60_000;
export const SILENT_MS = 421_000;
/**
 * The listener waits so long with GOODBYE for the caller's own, a long round trip. The original has a socket for each connection, all of
 * one port, and looks at no id: one that crosses its own would end the next connection. Its own server never says any.
 */
export const GOODBYE_MS = 500;
/** For how long whoever still speaks of an ended connection is told so. */
export const ENDED_MS = 60_000;
export const ENDED_IDS = 256;

// ---- limits of both protocols

/** TCP connections of one end, and of those at a listener from one address; and connections that nobody has confirmed. */
export const STREAMS = 1_024;
export const STREAMS_PER_HOST = 256;
export const PENDING = 64;
export const LINKS = 256;
export const LINKS_PER_HOST = 16;

/** Bytes of a TCP connection that wait to leave: above the first it is read no further, below the second again. */
export const QUEUE_FULL_BYTES = 256 * 1024;
export const QUEUE_LOW_BYTES = 64 * 1024;
/** What a TCP connection takes before it has to say that it has taken all. */
export const FULL_BYTES = TCP_DRAIN_BYTES;
export const FULL_SENDS = TCP_DRAIN_SENDS;

// ---- between our own ends

/** Whoever answers as the original does may be one of ours that lost the offer: it is repeated so often, at the same moments. */
export const OFFERS = 4;
/** A listener hears from a caller every 15 s, or after 30 s not at all; twice that, and some. */
export const LINK_SILENT_MS = 75_000;
/** How long an accepted offer can be taken up; and for as long it is remembered which have been. */
export const ACCEPT_MS = 60_000;
export const USED_PAIRS = 1_024;
export const USED_PAIRS_PER_HOST = 64;

/** Packets that may come before their turn, and so at once. 300 kB: 6 MB/s at a round trip of 50 ms. */
export const WINDOW = 256;
/** What may be sent before the first receipt: the connection's own words on it. */
export const FIRST_LIMIT = 64;
/** RFC 6928. */
export const FIRST_CONGESTION_WINDOW = 10;
export const LEAST_CONGESTION_WINDOW = 4;
/** What is left of the congestion window after a loss: CUBIC's (RFC 9438 §4.6). */
export const BACK_OFF = 0.7;
/** A packet is lost when one sent so many later has come (RFC 9002 §6.1.1). */
export const REORDERING = 3;
/** RFC 6298, with a shorter floor: both ends answer within `RECEIPT_MS`. */
export const FIRST_TIMEOUT_MS = 500;
export const LEAST_TIMEOUT_MS = 40;
export const LONGEST_TIMEOUT_MS = 5_000;
/** Time-outs in a row in which nothing at all came back, some 30 s: then the other end is gone. */
export const SILENCES = 13;
/** Packets that come in order are acknowledged by fours, or so much later. */
export const RECEIPT_EVERY = 4;
export const RECEIPT_MS = 5;
