/**
 * TCP sockets of a simulated host by label, with the rules of the port as `adapters/node` keeps them on real ones. A
 * connection loses its label together with the one event that says so, `tcp.closed` or `net.failed`, or silently by `close`.
 */
import { type Endpoint, formatEndpoint, isPort } from '../../effects/endpoint.ts';
import { LABEL_TAKEN, type NetEffect, type NetEvent, type NetFailure, type TcpListen, type TcpRelease } from '../../effects/net.ts';
import { door, linger, wrongLimit } from '../../effects/tcp-limits.ts';
import { cannotConnect, cannotListen, cannotSend, type TcpConnect, TcpLabels, type TcpSend, type TcpSockets, tooMuchWaits } from '../../effects/tcp-sockets.ts';
import { Deadline } from './deadline.ts';
import { CLOSE_LIMIT_MS, FAILURES, type Held } from './held-connection.ts';
import type { Host } from './host.ts';
import { isIPv4 } from './packet.ts';
import { unbindable } from './ports.ts';
import { ReleasedStream } from './released-stream.ts';
import { DEAF, type TcpHandler } from './tcp-handler.ts';
import type { TcpListener } from './tcp-stack.ts';

/** Reports a failure in a later turn. */
export type Fail = (effect: NetEffect['type'], socket: string, code: NetFailure, detail: string, to?: Endpoint) => void;

/** Who takes a connection that is given away. Called while that is being asked. */
export type OnRelease = (stream: ReleasedStream, label: string) => void;

/** `report` is at once, and deaf after `closeAll`. `isTaken` knows the labels of other kinds of socket. */
export function tcpSockets(host: Host, report: (event: NetEvent) => void, fail: Fail, isTaken: (label: string) => boolean, onRelease?: OnRelease): TcpSockets {
  const { clock, tcp } = host;
  const labels = new TcpLabels<TcpListener, Held>(isTaken);
  const { listeners, connections } = labels;
  /** Everything that is held, with a label or without. */
  const alive = new Set<Held>();
  /** Those of them that were accepted, heard nothing from us, and were closed. */
  const lingering = new Set<Held>();

  const letGo = (held: Held): void => {
    alive.delete(held);
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
    if (labels.forget(held)) report({ type: 'tcp.closed', socket: held.label, at: clock.now() });
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
      // One that was closed before is not heard any more.
      report({ type: 'tcp.connected', socket: held.label, local, peer, at: clock.now() });
    },
    received: (data) => {
      held.idle?.set(held.idleMs);
      if (labels.isOpen(held)) report({ type: 'tcp.received', socket: held.label, data, at: clock.now() });
    },
    drained: () => {
      if (labels.isOpen(held)) report({ type: 'tcp.drained', socket: held.label, at: clock.now() });
    },
    ended: () => {
      endInTime(held);
      closed(held);
    },
    gone: () => letGo(held),
    broke: (failure) => {
      letGo(held);
      if (!labels.forget(held)) return;
      const [code, why] = FAILURES[failure];
      const { label: socket, origin: effect, peer: to } = held;
      const detail = `${held.isUp ? `the TCP connection with ${formatEndpoint(to)} broke` : cannotConnect(to, held.from)}: ${why}`;
      report({ type: 'net.failed', effect, socket, code, detail, to, at: clock.now() });
    },
  });

  const listen = (effect: TcpListen): void => {
    const { socket: label, local, idleMs, lifeMs } = effect;
    const refuse = (code: NetFailure, why: string): void => fail('tcp.listen', label, code, `${cannotListen(effect)}: ${why}`);
    if (!labels.isFree(label)) return refuse('address-in-use', LABEL_TAKEN);
    const wrong = unbindable(local);
    if (wrong !== undefined) return refuse('address-not-available', wrong);
    const beyond = wrongLimit(effect);
    if (beyond !== undefined) return refuse('unsupported', beyond);

    const enter = door(effect);
    const nextLabel = labels.accepting(label);
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
    if (!labels.isFree(label)) return refuse('address-in-use', LABEL_TAKEN);
    if (!isIPv4(to.host)) return refuse('unreachable', 'that is not an IPv4 address; a name has to be resolved first');
    if (!isPort(to.port)) return refuse('unreachable', 'a port is 1 to 65535');
    const wrong = local && unbindable(local);
    if (wrong !== undefined) return refuse('address-not-available', wrong);
    const connection = tcp.connect(label, to, local, DEAF);
    if ('code' in connection) return refuse(connection.code, connection.detail);
    adopt({ label, connection, origin: 'tcp.connect', peer: to, from: local, isUp: false, idleMs: Infinity });
  };

  const send = (effect: TcpSend): void => {
    const { socket: label, data } = effect;
    const held = connections.get(label);
    if (held === undefined) return fail('tcp.send', label, 'no-such-socket', `${cannotSend(effect)}: no such connection is open`);
    if (data.length === 0) return;
    held.hasSpoken = true;
    held.idle?.set(held.idleMs);
    if (held.connection.send(data)) return;
    const { connection, peer } = held;
    letGo(held);
    connection.abort();
    clock.setTimeout(() => {
      if (!labels.forget(held)) return;
      report({ type: 'net.failed', effect: 'tcp.send', socket: label, code: 'exhausted', detail: tooMuchWaits(effect, peer), to: peer, at: clock.now() });
    }, 0);
  };

  const release = ({ socket: label, unread }: TcpRelease): void => {
    const held = connections.get(label);
    const refuse = (code: NetFailure, why: string): void => fail('tcp.release', label, code, `cannot release TCP socket ${label}: ${why}`);
    if (held?.isUp !== true) return refuse('no-such-socket', 'no such connection is open');
    labels.forget(held);
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
    has: (label) => labels.has(label),
    close: (label) => {
      const listener = listeners.get(label);
      if (listener !== undefined) tcp.unlisten(listener);
      listeners.delete(label);
      const held = connections.get(label);
      if (held === undefined || !labels.forget(held)) return;
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
