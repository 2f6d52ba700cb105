/** A machine that finds something out, as its user sees it: a promise of its output. Works for every machine that ends by itself. */
import type { AnyStateMachine } from 'xstate';
import type { Running } from '../effects/run.ts';

/** A running machine that ends by itself or when asked to. */
export interface Ending<Output> {
  /** The machine's output. Rejects with what the machine throws, which is a bug. */
  readonly ended: Promise<Output>;
  /** Asks for a clean end; `ended` then resolves. */
  close(): void;
}

/** Starts the machine. */
export function untilEnd<Output>({ actor }: Running<AnyStateMachine>): Ending<Output> {
  const ended = new Promise<Output>((resolve, reject) => {
    actor.subscribe({ complete: () => resolve(actor.getSnapshot().output as Output), error: reject });
  });
  actor.start();
  return { ended, close: () => actor.send({ type: 'close' }) };
}
