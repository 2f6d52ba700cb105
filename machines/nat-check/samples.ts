/**
 * What a check has observed, as plain values: each sample is one question that was asked of a server, how often, and what
 * came back. `behaviour.ts` reads them; nothing here judges.
 */
import type { Endpoint } from '../../effects/endpoint.ts';

export interface Samples {
  /** The socket of the mapping tests as it was bound, and the addresses of this host that reach it. */
  readonly local: Endpoint;
  readonly addresses: readonly Endpoint[];
  /** The share of ordinary requests that stayed without an answer, 0 to 1, over `ordinary` of them. */
  readonly loss: number;
  readonly ordinary: number;
  /** The same socket, asked about by several servers or addresses of one, in the order of asking. */
  readonly mappings: readonly MappingSample[];
  readonly filters: readonly FilterSample[];
  readonly hairpin: HairpinSample | undefined;
  /** Sockets that had sent nothing before, in the order of sending, all to one server. */
  readonly ports: readonly PortSample[];
  /**
   * Whether a socket could be bound to the reflexive address; undefined where that was not tried or failed otherwise, or where
   * this host binds even to addresses that are surely not its own.
   */
  readonly ownsReflexive: boolean | undefined;
  readonly lifetime?: LifetimeSample | undefined;
  /** Where UDP got no answer: whether a server takes TCP connections at the same port. Undefined where that was not tried or is not known. */
  readonly tcp?: { readonly server: Endpoint; readonly answer: TcpAnswer } | undefined;
}

/** By TCP at the same port: STUN, a connection and nothing more, or not even that. */
export type TcpAnswer = 'stun' | 'taken' | 'refused';

/** A Binding request to `server`. */
export interface MappingSample {
  readonly server: Endpoint;
  readonly asked: number;
  /** XOR-MAPPED-ADDRESS, or MAPPED-ADDRESS of a classic server; undefined when it never answered. */
  readonly mapped: Endpoint | undefined;
  /** MAPPED-ADDRESS where it differs: something on the path rewrites addresses inside packets. */
  readonly rewritten?: Endpoint | undefined;
  /** The code of an error response. */
  readonly refusal?: number | undefined;
}

/** Which part of its source a server was asked to change. */
export type Change = 'address' | 'port' | 'both';

/** A CHANGE-REQUEST from a socket that has sent to `server` only. */
export interface FilterSample {
  readonly change: Change;
  readonly server: Endpoint;
  /** Where the answer would come from, if the server has said so (OTHER-ADDRESS). */
  readonly expected: Endpoint | undefined;
  /** How often it was asked while an ordinary request, sent at the same moment from the same socket, was answered. */
  readonly asked: number;
  readonly answer: FilterAnswer;
  /** Whether `expected` answers when it is asked itself. */
  readonly isAlive: boolean;
  /** The same request from a socket that had sent to `expected` before, so that no filter is in its way: proof that the server does it. */
  readonly isHonoured: boolean;
  /** The share of such requests that stayed without an answer even there, or of ordinary ones if that is more. */
  readonly loss: number;
}

export type FilterAnswer =
  /** From the changed source. */
  | 'heard'
  | 'silent'
  /** From the very address that was asked: the server ignores CHANGE-REQUEST. */
  | 'ignored'
  /** An error response, such as 420. */
  | 'refused';

/** Requests between two sockets of this host, by the reflexive address of each. */
export interface HairpinSample {
  readonly target: Endpoint;
  /** How often it was asked while an ordinary request, sent at the same moment, was answered. */
  readonly asked: number;
  /** Where the request seemed to come from, when it arrived. */
  readonly heardFrom: Endpoint | undefined;
  /** What the local system said when it refused to send one. */
  readonly unsent?: string | undefined;
}

export interface PortSample {
  readonly local: number;
  /** Undefined when no answer came. */
  readonly mapped: Endpoint | undefined;
  /** The first request was answered, so the mapping was made when it was sent. */
  readonly isPrompt: boolean;
}

/** Silences that a mapping survived and did not survive, in ms. */
export interface LifetimeSample {
  readonly aliveMs: number | undefined;
  readonly deadMs: number | undefined;
  /** Why there is no more to say. */
  readonly trouble?: string | undefined;
}
