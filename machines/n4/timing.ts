/** Every wait and count of the n4 peer, with its reason. Times in ms. */
export { CONNECT_DEADLINE_MS, doubling, KEEPALIVE_MS, OPEN_DEADLINE_MS, SILENCES, WAIT_MS } from '../timing.ts';

/** In later rounds the partner is known to be there. n4.py comes back 10 s after its burst. */
export const ROUND_WAIT_MS = 15_000;

/** n4.py -s opens its port anew for every pair, so the next client can come a moment too early. */
export const RETRY_MS = 250;
/** Connections of one round that may fail or end before PEERINFO, and be tried again. With doubling, 1.75 s between the first and the last. */
export const RETRIES = 3;

/** As n4.py: three at once, since one may be lost. */
export const EXCHANGES = 3;
/** n4.py does not repeat them; a burst of losses takes all three. */
export const EXCHANGE_INTERVAL_MS = 500;
/** Longer than our server waits for the partner's, so that it decides who was silent. */
export const PEERINFO_DEADLINE_MS = 12_000;

/** PUNCHes from each socket, as n4.py. More of them on one path are answers: see `Heard`. */
export const PASSES = 5;
/** n4.py leaves no time between its passes. With some, those after the first hit are never sent, and one burst of losses does not take all. */
export const PASS_INTERVAL_MS = 20;
/** Datagrams in one go: no queue on the way is as short as this. The default for 25 sockets is one go for a pass. */
export const CHUNK = 64;
/** Between the goes of a pass: foreign flows take ports meanwhile, so it is as short as timers are. */
export const CHUNK_INTERVAL_MS = 1;
/** How long to listen after the burst. The partner's burst may be late by a lost PEERINFO, which TCP repeats within a second. n4.py listens for 10 s, and gains nothing by it. */
export const LISTEN_MS = 3_000;
/** Ranges of source ports, one for each round. A guess: at 500 foreign flows a second n4.py wants one to four. */
export const ROUNDS = 10;
/**
 * The adaptive strategy: how many offsets from the partner's port each round aims. Nobody tells the other its round, and whoever
 * was started anew is behind. So every distance of two rounds, from the last on to the first, lies between two that aim up by one,
 * and between two that aim down by one: however far apart the partners are, they aim up in the same round, and down in another.
 * Up to five rounds apart they do so before either is through.
 */
export const TURNS: readonly number[] = [1, -1, 1, 1, 2, -1, -1, 1, -1, -2];
/** Ranges that may be passed over because a port is in use. */
export const CLASHES = 10;

/** To a partner that has been heard: more than PASSES at once, so that one of ours knows them for answers. */
export const VOLLEY = 6;
/** As n4.py's ten PUNCHes after its success. */
export const ANSWER_INTERVAL_MS = 200;
/** A PUNCH so long after the first on its path is no straggler of a burst: ours lasts 80 ms, n4.py's a few. */
export const ANSWERED_AFTER_MS = 150;
/** The same on a path that we have not chosen: two answers of n4.py's, which stays where it heard us first. Ours has come over by then. */
export const INSISTED_AFTER_MS = 350;
/** Answers to a partner that does not show that it hears: 6 s. n4.py listens for 10 s, but whoever hears nothing of 30 hears none. */
export const ANSWERS = 30;
/** Answers after the confirmation, 2.2 s: whoever hears us may not be sure yet that we do. */
export const FAREWELLS = 11;

/** After those nothing is due of n4.py: its own ten are over, however slow the line. A guess. */
export const SETTLE_MS = 3_000;
/** A PUNCH that comes so soon after our own may be the answer to it, and is not answered. Above any round trip. */
export const QUIET_MS = 1_500;
