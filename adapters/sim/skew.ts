/** A host whose own clock differs from the world's: another origin, and another pace. Its machine sees no other time. */
import { map } from 'rxjs';
import type { Clock } from '../../effects/clock.ts';
import type { NetEvent } from '../../effects/net.ts';
import type { Surroundings } from './player.ts';

/** How wrong a host's clock goes. */
export interface ClockSkew {
  /** So much later it is there than in the world, ms. Default 0. */
  readonly aheadMs?: number;
  /** So many ms pass there in one of the world's. Default 1. */
  readonly rate?: number;
}

/** What a machine on that host is given. Limits that its system keeps, as for how long a TCP connection may be idle, stay in the world's time. */
export function skewed({ net, clock }: Surroundings, { aheadMs = 0, rate = 1 }: ClockSkew): Surroundings {
  const own = (at: number): number => at * rate + aheadMs;
  const itsClock: Clock = {
    now: () => own(clock.now()),
    setTimeout: (callback, ms) => clock.setTimeout(callback, ms / rate),
    clearTimeout: (timer) => clock.clearTimeout(timer),
  };
  return { clock: itsClock, net: (effects) => net(effects).pipe(map((event): NetEvent => ({ ...event, at: own(event.at) }))) };
}
