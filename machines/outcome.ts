/** How a connecting machine ended, as a value. Every machine that connects two hosts reports these and nothing else. */
import type { Endpoint } from '../effects/endpoint.ts';
import type { NetFailed } from '../effects/net.ts';

/** How a peer's attempt came out. */
export type Outcome = Connected | Failed;

/** The hole is open: the peer was heard. */
export interface Connected {
  readonly kind: 'connected';
  /** The label of the socket that has the hole. */
  readonly socket: string;
  readonly local: Endpoint;
  /** Where the peer is reached, as observed. */
  readonly peer: Endpoint;
  /** From the first socket's opening until the peer was heard. */
  readonly elapsedMs: number;
}

/** It is not open, and why. */
export interface Failed {
  readonly kind: 'failed';
  readonly reason: FailureReason;
  /** Plain words: what was observed, and what would help. */
  readonly detail: string;
}

/** Stable codes for scripts. */
export type FailureReason =
  /** The rendezvous never answered. */
  | 'no-rendezvous'
  /** Two peers have the room already. */
  | 'room-full'
  /** The rendezvous has no place for one more room. */
  | 'rendezvous-busy'
  /** Nobody else came to the room in time. */
  | 'no-peer'
  /** A hole should be possible, but nothing came from the peer. */
  | 'no-reply'
  /** What was observed of the NATs says that no hole can exist. */
  | 'no-path'
  /** The connection stood and then fell silent. */
  | 'peer-lost'
  /** The peer closed the connection. */
  | 'peer-closed'
  /** The server of a check never answered: it is not running, or UDP is blocked. */
  | 'no-server'
  /** The server answered, but never said what the assist had seen. */
  | 'no-assist'
  /** The server takes one step for another; the original of seed 001 does so after any loss. */
  | 'out-of-step'
  /** A check ended without what its verdict would have to rest on. */
  | 'inconclusive'
  /** This host has no route to where it should send, or may not. */
  | 'no-network'
  /** This side was told to stop. */
  | 'interrupted'
  | 'address-in-use'
  | 'address-not-available'
  | 'not-permitted'
  /** This system lacks what it takes; the detail says what, and how to get it. */
  | 'unsupported'
  /** Any other refusal of the local system; see the detail. */
  | 'socket-failed';

/** A connecting machine was told to stop before it had an outcome. */
export const INTERRUPTED: Failed = { kind: 'failed', reason: 'interrupted', detail: 'Stopped before a connection was open.' };

/** Of a peer that only says something now and then. */
export const FELL_SILENT: Failed = { kind: 'failed', reason: 'peer-lost', detail: 'The peer has been silent for a minute.' };

/** What the local system refused last, as one more sentence; nothing where it refused nothing. */
export function hostSaid(trouble: string | undefined): string {
  return trouble === undefined ? '' : ` This host said: ${trouble}.`;
}

/** A socket that could not be opened. */
export function explainSocket({ code, detail }: Pick<NetFailed, 'code' | 'detail'>): Failed {
  switch (code) {
    case 'address-in-use':
    case 'address-not-available':
    case 'not-permitted':
    case 'unsupported':
      return failed(code, detail);
    default:
      return failed('socket-failed', detail);
  }
}

export function failed(reason: FailureReason, detail: string): Failed {
  return { kind: 'failed', reason, detail };
}

/** Makes a `switch` over a union complete: adding a member without a case is then a type error. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
