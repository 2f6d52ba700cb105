/** How long the udp-punch peer stays in its states, ms. The figures and their reasons: `timing.ts`. */
import type { PeerContext } from './session.ts';
import * as timing from './timing.ts';

const { doubling } = timing;
type Where = { readonly context: PeerContext };

export const openDeadline = timing.OPEN_DEADLINE_MS;
export const registerInterval = ({ context }: Where) => timing.registerInterval(context.attempt);
export const waitDeadline = ({ context }: Where) => (context.round === 1 ? (context.input.waitMs ?? timing.WAIT_MS) : timing.ROUND_WAIT_MS);
export const refreshInterval = ({ context }: Where) => doubling(timing.WAIT_REFRESH_MS, context.attempt - 1, context.round === 1 ? timing.WAIT_REFRESH_MAX_MS : timing.WAIT_REFRESH_MS);
export const openerTime = timing.OPENER_MS;
export const probeInterval = ({ context }: Where) => (context.attempt < timing.PROBES_PER_ROUND ? doubling(timing.PROBE_INTERVAL_MS, context.attempt - 1) : 0);
export const listenTime = ({ context }: Where) =>
  Math.max(context.round < timing.ROUNDS ? timing.LISTEN_MS : timing.LAST_LISTEN_MS, 2 * (context.rttMs ?? 0));
export const confirmInterval = ({ context }: Where) => doubling(timing.PROBE_INTERVAL_MS, context.attempt - 1);
export const keepaliveInterval = timing.KEEPALIVE_MS;
export const challengeDeadline = timing.CHALLENGE_MS;
export const checkInterval = ({ context }: Where) => timing.checkMs(context.attempt - 1);
export const byeInterval = timing.BYE_INTERVAL_MS;
export const leaveTime = timing.LEAVE_MS;

export const forecastTime = ({ context }: Where) => Math.max(timing.FORECAST_MS, 2 * (context.rttMs ?? 0));
export const sampleTime = ({ context }: Where) => Math.max(timing.FORECAST_MS, 1.5 * (context.rttMs ?? 0));
export const sweepersDeadline = timing.OPEN_DEADLINE_MS / 5;
export const sliceInterval = ({ context }: Where) => (context.sweep?.kind === 'aimed' ? Math.max(timing.SWEEP_REPEAT_MS, context.rttMs ?? 0) : timing.SLICE_MS);
/** What is left to chance may have begun later on the other side, and takes as long there. */
export const sweepTime = ({ context: { sweep, rttMs = 0 } }: Where) =>
  sweep?.kind === 'birthday' ? timing.LISTEN_MS + (sweep.sent / timing.SWEEP_SLICE) * timing.SLICE_MS + 1.5 * rttMs : Math.max(timing.AIMED_LISTEN_MS, 1.5 * rttMs);
export const roundWait = timing.ROUND_WAIT_MS;
