/** What every world has to keep, whatever goes wrong. */

export type Rule =
  /** A machine or a codec throws. */
  | 'throw'
  /** One side takes itself for connected for longer than its protocol needs to find out that the other does not. */
  | 'one-sided'
  /** In calm a pair that definitions allow to meet does not, in time, or hears nothing. */
  | 'not-joined'
  /** Something comes that the partner has not said; or on a reliable stream not once, whole and in order. */
  | 'wrong-payload'
  /** A machine neither connects nor ends. */
  | 'past-deadline'
  | 'over-budget'
  /** Told to close, or left by its partner's end, a machine goes on. */
  | 'not-ended'
  | 'socket-left'
  | 'timer-left'
  /** In calm a check says what is not. */
  | 'wrong-verdict';

export interface Violation {
  readonly rule: Rule;
  readonly what: string;
  /** In the world's time, ms. */
  readonly at: number;
}

/** Ends the play. */
export type Broke = (rule: Rule, what: string) => never;
