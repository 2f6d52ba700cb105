/** What the parties of a TCP open say to each other, as values. Their bytes: `codec.ts`. Endpoints are as observed or offered. */
import type { Endpoint } from '../../effects/endpoint.ts';

export type OpenMessage = Register | Mapped | Introduced | Refused | Probe | Confirm | Handover;

/** Peer → rendezvous: "I am in this room", for as long as the connection stands. Repeated it changes nothing. */
export interface Register {
  readonly type: 'register';
  /** 24 hex digits, as every txid. */
  readonly txid: string;
  /** The room's identifier, 64 hex digits. A peer leaves it out: its codec knows the room and puts it in. */
  readonly room?: string | undefined;
  /** The sender's session, 16 hex digits. */
  readonly peer: string;
  /** The shortest round trip to the rendezvous that the sender has measured, ms. Only who names one is introduced. */
  readonly rttMs?: number | undefined;
  /** The sender's own addresses, at most `CANDIDATE_LIMIT`. */
  readonly candidates: readonly Endpoint[];
}

/** Rendezvous → peer: "you are at `mapped`". */
export interface Mapped {
  readonly type: 'mapped';
  readonly txid: string;
  /** Whom it is told, as in the request; so in every answer of the rendezvous. */
  readonly to: string;
  readonly mapped: Endpoint;
}

/** Rendezvous → peer: "here is the other one"; said to both at the same moment. */
export interface Introduced {
  readonly type: 'introduced';
  readonly txid: string;
  readonly to: string;
  readonly mapped: Endpoint;
  readonly peer: PeerDescription;
}

export interface PeerDescription {
  readonly id: string;
  readonly rttMs: number;
  /** Where to try, the address that the rendezvous observed first. */
  readonly endpoints: readonly Endpoint[];
}

/** Rendezvous → peer, in the place of an answer. */
export interface Refused {
  readonly type: 'refused';
  readonly txid: string;
  readonly to: string;
  /** `not-a-rendezvous`: a STUN server that does not know our attributes. */
  readonly reason: 'room-full' | 'busy' | 'not-a-rendezvous';
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

/** A host with more addresses has too many to try. */
export const CANDIDATE_LIMIT = 6;
