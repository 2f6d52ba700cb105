/** Limits that hold for every machine. */

/** Eventless transitions in one step. xstate's own default is none: a loop by mistake would hang instead of throwing. */
export const MAX_ITERATIONS = 100;
