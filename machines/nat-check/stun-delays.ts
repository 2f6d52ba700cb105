/** How long the STUN check stays in its states, ms. The figures and their reasons: `stun-timing.ts`. */
import type { CheckContext } from './stun-session.ts';
import * as timing from './stun-timing.ts';

type Where = { readonly context: CheckContext };

const rtt = ({ context }: Where): number => context.rttMs ?? 0;

export const openDeadline = timing.OPEN_DEADLINE_MS;
/** After the nth request of probing. */
export const probeGap = ({ context }: Where) => {
  const times = Math.max(1, ...Object.values(context.asked).map((asked) => asked.times));
  return timing.probeOffset(times + 1) - timing.probeOffset(times);
};
export const patience = ({ context }: Where) => context.input.patienceMs ?? timing.PATIENCE_MS;
export const dialTime = timing.DIAL_MS;
export const grace = (where: Where) => Math.max(timing.GRACE_MS, 2 * rtt(where));
export const expectGap = (where: Where) => Math.min(timing.EXPECT_MAX_MS, Math.max(timing.EXPECT_MIN_MS, 1.25 * rtt(where)));
export const filterGap = timing.FILTER_GAP_MS;
export const listenTime = (where: Where) => Math.max(timing.LISTEN_MS, 1.5 * rtt(where));
export const bindDeadline = timing.OPEN_DEADLINE_MS / 10;
export const measureDeadline = timing.MEASURE_DEADLINE_MS;
/** What is left of the silence that is to be tried. */
export const silenceLeft = ({ context: { search, silentSince, now } }: Where) => Math.max(0, (search?.ages[search.turn] ?? 0) - (now - silentSince));
