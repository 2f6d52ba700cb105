/**
 * The limits of a TCP listener, as every adapter keeps them: what may be asked, who may come in, and how many of those who were
 * shown out may linger. It counts, and closes nothing itself.
 */
import { TCP_LINGERING, type TcpListen } from './net.ts';
import { networkOf } from './network.ts';

export type TcpLimits = Pick<TcpListen, 'idleMs' | 'lifeMs' | 'limit' | 'perHost'>;

/** What is wrong with the limits asked for, in words. */
export function wrongLimit({ idleMs, lifeMs, limit, perHost }: TcpLimits): string | undefined {
  for (const [name, ms] of Object.entries({ idleMs, lifeMs })) {
    if (ms !== undefined && !(ms > 0 && ms <= TIMER_LIMIT_MS)) return `${name} is more than 0 and at most ${TIMER_LIMIT_MS}, not ${ms}`;
  }
  for (const [name, count] of Object.entries({ limit, perHost })) {
    if (count !== undefined && !(Number.isInteger(count) && count > 0)) return `${name} is 1 or more, not ${count}`;
  }
  return undefined;
}

/** Lets one of `host` in, with what is to be called once when it has gone; undefined when there is no room for it. */
export type Door = (host: string) => (() => void) | undefined;

export function door({ limit = Infinity, perHost = Infinity }: TcpLimits): Door {
  const guests = new Map<string, { here: number }>();
  let count = 0;
  return (host) => {
    const network = networkOf(host);
    const own = guests.get(network) ?? { here: 0 };
    if (count >= limit || own.here >= perHost) return undefined;
    count += 1;
    own.here += 1;
    guests.set(network, own);
    return () => {
      count -= 1;
      own.here -= 1;
      if (own.here === 0) guests.delete(network);
    };
  };
}

/** Adds the newest of those that linger, and takes out the oldest when there are too many: who is to be let go of at once. */
export function linger<T>(lingering: Set<T>, newest: T): T | undefined {
  lingering.add(newest);
  const [oldest] = lingering;
  if (lingering.size <= TCP_LINGERING || oldest === undefined) return undefined;
  lingering.delete(oldest);
  return oldest;
}

/** The longest that a timer of Node's can run. */
const TIMER_LIMIT_MS = 2 ** 31 - 1;
