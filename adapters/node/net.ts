/**
 * The port on this computer's own network, over `node:dgram` and `node:net`, and for raw ICMP `raw-socket`, where it can be had.
 *
 * An answer never arrives while the effect that asks for it is being asked, and nothing arrives after unsubscribing,
 * which closes every socket at once. A label that is open cannot be opened again (`address-in-use`) until `close`.
 */
import { Observable } from 'rxjs';
import { LABEL_TAKEN, type Net, type NetEffect, type NetEvent, type NetFailure } from '../../effects/net.ts';
import { nodeClock } from './clock.ts';
import { failureOf } from './failure.ts';
import { icmpSockets } from './icmp.ts';
import { type OnRelease, tcpSockets } from './tcp.ts';
import { udpSockets } from './udp.ts';

export interface NodeNetOptions {
  /** The clock of `at`, in ms; default: that of `nodeClock()`. */
  readonly now?: () => number;
  /** Who takes connections that are given away by `tcp.release`. */
  readonly onRelease?: OnRelease;
}

/** A network of real sockets. Each subscription has its own labels. */
export function nodeNet({ now = nodeClock().now, onRelease }: NodeNetOptions = {}): Net {
  return (effects) =>
    new Observable((events) => {
      const report = (event: NetEvent): void => events.next(event);
      const udp = udpSockets(report, now);
      const tcp = tcpSockets(report, now, (label) => udp.has(label) || icmp.has(label), onRelease);
      const icmp = icmpSockets(report, now, (label) => udp.has(label) || tcp.has(label));

      const carryOut = (effect: NetEffect): void => {
        switch (effect.type) {
          case 'udp.open':
            return tcp.has(effect.socket) || icmp.has(effect.socket) ? fail(effect, 'address-in-use', `cannot open UDP socket ${effect.socket}: ${LABEL_TAKEN}`) : udp.open(effect);
          case 'udp.send':
            return udp.send(effect);
          case 'close':
            udp.close(effect.socket);
            icmp.close(effect.socket);
            return tcp.close(effect.socket);
          case 'tcp.listen':
            return tcp.listen(effect);
          case 'tcp.connect':
            return tcp.connect(effect);
          case 'tcp.send':
            return tcp.send(effect);
          case 'tcp.pause':
            return tcp.pause(effect.socket);
          case 'tcp.resume':
            return tcp.resume(effect.socket);
          case 'tcp.release':
            return tcp.release(effect);
          case 'icmp.open':
            return icmp.open(effect.socket);
          case 'icmp.send':
            return icmp.send(effect);
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
        tcp.closeAll();
        icmp.closeAll();
      };
    });
}
