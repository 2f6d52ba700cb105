/** The port of a simulated host: effects in, events out, labels to sockets. It throws nothing and holds nothing once unsubscribed. */
import type { Observable, Subscriber } from 'rxjs';
import type { Endpoint } from '../../effects/endpoint.ts';
import type { NetEffect, NetEvent, NetFailure } from '../../effects/net.ts';
import type { TcpSockets } from '../../effects/tcp-sockets.ts';
import type { Host, UdpSocket } from './host.ts';
import type { IcmpSocket } from './host-icmp.ts';
import { type OnRelease, tcpSockets } from './host-tcp.ts';
import type { Refused } from './ports.ts';

/** Serves `effects` on `host` until the answer is called, which closes every socket. */
export function hostNet(host: Host, effects: Observable<NetEffect>, subscriber: Subscriber<NetEvent>, onRelease?: OnRelease): () => void {
  const { clock } = host;
  const sockets = new Map<string, UdpSocket>();
  const rawSockets = new Map<string, IcmpSocket>();

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
  const tcp = (): TcpSockets => (streams ??= tcpSockets(host, answer, failed, (label) => sockets.has(label) || rawSockets.has(label), onRelease));
  const isTaken = (label: string): boolean => sockets.has(label) || rawSockets.has(label) || streams?.has(label) === true;

  const open = (label: string, local: Partial<Endpoint>): void => {
    if (isTaken(label)) return failed('udp.open', label, 'address-in-use', `the socket ${label} is already open`);
    const bound = host.bind(label, local, (from, data) =>
      subscriber.next({ type: 'udp.received', socket: label, from, data, at: clock.now() }),
    );
    if ('code' in bound) return failed('udp.open', label, bound.code, bound.detail);
    sockets.set(label, bound);
    clock.schedule(0, opened, bound);
  };

  const openRaw = (label: string): void => {
    if (isTaken(label)) return failed('icmp.open', label, 'address-in-use', `the socket ${label} is already open`);
    const socket = host.icmp.open(label, (from, data) => subscriber.next({ type: 'icmp.received', socket: label, from, data, at: clock.now() }));
    rawSockets.set(label, socket);
    clock.schedule(0, openedRaw, socket);
  };
  const openedRaw = (socket: IcmpSocket): void => {
    const { label } = socket;
    if (rawSockets.get(label) === socket) subscriber.next({ type: 'icmp.opened', socket: label, at: clock.now() });
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
        rawSockets.get(effect.socket)?.close();
        rawSockets.delete(effect.socket);
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
        return openRaw(effect.socket);
      case 'icmp.send': {
        const { socket: label, to, data, ttl } = effect;
        const socket = rawSockets.get(label);
        const refused: Refused | undefined = socket ? socket.send(to, data, ttl) : { code: 'no-such-socket', detail: `no socket ${label} is open` };
        if (refused !== undefined) failed('icmp.send', label, refused.code, refused.detail, { host: to, port: 0 });
        return;
      }
      default:
        return assertNever(effect);
    }
  });

  return () => {
    listening.unsubscribe();
    for (const socket of sockets.values()) socket.close();
    sockets.clear();
    for (const socket of rawSockets.values()) socket.close();
    rawSockets.clear();
    streams?.closeAll();
  };
}

function assertNever(value: never): never {
  throw new Error(`not an effect: ${JSON.stringify(value)}`);
}
