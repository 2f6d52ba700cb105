/**
 * How every machine ends that has an outcome: what it comes to is remembered on the way to the last state, and reported there.
 * These are the actions that are the same for all; what only one protocol can come to stands beside its states.
 */
import { assertEvent, assign, enqueueActions, type EventObject } from 'xstate';
import type { NetFailed } from '../effects/net.ts';
import type { OutcomeReported } from '../effects/scenario.ts';
import { explainSocket, type Failed, failed, INTERRUPTED } from './outcome.ts';

interface Concluding {
  readonly outcome: { readonly kind: string } | undefined;
}

/** For a machine's context and events. `interrupted`: what it comes to when it is told to stop before it has an outcome. */
export function endings<C extends Concluding, E extends EventObject>(interrupted = INTERRUPTED) {
  type Outcome = NonNullable<C['outcome']>;
  const conclude = (outcome: (where: { readonly context: C; readonly event: E }) => C['outcome'] | Failed) =>
    assign<C, E, undefined, E, never>((where) => ({ outcome: outcome(where) }) as Partial<C>);
  return {
    concludeSocket: conclude(({ event }) => {
      assertEvent(event, 'net.failed');
      return explainSocket(event as EventObject as NetFailed);
    }),
    concludeNotOpened: conclude(() => failed('socket-failed', 'The system did not open a socket.')),
    concludeInterrupted: conclude(({ context }) => context.outcome ?? interrupted),
    reportOutcome: enqueueActions<C, E, undefined, E, never, never, never, never, OutcomeReported<Outcome>>(({ context: { outcome }, enqueue }) => {
      if (outcome) enqueue.emit({ type: 'outcome', outcome });
    }),
  };
}
