/** What the parties of a UDP punch say to each other, as values. Their bytes: `codec.ts`. Endpoints are as observed or offered. */
import type { Endpoint } from '../../effects/endpoint.ts';
import type { Forecast } from '../port-forecast.ts';
import type { Refusal } from '../rendezvous/bytes.ts';
import type { MappingSeen } from '../rendezvous/mapping.ts';

/** All that UDP peers and their rendezvous say. */
export type PunchMessage = Register | Leave | Observe | Mapped | Introduced | Challenged | Refused | Probe | Confirm | Bye;

/** Peer → rendezvous: "I am in this room". Repeated unchanged it changes nothing. */
export interface Register {
  readonly type: 'register';
  /** 24 hex digits; constant over the repetitions of one registration. */
  readonly txid: string;
  /** The room's identifier, 64 hex digits. A peer leaves it out: its codec knows the room and puts it in. */
  readonly room?: string | undefined;
  /** The sender's session, 16 hex digits. */
  readonly peer: string;
  /** 1, 2, …: two peers are introduced when both are in the same round. */
  readonly round: number;
  /** The sender's own addresses, at most `CANDIDATE_LIMIT`. */
  readonly candidates: readonly Endpoint[];
  readonly mapping: MappingSeen;
  /** Which port the sender's NAT will give next, as far as it knows. */
  readonly forecast: Forecast;
  /** From `challenged`: proof that the sender receives at its address. The rendezvous's codec checks it, and says `proven`. */
  readonly nonce?: string | undefined;
  readonly proven?: true | undefined;
}

/** Peer → rendezvous: "I need the room no longer". Not answered. */
export interface Leave {
  readonly type: 'leave';
  readonly txid: string;
  readonly room?: string | undefined;
  readonly peer: string;
}

/** Peer → rendezvous's other port: "what is my address from there?" Answered by `mapped`. */
export interface Observe {
  readonly type: 'observe';
  readonly txid: string;
  readonly peer: string;
}

/** Rendezvous → peer: "you are at `mapped`"; in answer to `register` also "nobody else is here yet". */
export interface Mapped {
  readonly type: 'mapped';
  readonly txid: string;
  /** Whom it is told, as in the request; so in every answer of the rendezvous. */
  readonly to: string;
  readonly mapped: Endpoint;
  /** A second port of the rendezvous, to be asked by `observe`. */
  readonly alternate?: Endpoint | undefined;
  /** What the rendezvous knows of the receiver's mapping, and so tells the other peer. */
  readonly known?: MappingSeen | undefined;
}

/** Rendezvous → peer: "you are at `mapped`, and here is the other one". */
export interface Introduced {
  readonly type: 'introduced';
  readonly txid: string;
  readonly to: string;
  readonly mapped: Endpoint;
  readonly alternate?: Endpoint | undefined;
  readonly known?: MappingSeen | undefined;
  readonly peer: PeerDescription;
}

export interface PeerDescription {
  readonly id: string;
  readonly round: number;
  readonly mapping: MappingSeen;
  readonly forecast: Forecast;
  /** How long ago the rendezvous first saw this registration, ms: so old is what its port says of the next. */
  readonly ageMs: number;
  /** Where to try, the address that the rendezvous observed first. */
  readonly endpoints: readonly Endpoint[];
}

/** Rendezvous → peer: "register again with this nonce". Asked only under load; it costs the rendezvous no memory. */
export interface Challenged {
  readonly type: 'challenged';
  readonly txid: string;
  readonly to: string;
  /** The rendezvous leaves it out: its codec knows the secret and puts it in. */
  readonly nonce?: string | undefined;
}

export interface Refused {
  readonly type: 'refused';
  readonly txid: string;
  readonly to: string;
  readonly reason: Refusal;
}

/** Peer → peer: "do you hear me?" Signed with the key of this pair of sessions, as are `confirm` and `bye`. */
export interface Probe {
  readonly type: 'probe';
  readonly txid: string;
  /** The sender's session. */
  readonly sender: string;
  /** The receiver's session. */
  readonly receiver: string;
  /** "I send along this path": on keepalives, not on first attempts. */
  readonly nominate: boolean;
}

/** Peer → peer: "I heard your probe `txid`, from `observed`". */
export interface Confirm {
  readonly type: 'confirm';
  readonly txid: string;
  readonly sender: string;
  readonly receiver: string;
  readonly observed: Endpoint;
}

/** Peer → peer: "I heard you before, and I close now". */
export interface Bye {
  readonly type: 'bye';
  readonly txid: string;
  readonly sender: string;
  readonly receiver: string;
}
