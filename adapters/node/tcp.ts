/**
 * TCP sockets by label, over `node:net`. They open in the order that was asked for, answers come after the call, never
 * within it. Names are never resolved here, and bytes are never looked into.
 *
 * A connection that has a label loses it together with the one event that says so, `tcp.closed` or `net.failed`, or
 * silently by `close`.
 */
import { connect as connectSocket, isIP, type Server, type Socket } from 'node:net';
import { type Endpoint, formatEndpoint, isPort } from '../../effects/endpoint.ts';
import { LABEL_TAKEN, type NetEffect, type NetEvent, type NetFailure, type TcpListen, type TcpRelease } from '../../effects/net.ts';
import { linger, wrongLimit } from '../../effects/tcp-limits.ts';
import { cannotConnect, cannotListen, cannotSend, type TcpConnect, TcpLabels, type TcpSend, type TcpSockets, tooMuchWaits } from '../../effects/tcp-sockets.ts';
import { startListener } from './tcp-listener.ts';
import { abandon, type Connection, endInTime, explain, handOver, limitLife, NOTHING_ASKED, ownEnd, write } from './tcp-stream.ts';

/** Who takes a connection that is given away, and all that comes of it, `error` too. Called while that is being asked. */
export type OnRelease = (stream: Socket, label: string) => void;

