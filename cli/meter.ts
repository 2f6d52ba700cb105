/** Counts the datagrams that are asked of a network, payload and rendezvous included; changes nothing that passes. */
import { tap } from 'rxjs';
import type { Net } from '../effects/net.ts';

export interface Meter {
  readonly net: Net;
  readonly packetsSent: number;
}

export function meter(net: Net): Meter {
  let sent = 0;
  return {
    net: (effects) =>
      net(
        effects.pipe(
          tap(({ type }) => {
            if (type === 'udp.send') sent += 1;
          }),
        ),
      ),
    get packetsSent() {
      return sent;
    },
  };
}
