/** What the parties of a TCP open say to each other, as values. Their bytes: `codec.ts`. Endpoints are as observed or offered. */
import type { Endpoint } from '../../effects/endpoint.ts';
import type { Forecast } from '../port-forecast.ts';
import type { Refusal } from '../rendezvous/bytes.ts';

/** All that TCP peers and their rendezvous say, until the stream is handed over. */
export type OpenMessage = Register | Observe | Foretell | Mapped | Introduced | Refused | Probe | Confirm | Handover;

/** Which room a message is of. */
export interface Room {
  /** Its identifier, 64 hex digits. A peer leaves it out: its codec knows the room and puts it in. */
  readonly room?: string | undefined;
  /** Which of a peer's attempts it is of; left out, the first. A later one has a room of its own, of another identifier. */
  readonly attempt?: number | undefined;
}

/** Peer → rendezvous: "I am in this room", for as long as the connection stands. Repeated it changes nothing. */
export interface Register extends Room {
  readonly type: 'register';
  /** 24 hex digits, as every txid. */
  readonly txid: string;
  /** The sender's session, 16 hex digits. */
  readonly peer: string;
  /** The shortest round trip to the rendezvous that the sender has measured, ms. Only who names one is introduced. */
  readonly rttMs?: number | undefined;
  /** It has been told which port to use, and so cannot begin anew from another. */
  readonly keepsPort?: true | undefined;
  /** The sender's own addresses, at most `CANDIDATE_LIMIT`. */
  readonly candidates: readonly Endpoint[];
}

/** Peer → rendezvous, on a connection of its own: "where do you see this one?" It is of no room. */
export interface Observe {
  readonly type: 'observe';
  readonly txid: string;
  readonly peer: string;
}

/**
 * Peer → rendezvous: "this is what my NAT does with ports". Who counts says it on a new connection, whose port is the newest
 * that the NAT gave; all others on that of their registration. Answered by nothing but an introduction.
 */
export interface Foretell extends Room {
  readonly type: 'foretell';
  readonly txid: string;
  readonly peer: string;
  /** As in a registration. */
  readonly rttMs?: number | undefined;
  /** Counts the forecasts of a NAT that varies, from 1; 0 where ports stay. */
  readonly round: number;
  readonly forecast: Forecast;
}

/** Rendezvous → peer: "you are at `mapped`". */
export interface Mapped {
  readonly type: 'mapped';
  readonly txid: string;
  /** Whom it is told, as in the request; so in every answer of the rendezvous. */
  readonly to: string;
  readonly mapped: Endpoint;
  /** Its other port, where the same socket may be seen at another. */
  readonly alternate?: Endpoint | undefined;
}

/** Rendezvous → peer: "here is the other one"; said to both at the same moment. Again when both have told what their ports do. */
export interface Introduced {
  readonly type: 'introduced';
  readonly txid: string;
  readonly to: string;
  /** Of the receiver's last forecast. */
  readonly round: number;
  /** Where the receiver was seen when it told its forecast, or registered. */
  readonly mapped: Endpoint;
  readonly peer: PeerDescription;
}

export interface PeerDescription {
  readonly id: string;
  readonly rttMs: number;
  /** As in its registration. */
  readonly keepsPort?: true | undefined;
  /** Of its last forecast. */
  readonly round: number;
  readonly forecast: Forecast;
  /** How long ago the rendezvous heard that, ms. */
  readonly ageMs: number;
  /** Where to try, the address that the rendezvous observed first; with a forecast it was observed with that. */
  readonly endpoints: readonly Endpoint[];
}

/** Rendezvous → peer, in the place of an answer. */
export interface Refused {
  readonly type: 'refused';
  readonly txid: string;
  readonly to: string;
  readonly reason: Refusal;
}

/** Peer → peer: "if you are of this room, say so under this number". Signed with the key of this pair of sessions, as are all between peers. */
export interface Probe {
  readonly type: 'probe';
  readonly txid: string;
  /** The sender's session. */
  readonly sender: string;
  /** The receiver's session. */
  readonly receiver: string;
}

/** Peer → peer: "I am: your number is `txid`". */
export interface Confirm {
  readonly type: 'confirm';
  readonly txid: string;
  readonly sender: string;
  readonly receiver: string;
}

/**
 * Peer → peer: "this connection is the one; behind this message is the application". The controlling side says it first, the
 * other answers with its own. The last message of each direction. `txid` is that of the receiver's probe on this connection.
 */
export interface Handover {
  readonly type: 'handover';
  readonly txid: string;
  readonly sender: string;
  readonly receiver: string;
}
