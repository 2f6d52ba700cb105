/** The port of a simulated host: effects in, events out, labels to sockets. It throws nothing and holds nothing once unsubscribed. */
import type { Observable, Subscriber } from 'rxjs';
import type { Endpoint } from '../../effects/endpoint.ts';
import type { NetEffect, NetEvent, NetFailure } from '../../effects/net.ts';
import type { Host, UdpSocket } from './host.ts';
import { type OnRelease, type TcpSockets, tcpSockets } from './host-tcp.ts';

/** Serves `effects` on `host` until the answer is called, which closes every socket. */
export function hostNet(host: Host, effects: Observable<NetEffect>, subscriber: Subscriber<NetEvent>, onRelease?: OnRelease): () => void {
  const { clock } = host;
  const sockets = new Map<string, UdpSocket>();

  const answer = (event: NetEvent): void => subscriber.next(event);
  const opened = (socket: UdpSocket): void => {
    if (sockets.get(socket.label) !== socket) return;
    const { label, local, addresses } = socket;
    subscriber.next({ type: 'udp.opened', socket: label, local, addresses, at: clock.now() });
  };
  const failed = (effect: NetEffect['type'], socket: string, code: NetFailure, detail: string, to?: Endpoint): void => {
    const at = clock.now();
    clock.schedule(0, answer, { type: 'net.failed', effect, socket, code, detail, at, ...(to ? { to } : {}) });
  };

  let streams: TcpSockets | undefined;
  /** Only for those who use it. */
  const tcp = (): TcpSockets => (streams ??= tcpSockets(host, answer, failed, (label) => sockets.has(label), onRelease));

  const open = (label: string, local: Partial<Endpoint>): void => {
    if (sockets.has(label) || streams?.has(label) === true) return failed('udp.open', label, 'address-in-use', `the socket ${label} is already open`);
    const bound = host.bind(label, local, (from, data) =>
      subscriber.next({ type: 'udp.received', socket: label, from, data, at: clock.now() }),
    );
    if ('code' in bound) return failed('udp.open', label, bound.code, bound.detail);
    sockets.set(label, bound);
    clock.schedule(0, opened, bound);
  };

  const listening = effects.subscribe((effect) => {
    switch (effect.type) {
      case 'udp.send': {
        const { socket: label, to, data, ttl } = effect;
        const socket = sockets.get(label);
        if (socket === undefined) return failed('udp.send', label, 'no-such-socket', `no socket ${label} is open`, to);
        const refused = socket.send(to, data, ttl);
        if (refused !== undefined) failed('udp.send', label, refused.code, refused.detail, to);
        return;
      }
      case 'udp.open':
        return open(effect.socket, effect.local ?? {});
      case 'close':
        sockets.get(effect.socket)?.close();
        sockets.delete(effect.socket);
        return streams?.close(effect.socket);
      case 'tcp.listen':
        return tcp().listen(effect);
      case 'tcp.connect':
        return tcp().connect(effect);
      case 'tcp.send':
        return tcp().send(effect);
      case 'tcp.pause':
        return streams?.pause(effect.socket);
      case 'tcp.resume':
        return streams?.resume(effect.socket);
      case 'tcp.release':
        return tcp().release(effect);
      case 'icmp.open':
      case 'icmp.send':
        return failed(effect.type, effect.socket, 'unsupported', 'the simulated internet carries no ICMP yet');
      default:
        return assertNever(effect);
    }
  });

  return () => {
    listening.unsubscribe();
    for (const socket of sockets.values()) socket.close();
    sockets.clear();
    streams?.closeAll();
  };
}

function assertNever(value: never): never {
  throw new Error(`not an effect: ${JSON.stringify(value)}`);
}
