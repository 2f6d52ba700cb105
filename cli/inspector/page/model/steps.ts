/** Work that can be left and taken up again, so that a long run takes no frame of the page for itself. */
import { useEffect, useRef, useState } from 'preact/hooks';

/** Each step is short; between two of them there may be a frame. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Items of a long list to a step: some tens of µs. */
export const STEP_ITEMS = 256;

export function finished<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** Takes steps until the time is up; undefined while there are more. */
export function advanced<T>(steps: Steps<T>, untilMs: number): { readonly value: T } | undefined {
  do {
    const { done, value } = steps.next();
    if (done) return { value };
  } while (performance.now() < untilMs);
  return undefined;
}

/** What a frame gives to this work: half of what 60 in a second leave to each. */
const SHARE_MS = 8;

export interface InFrames<T> {
  readonly value: T;
  /** False while another is being made, and the one before is shown. */
  readonly isCurrent: boolean;
}

/**
 * What `begin` makes, a share in each frame, from whenever `inputs` change; until it is made, what was made before. `isShort`
 * is for what fits into a frame, and for what must not be shown with the one before: it is made at once.
 */
export function useInFrames<T>(begin: () => Steps<T>, inputs: readonly unknown[], isShort: boolean): InFrames<T> {
  const made = useRef<Made<T> | undefined>(undefined);
  const job = useRef<Job<T> | undefined>(undefined);
  const [, redraw] = useState({});
  const isMade = made.current !== undefined && made.current.inputs.every((one, index) => Object.is(one, inputs[index]));
  if (!isMade && (isShort || made.current === undefined)) made.current = { value: finished(begin()), inputs };
  const isCurrent = isMade || made.current?.inputs === inputs;
  useEffect(() => {
    if (isCurrent) {
      job.current = undefined;
      return;
    }
    const since = job.current?.since ?? performance.now();
    // A run that grows, or somebody who types, asks for another before this one is made: now and then one is to be seen.
    if (job.current === undefined || performance.now() - since < LATE_MS) job.current = { steps: begin(), inputs, since, result: undefined };
    const own = job.current;
    let frame = 0;
    const share = (): void => {
      own.result ??= advanced(own.steps, performance.now() + SHARE_MS);
      // What follows from it has a frame of its own.
      frame = requestAnimationFrame(own.result === undefined ? share : show);
    };
    const show = (): void => {
      made.current = { value: own.result!.value, inputs: own.inputs };
      job.current = undefined;
      redraw({});
    };
    frame = requestAnimationFrame(share);
    return () => cancelAnimationFrame(frame);
  }, [...inputs, made.current]);
  return { value: made.current!.value, isCurrent };
}

/** Nobody waits longer for something new. */
const LATE_MS = 1_000;

interface Made<T> {
  readonly value: T;
  readonly inputs: readonly unknown[];
}

interface Job<T> {
  readonly steps: Steps<T>;
  readonly inputs: readonly unknown[];
  /** When the first was asked for of which nothing has been seen. */
  readonly since: number;
  result: { readonly value: T } | undefined;
}
