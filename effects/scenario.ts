/**
 * A protocol as a cast: which machine each host runs, with what input. A scenario is played unchanged on the simulated
 * internet, by the tests and by the command line; whoever plays it knows no protocol.
 */
import type { AnyStateMachine, EventObject } from 'xstate';
import type { Codec } from './codec.ts';
import type { Endpoint } from './endpoint.ts';

/** A protocol as a cast: who plays what on which host. */
export interface Scenario {
  /** As on the command line, e.g. `udp`. */
  readonly name: string;
  /** The part of one host (`a`, `b`, or the servers' host `s`); undefined when it has none. */
  part(host: string, stage: Stage): Part | undefined;
}

/** What a part may know of the world it is played in. */
export interface Stage {
  /** The part's own seed, different for every host. */
  readonly seed: string;
  /** The address at which a public host is reached. */
  address(host: string): string;
}

/** What one host plays. */
export interface Part {
  readonly machine: AnyStateMachine;
  readonly codec: Codec<{ readonly type: string }>;
  readonly input: unknown;
}

/** Every peer machine emits one of these when it knows how it ended, and again if that changes. */
export interface OutcomeReported<Outcome> extends EventObject {
  readonly type: 'outcome';
  readonly outcome: Outcome;
}

/** Every server machine emits one of these for what its operator would want to know. */
export interface ServerReported extends EventObject {
  readonly type: 'server';
  readonly what: 'listening' | 'room-opened' | 'paired' | 'checking' | 'reported' | 'called' | 'carried' | 'denied' | 'refused' | 'mute' | 'unanswered';
  readonly local?: Endpoint;
  /** Of `local`; UDP when absent. */
  readonly transport?: 'tcp';
  readonly room?: string;
  readonly from?: Endpoint;
  /** What the local system said. */
  readonly detail?: string;
}
