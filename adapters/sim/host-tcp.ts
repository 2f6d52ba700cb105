/**
 * TCP sockets of a simulated host by label, with the rules of the port as `adapters/node` keeps them on real ones. A
 * connection loses its label together with the one event that says so, `tcp.closed` or `net.failed`, or silently by `close`.
 */
import { type Endpoint, formatEndpoint } from '../../effects/endpoint.ts';
import type { NetEffect, NetEvent, NetFailure, TcpListen, TcpRelease } from '../../effects/net.ts';
import { door, linger, wrongLimit } from '../../effects/tcp-limits.ts';
import { Deadline } from './deadline.ts';
import { CLOSE_LIMIT_MS, cannotConnect, FAILURES, type Held, LABEL_TAKEN } from './held-connection.ts';
import type { Host } from './host.ts';
import { isIPv4 } from './packet.ts';
import { isPort, unbindable } from './ports.ts';
import { ReleasedStream } from './released-stream.ts';
import { DEAF, type TcpHandler } from './tcp-handler.ts';
import type { TcpListener } from './tcp-stack.ts';

export interface TcpSockets {
  listen(effect: TcpListen): void;
  connect(effect: TcpConnect): void;
  send(effect: TcpSend): void;
  /** Silent, whether the label is open or not. */
  pause(label: string): void;
  resume(label: string): void;
  release(effect: TcpRelease): void;
  /** Silent, whether the label is open or not. */
  close(label: string): void;
  /** Lets go of everything, also of what was closed and still sends what waits. */
  closeAll(): void;
  has(label: string): boolean;
}

export type TcpConnect = Extract<NetEffect, { type: 'tcp.connect' }>;
export type TcpSend = Extract<NetEffect, { type: 'tcp.send' }>;

/** Reports a failure in a later turn. */
export type Fail = (effect: NetEffect['type'], socket: string, code: NetFailure, detail: string, to?: Endpoint) => void;

/** Who takes a connection that is given away. Called while that is being asked. */
export type OnRelease = (stream: ReleasedStream, label: string) => void;

