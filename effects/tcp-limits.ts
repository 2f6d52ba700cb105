/**
 * The limits of a TCP listener, as every adapter keeps them: what may be asked, who may come in, and how many of those who were
 * shown out may linger. It counts, and closes nothing itself.
 */
import { TCP_LINGERING, type TcpListen } from './net.ts';
import { ipToGroups } from './wire/stun-address.ts';

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
  const guests = new Map<string, number>();
  let count = 0;
  return (host) => {
    const home = homeOf(host);
    const others = guests.get(home) ?? 0;
    if (count >= limit || others >= perHost) return undefined;
    count += 1;
    guests.set(home, others + 1);
    return () => {
      count -= 1;
      const left = (guests.get(home) ?? 1) - 1;
      if (left > 0) guests.set(home, left);
      else guests.delete(home);
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

/** One address of IPv4, or 64 bits of IPv6: whoever has one address of those has all of them (RFC 4291 §2.5.4). */
function homeOf(host: string): string {
  const groups = ipToGroups(host.split('%')[0] ?? host);
  return groups?.length === 8 ? groups.slice(0, 4).join(':') : host;
}

/** The longest that a timer of Node's can run. */
const TIMER_LIMIT_MS = 2 ** 31 - 1;