/** `report` may be called after `closeAll`, and is to be deaf by then. `isTaken` knows the labels of other kinds of socket. */
export function tcpSockets(report: (event: NetEvent) => void, now: () => number, isTaken: (label: string) => boolean, onRelease?: OnRelease): TcpSockets {
  const labels = new TcpLabels<Server, Connection>(isTaken);
  const { listeners, connections } = labels;
  /** Every socket that has not let go yet, with a label or without. */
  const alive = new Set<Socket>();
  /** Those of them that were accepted, heard nothing from us, and were closed. */
  const lingering = new Set<Socket>();

  const failed = (effect: NetEffect['type'], socket: string, code: NetFailure, detail: string, to?: Endpoint): void =>
    report({ type: 'net.failed', effect, socket, code, detail, ...(to ? { to } : {}), at: now() });

  const listen = (effect: TcpListen): void => {
    const { socket: label, local, idleMs, lifeMs } = effect;
    const refuse = (code: NetFailure, why: string): void =>
      queueMicrotask(() => failed('tcp.listen', label, code, `${cannotListen(effect)}: ${why}`));

    if (!labels.isFree(label)) return refuse('address-in-use', LABEL_TAKEN);
    const wrong = unbindable(local);
    if (wrong !== undefined) return refuse('address-not-available', wrong);
    const beyond = wrongLimit(effect);
    if (beyond !== undefined) return refuse('unsupported', beyond);

    const nextLabel = labels.accepting(label);
    const isCurrent = (): boolean => listeners.get(label) === server;
    const server = startListener(effect, {
      listening: (bound) => {
        if (isCurrent()) report({ type: 'tcp.listening', socket: label, local: bound, at: now() });
      },
      accepted: (socket, peer) => {
        const own = nextLabel();
        adopt({ label: own, socket, origin: 'tcp.listen', peer, isUp: true, waiting: 0, asked: NOTHING_ASKED });
        if (idleMs !== undefined) socket.setTimeout(idleMs);
        if (lifeMs !== undefined) limitLife(socket, lifeMs);
        report({ type: 'tcp.accepted', listener: label, socket: own, local: ownEnd(socket), peer, at: now() });
      },
      refused: ({ code, why }) => {
        if (!isCurrent()) return;
        listeners.delete(label);
        failed('tcp.listen', label, code, `${cannotListen(effect)}: ${why}`);
      },
      stuck: ({ code, why }) => {
        if (isCurrent()) failed('tcp.listen', label, code, `cannot accept TCP connections on ${formatEndpoint(local)} for now: ${why}`);
      },
    });
    listeners.set(label, server);
  };

  const connect = ({ socket: label, to, local }: TcpConnect): void => {
    const refuse = (code: NetFailure, why: string): void =>
      queueMicrotask(() => failed('tcp.connect', label, code, `${cannotConnect(to, local)}: ${why}`, to));

    if (!labels.isFree(label)) return refuse('address-in-use', LABEL_TAKEN);
    const family = isIP(to.host);
    if (family === 0) return refuse('unreachable', 'that is not an IP address; a name has to be resolved first');
    if (!isPort(to.port)) return refuse('unreachable', 'a port is 1 to 65535');
    const wrong = local && unbindable(local);
    if (wrong !== undefined) return refuse('address-not-available', wrong);
    if (local && isIP(local.host) !== family) return refuse('unreachable', `an IPv${isIP(local.host)} address does not reach IPv${family}`);

    const bind = local ? { localAddress: local.host, localPort: local.port } : {};
    const socket = connectSocket({ host: to.host, port: to.port, noDelay: true, ...bind });
    const connection = adopt({ label, socket, origin: 'tcp.connect', peer: to, from: local, isUp: false, waiting: 0, asked: NOTHING_ASKED });
    socket.on('connect', () => {
      connection.isUp = true;
      if (labels.isOpen(connection)) report({ type: 'tcp.connected', socket: label, local: ownEnd(socket), peer: to, at: now() });
    });
  };

  /** Gives a socket its label and reports what it hears until that is taken away again. */
  const adopt = (given: Omit<Connection, 'hush'>): Connection => {
    const { label, socket, origin, peer } = given;
    const closed = (): void => {
      if (labels.forget(connection)) report({ type: 'tcp.closed', socket: label, at: now() });
    };
    const ears = {
      data: (data: Buffer) => {
        if (!labels.isOpen(connection)) return;
        // Node gives every piece memory of its own, so it is handed on uncopied, as the plain array the port speaks of.
        const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
        report({ type: 'tcp.received', socket: label, data: bytes, at: now() });
      },
      end: () => {
        endInTime(socket);
        closed();
      },
      timeout: () => {
        abandon(socket);
        closed();
      },
      error: (error: unknown) => {
        // One that was closed has nobody left to tell.
        if (!labels.forget(connection)) return;
        const { code, detail } = explain(connection, error);
        failed(origin, label, code, detail, peer);
      },
      close: () => {
        alive.delete(socket);
        lingering.delete(socket);
        closed();
      },
    };
    for (const [name, ear] of Object.entries(ears)) socket.on(name, ear);
    const hush = (): void => {
      for (const [name, ear] of Object.entries(ears)) socket.off(name, ear);
    };
    const connection: Connection = { ...given, hush };
    connections.set(label, connection);
    alive.add(socket);
    return connection;
  };

  const send = (effect: TcpSend): void => {
    const { socket: label, data } = effect;
    const connection = connections.get(label);
    // At once, for an effect that is none throws here.
    const nowhere = `${cannotSend(effect)}: no such connection is open`;
    if (!connection) return queueMicrotask(() => failed('tcp.send', label, 'no-such-socket', nowhere));
    const drained = (): void => {
      if (labels.isOpen(connection)) report({ type: 'tcp.drained', socket: label, at: now() });
    };
    if (data.length === 0 || write(connection, data, drained)) return;
    const { socket, peer } = connection;
    abandon(socket);
    queueMicrotask(() => {
      if (!labels.forget(connection)) return;
      failed('tcp.send', label, 'exhausted', tooMuchWaits(effect, peer), peer);
    });
  };

  const release = ({ socket: label, unread }: TcpRelease): void => {
    const connection = connections.get(label);
    const refuse = (code: NetFailure, why: string): void => queueMicrotask(() => failed('tcp.release', label, code, `cannot release TCP socket ${label}: ${why}`));
    if (!connection?.isUp) return refuse('no-such-socket', 'no such connection is open');
    const { socket, hush } = connection;
    labels.forget(connection);
    if (!onRelease) {
      abandon(socket);
      return refuse('unsupported', 'nobody takes streams from this network');
    }
    hush();
    alive.delete(socket);
    onRelease(handOver(socket, unread), label);
  };

  return {
    listen,
    connect,
    send,
    pause: (label) => void connections.get(label)?.socket.pause(),
    resume: (label) => void connections.get(label)?.socket.resume(),
    release,
    has: (label) => labels.has(label),
    close: (label) => {
      listeners.get(label)?.close();
      listeners.delete(label);
      const connection = connections.get(label);
      if (!connection) return;
      labels.forget(connection);
      const { socket, origin } = connection;
      endInTime(socket);
      const isStranger = origin === 'tcp.listen' && socket.bytesWritten === 0;
      const oldest = isStranger ? linger(lingering, socket) : undefined;
      if (oldest) abandon(oldest);
    },
    closeAll: () => {
      for (const server of listeners.values()) server.close();
      listeners.clear();
      connections.clear();
      for (const socket of alive) abandon(socket);
    },
  };
}

/** Why nothing can be bound there, in words; the system has not been asked yet. */
function unbindable({ host, port }: Endpoint): string | undefined {
  if (isIP(host) === 0) return `${host} is not an IP address`;
  return isPort(port) || port === 0 ? undefined : 'a port is 0 to 65535';
}
