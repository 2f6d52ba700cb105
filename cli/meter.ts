/** Counts what is asked of a network, payload and rendezvous included; changes nothing that passes. */
import { tap } from 'rxjs';
import type { Net, NetEffect } from '../effects/net.ts';

export interface Meter {
  readonly net: Net;
  readonly packetsSent: number;
}

/** By default datagrams. */
export function meter(net: Net, counted: readonly NetEffect['type'][] = ['udp.send']): Meter {
  let sent = 0;
  return {
    net: (effects) =>
      net(
        effects.pipe(
          tap(({ type }) => {
            if (counted.includes(type)) sent += 1;
          }),
        ),
      ),
    get packetsSent() {
      return sent;
    },
  };
}

/** Of a protocol over TCP: calls, each at least a SYN, and messages. What the system sends besides is its own affair. */
export const CALLS: readonly NetEffect['type'][] = ['tcp.connect', 'tcp.send'];
