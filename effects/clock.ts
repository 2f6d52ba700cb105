/** Time as machines are run on: timers and the present, from one source. Adapters implement it; nothing here reads a real clock. */
import type { ActorOptions, AnyActorLogic } from 'xstate';

type TimerSource = NonNullable<ActorOptions<AnyActorLogic>['clock']>;

/** What xstate asks of a clock, and the present in ms since an origin of the clock's own choice. */
export interface Clock extends TimerSource {
  /** Milliseconds since any fixed moment; never goes back. */
  now(): number;
}
