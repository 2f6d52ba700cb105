/** Addresses and ports of a simulated host, as its kernel sees them: which values are ones, which are free, and why not. */
import { type Endpoint, isPort } from '../../effects/endpoint.ts';
import type { NetFailure } from '../../effects/net.ts';
import { isIPv4 } from './packet.ts';

/** Why the kernel would have refused. */
export interface Refused {
  readonly code: NetFailure;
  readonly detail: string;
}

/** Bound to every address of the host. */
export const ANY_ADDRESS = '0.0.0.0';

export const LOOPBACK = '127.0.0.1';

/** Free ports are given from 40000 on, in order, to the end of Linux's own range and round again. */
const FIRST_EPHEMERAL = 40_000;
const LAST_EPHEMERAL = 60_999;

export class EphemeralPorts {
  #next = FIRST_EPHEMERAL;

  /** The next port that is free; undefined when none is. */
  next(isFree: (port: number) => boolean): number | undefined {
    for (let tries = FIRST_EPHEMERAL; tries <= LAST_EPHEMERAL; tries += 1) {
      const port = this.#next;
      this.#next = port === LAST_EPHEMERAL ? FIRST_EPHEMERAL : port + 1;
      if (isFree(port)) return port;
    }
    return undefined;
  }
}

/** 0 to 65535, where 0 is any. */
export function isPortOrAny(port: number): boolean {
  return port === 0 || isPort(port);
}

/** Why nothing can be bound there, in words; the host has not been asked yet. */
export function unbindable({ host, port }: Endpoint): string | undefined {
  if (!isIPv4(host)) return `${host} is not an IPv4 address`;
  return isPortOrAny(port) ? undefined : 'a port is 0 to 65535';
}
