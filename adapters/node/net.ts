/**
 * The port on this computer's own network, over `node:dgram`. UDP; what it cannot do yet fails as `unsupported`.
 *
 * An answer never arrives while the effect that asks for it is being asked, and nothing arrives after unsubscribing,
 * which closes every socket at once. A label that is open cannot be opened again (`address-in-use`) until `close`.
 */
import { Observable } from 'rxjs';
import type { Net, NetEffect, NetFailure } from '../../effects/net.ts';
import { nodeClock } from './clock.ts';
import { failureOf } from './failure.ts';
import { udpSockets } from './udp.ts';

export interface NodeNetOptions {
  /** The clock of `at`, in ms; default: that of `nodeClock()`. */
  readonly now?: () => number;
}

/** A network of real sockets. Each subscription has its own labels. */
export function nodeNet({ now = nodeClock().now }: NodeNetOptions = {}): Net {
  return (effects) =>
    new Observable((events) => {
      const udp = udpSockets((event) => events.next(event), now);

      const carryOut = (effect: NetEffect): void => {
        switch (effect.type) {
          case 'udp.open':
            return udp.open(effect);
          case 'udp.send':
            return udp.send(effect);
          case 'close':
            return udp.close(effect.socket);
          case 'tcp.listen':
          case 'tcp.connect':
          case 'tcp.send':
            return fail(effect, 'unsupported', 'TCP is not built into this network yet');
          case 'icmp.open':
          case 'icmp.send':
            return fail(effect, 'unsupported', 'raw ICMP is not built into this network yet');
        }
      };

      const fail = ({ type, socket }: NetEffect, code: NetFailure, detail: string): void =>
        queueMicrotask(() => events.next({ type: 'net.failed', effect: type, socket, code, detail, at: now() }));

      const asked = effects.subscribe({
        next: (effect) => {
          try {
            carryOut(effect);
          } catch (error) {
            fail(effect, 'unknown', failureOf(error).why);
          }
        },
        error: (error: unknown) => events.error(error),
      });
      return () => {
        asked.unsubscribe();
        udp.closeAll();
      };
    });
}
