/**
 * A connecting machine as its user sees it: promises of its opening and its end, and the payload beside it. Works for every
 * machine that reports outcomes and tags the states in which both directions are proved with `confirmed`.
 */
import type { AnyStateMachine } from 'xstate';
import type { OutcomeReported } from '../effects/scenario.ts';
import type { Running } from '../effects/run.ts';
import { type Connected, type Failed, type FailureReason, INTERRUPTED, type Outcome } from './outcome.ts';

/** A running peer as promises and a stream of datagrams. Payload has no more than 65,507 bytes apiece. */
export interface Connection {
  /** The peer was heard and has confirmed that it hears us. Rejects with `ConnectionFailed`. */
  readonly opened: Promise<Connected>;
  /** Never rejects. */
  readonly ended: Promise<Ending>;
  readonly messages: Running<AnyStateMachine>['messages'];
  /** Sends one datagram to the peer; dropped while there is no hole. */
  send(data: Uint8Array): void;
  /** Says goodbye to the peer and closes every socket; resolves when that is done. */
  close(): Promise<Ending>;
}

/** How a connection ended: closed here or there, or given up with a reason. */
export type Ending = { readonly by: 'us' | 'peer' } | { readonly by: 'failure'; readonly failure: Failed };

/** Why a connection did not open; `message` is the outcome's detail. */
export class ConnectionFailed extends Error {
  readonly reason: FailureReason;
  constructor({ reason, detail }: Failed) {
    super(detail);
    this.name = 'ConnectionFailed';
    this.reason = reason;
  }
}

/** Starts the machine. `onOutcome` hears each outcome as it is reported, before confirmation. */
export function connect(running: Running<AnyStateMachine>, onOutcome?: (outcome: Outcome) => void): Connection {
  const { actor } = running;
  let outcome: Outcome | undefined;

  actor.on('outcome', (event: unknown) => {
    outcome = (event as OutcomeReported<Outcome>).outcome;
    onOutcome?.(outcome);
  });

  const opened = new Promise<Connected>((resolve, reject) => {
    actor.subscribe({
      next: (snapshot) => {
        if (snapshot.hasTag('confirmed') && outcome?.kind === 'connected') resolve(outcome);
      },
      error: reject,
      complete: () => {
        // A peer that closes at once has heard us: its goodbye is as good as its confirmation.
        if (outcome?.kind === 'connected') resolve(outcome);
        else reject(new ConnectionFailed(outcome ?? INTERRUPTED));
      },
    });
  });
  // Whoever asks only for the end must not meet an unhandled rejection of the beginning.
  opened.catch(() => undefined);

  const ended = new Promise<Ending>((resolve) => {
    actor.subscribe({
      complete: () => {
        if (outcome?.kind === 'failed') resolve({ by: 'failure', failure: outcome });
        else resolve({ by: actor.getSnapshot().value === 'closedByPeer' ? 'peer' : 'us' });
      },
      error: (error: unknown) => resolve({ by: 'failure', failure: { kind: 'failed', reason: 'socket-failed', detail: String(error) } }),
    });
  });

  actor.start();
  return {
    opened,
    ended,
    messages: running.messages,
    send: running.send,
    close() {
      if (actor.getSnapshot().status === 'active') actor.send({ type: 'close' });
      return ended;
    },
  };
}