/** `report` is at once, and deaf after `closeAll`. `isTaken` knows the labels of other kinds of socket. */
export function tcpSockets(host: Host, report: (event: NetEvent) => void, fail: Fail, isTaken: (label: string) => boolean, onRelease?: OnRelease): TcpSockets {
  const { clock, tcp } = host;
  const listeners = new Map<string, TcpListener>();
  const connections = new Map<string, Held>();
  /** Everything that is held, with a label or without. */
  const alive = new Set<Held>();
  /** Those of them that were accepted, heard nothing from us, and were closed. */
  const lingering = new Set<Held>();

  const has = (label: string): boolean => listeners.has(label) || connections.has(label);
  const isOpen = (held: Held): boolean => connections.get(held.label) === held;

  /** Takes a label away; false if it was taken away before. */
  const forget = (held: Held): boolean => isOpen(held) && connections.delete(held.label);

  const letGo = (held: Held): void => {
    if (!alive.delete(held)) return;
    lingering.delete(held);
    held.idle?.stop();
    held.life?.stop();
    held.closing?.stop();
    held.freed?.();
  };

  /** Sends what waits and ends, and lets go when the peer has ended its side too, or after a while in any case. */
  const endInTime = (held: Held): void => {
    if (held.connection.state !== 'open') return giveUp(held);
    if (held.closing !== undefined) return;
    held.closing = new Deadline(clock, () => giveUp(held));
    held.closing.set(CLOSE_LIMIT_MS);
    held.connection.end();
    // Its end is not seen before what is ahead of it was read.
    held.connection.inbox.resume();
  };

  const giveUp = (held: Held): void => {
    letGo(held);
    held.connection.abandon();
  };

  const closed = (held: Held): void => {
    if (forget(held)) report({ type: 'tcp.closed', socket: held.label, at: clock.now() });
  };

  /** Runs from now; undefined without a time. */
  const closingAfter = (held: Held, ms: number | undefined): Deadline | undefined => {
    if (ms === undefined) return undefined;
    const deadline = new Deadline(clock, () => {
      giveUp(held);
      closed(held);
    });
    deadline.set(ms);
    return deadline;
  };

  const handlerOf = (held: Held): TcpHandler => ({
    up: () => {
      held.isUp = true;
      const { local, remote: peer } = held.connection;
      if (isOpen(held)) report({ type: 'tcp.connected', socket: held.label, local, peer, at: clock.now() });
    },
    received: (data) => {
      held.idle?.set(held.idleMs);
      if (isOpen(held)) report({ type: 'tcp.received', socket: held.label, data, at: clock.now() });
    },
    drained: () => {
      if (isOpen(held)) report({ type: 'tcp.drained', socket: held.label, at: clock.now() });
    },
    ended: () => {
      endInTime(held);
      closed(held);
    },
    gone: () => letGo(held),
    broke: (failure) => {
      letGo(held);
      if (!forget(held)) return;
      const [code, why] = FAILURES[failure];
      const { label: socket, origin: effect, peer: to } = held;
      const detail = `${held.isUp ? `the TCP connection with ${formatEndpoint(to)} broke` : cannotConnect(to, held.from)}: ${why}`;
      report({ type: 'net.failed', effect, socket, code, detail, to, at: clock.now() });
    },
  });

  const listen = (effect: TcpListen): void => {
    const { socket: label, local, idleMs, lifeMs } = effect;
    const refuse = (code: NetFailure, why: string): void => fail('tcp.listen', label, code, `cannot listen for TCP on ${formatEndpoint(local)}: ${why}`);
    if (has(label) || isTaken(label)) return refuse('address-in-use', LABEL_TAKEN);
    const wrong = unbindable(local);
    if (wrong !== undefined) return refuse('address-not-available', wrong);
    const beyond = wrongLimit(effect);
    if (beyond !== undefined) return refuse('unsupported', beyond);

    let accepted = 0;
    const enter = door(effect);
    const nextLabel = (): string => {
      do accepted += 1;
      while (has(`${label}/${accepted}`) || isTaken(`${label}/${accepted}`));
      return `${label}/${accepted}`;
    };
    const bound = tcp.listen(label, local, (connection) => {
      const { local: own, remote: peer } = connection;
      const freed = enter(peer.host);
      if (!freed) return connection.abandon();
      const held: Held = { label: nextLabel(), connection, origin: 'tcp.listen', peer, isUp: true, idleMs: idleMs ?? Infinity, freed };
      held.idle = closingAfter(held, idleMs);
      held.life = closingAfter(held, lifeMs);
      connection.label = held.label;
      adopt(held);
      report({ type: 'tcp.accepted', listener: label, socket: held.label, local: own, peer, at: clock.now() });
    });
    if ('code' in bound) return refuse(bound.code, bound.detail);
    listeners.set(label, bound);
    clock.setTimeout(() => {
      if (listeners.get(label) === bound) report({ type: 'tcp.listening', socket: label, local: bound.local, at: clock.now() });
    }, 0);
  };

  const adopt = (held: Held): void => {
    connections.set(held.label, held);
    alive.add(held);
    held.connection.handler = handlerOf(held);
  };

  const connect = ({ socket: label, to, local }: TcpConnect): void => {
    const refuse = (code: NetFailure, why: string): void => fail('tcp.connect', label, code, `${cannotConnect(to, local)}: ${why}`, to);
    if (has(label) || isTaken(label)) return refuse('address-in-use', LABEL_TAKEN);
    if (!isIPv4(to.host)) return refuse('unreachable', 'that is not an IPv4 address; a name has to be resolved first');
    if (!isPort(to.port) || to.port === 0) return refuse('unreachable', 'a port is 1 to 65535');
    const wrong = local && unbindable(local);
    if (wrong !== undefined) return refuse('address-not-available', wrong);
    const connection = tcp.connect(label, to, local, DEAF);
    if ('code' in connection) return refuse(connection.code, connection.detail);
    adopt({ label, connection, origin: 'tcp.connect', peer: to, from: local, isUp: false, idleMs: Infinity });
  };

  const send = ({ socket: label, data }: TcpSend): void => {
    const held = connections.get(label);
    const inWords = `cannot send ${data.length} bytes over TCP`;
    if (held === undefined) return fail('tcp.send', label, 'no-such-socket', `${inWords}: no such connection is open`);
    if (data.length === 0) return;
    held.hasSpoken = true;
    held.idle?.set(held.idleMs);
    if (held.connection.send(data)) return;
    const { connection, peer } = held;
    letGo(held);
    connection.abort();
    clock.setTimeout(() => {
      if (!forget(held)) return;
      const detail = `${inWords} to ${formatEndpoint(peer)}: it does not take what waits already, and is given up`;
      report({ type: 'net.failed', effect: 'tcp.send', socket: label, code: 'exhausted', detail, to: peer, at: clock.now() });
    }, 0);
  };

  const release = ({ socket: label, unread }: TcpRelease): void => {
    const held = connections.get(label);
    const refuse = (code: NetFailure, why: string): void => fail('tcp.release', label, code, `cannot release TCP socket ${label}: ${why}`);
    if (held?.isUp !== true) return refuse('no-such-socket', 'no such connection is open');
    forget(held);
    if (onRelease === undefined) {
      giveUp(held);
      return refuse('unsupported', 'nobody takes streams from this network');
    }
    letGo(held);
    held.connection.inbox.resume();
    onRelease(new ReleasedStream(held.connection, unread), label);
  };

  return {
    listen,
    connect,
    send,
    pause: (label) => connections.get(label)?.connection.inbox.pause(),
    resume: (label) => connections.get(label)?.connection.inbox.resume(),
    release,
    has,
    close: (label) => {
      const listener = listeners.get(label);
      if (listener !== undefined) tcp.unlisten(listener);
      listeners.delete(label);
      const held = connections.get(label);
      if (held === undefined || !forget(held)) return;
      endInTime(held);
      const isStranger = held.origin === 'tcp.listen' && held.hasSpoken !== true && alive.has(held);
      const oldest = isStranger ? linger(lingering, held) : undefined;
      if (oldest !== undefined) giveUp(oldest);
    },
    closeAll: () => {
      for (const listener of listeners.values()) tcp.unlisten(listener);
      listeners.clear();
      connections.clear();
      for (const held of alive) giveUp(held);
    },
  };
}
