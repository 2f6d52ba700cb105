/** How long the three-role client stays in its states, ms. The figures and their reasons: `text-timing.ts`. */
import type { CheckContext } from './text-check.ts';
import * as timing from './text-timing.ts';

type Where = { readonly context: CheckContext };

export const openDeadline = (): number => timing.OPEN_DEADLINE_MS;
export const registerInterval = (): number => timing.REGISTER_INTERVAL_MS;
export const quiet = ({ context }: Where): number => Math.max(timing.QUIET_MS, context.rttMs);
export const assistInterval = ({ context }: Where): number => clamp(timing.ASSIST_INTERVAL_MS, 3 * context.rttMs, timing.ASSIST_INTERVAL_MAX_MS);
export const pause = ({ context }: Where): number => Math.max(timing.MARGIN_MS, 1.5 * context.rttMs);
export const chain = ({ context }: Where): number => Math.max(timing.MARGIN_MS, 1.5 * context.chainMs);
export const nextInterval = ({ context }: Where): number => clamp(timing.NEXT_INTERVAL_MS, context.rttMs, timing.NEXT_INTERVAL_MAX_MS);
/** An original server has said everything by then; repetitions would only disturb whoever comes next. */
export const firstAnswers = (where: Where): number => nextInterval(where) + pause(where);
export const fullConeInterval = (): number => timing.FULL_CONE_INTERVAL_MS;
export const listen = ({ context }: Where): number => Math.max(timing.LISTEN_MS, 1.5 * Math.max(context.rttMs, context.chainMs));

function clamp(least: number, wanted: number, most: number): number {
  return Math.min(Math.max(least, wanted), most);
}
