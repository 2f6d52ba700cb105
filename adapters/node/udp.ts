/**
 * UDP sockets by label, over `node:dgram`. Binding and sending happen in the call that asks for them, answers come soon
 * after it, never within it. Names are never resolved here, and a payload is never looked into.
 */
import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { ANYWHERE, type Endpoint, formatEndpoint, isPort, isWildcard } from '../../effects/endpoint.ts';
import { LABEL_TAKEN, type NetEffect, type NetEvent, type NetFailure, type UdpSend } from '../../effects/net.ts';
import { type Family, hostAddresses, literalLookup } from './addresses.ts';
import { failureOf } from './failure.ts';
import { defaultTtl } from './ttl.ts';

export interface UdpSockets {
  open(effect: UdpOpen): void;
  send(effect: UdpSend): void;
  /** Silent, whether the label is open or not. */
  close(label: string): void;
  closeAll(): void;
  has(label: string): boolean;
}

export type UdpOpen = Extract<NetEffect, { type: 'udp.open' }>;

/** Bytes. A default buffer keeps 256 small datagrams of a burst (measured); the system may allow less than this. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;

/** Datagrams that wait for a full send buffer so that they can leave with a ttl of their own. */
const HELD_LIMIT = 1024;

interface OpenSocket {
  readonly label: string;
  readonly dgram: Socket;
  readonly family: Family;
  /** What the next datagram leaves with. */
  ttl: number;
  readonly held: UdpSend[];
}

/** `report` may be called after `closeAll`, and is to be deaf by then. */
export function udpSockets(report: (event: NetEvent) => void, now: () => number): UdpSockets {
  const sockets = new Map<string, OpenSocket>();

  const isOpen = (socket: OpenSocket): boolean => sockets.get(socket.label) === socket;

  const fail = (effect: NetEffect['type'], socket: string, code: NetFailure, detail: string, to?: Endpoint): void =>
    queueMicrotask(() => report({ type: 'net.failed', effect, socket, code, detail, ...(to ? { to } : {}), at: now() }));

  const forget = (socket: OpenSocket): void => {
    sockets.delete(socket.label);
    // Closing it twice throws; only a socket that is still in the map gets here.
    socket.dgram.close();
  };

  const open = ({ socket: label, local }: UdpOpen): void => {
    const wanted = { host: local?.host ?? ANYWHERE.host, port: local?.port ?? 0 };
    const refuse = (code: NetFailure, why: string): void =>
      fail('udp.open', label, code, `cannot open a UDP socket on ${formatEndpoint(wanted)}: ${why}`);

    if (sockets.has(label)) return refuse('address-in-use', LABEL_TAKEN);
    const family = isIP(wanted.host);
    if (family !== 4 && family !== 6) return refuse('address-not-available', `${wanted.host} is not an IP address`);
    if (!isPort(wanted.port) && wanted.port !== 0) return refuse('address-not-available', 'a port is 0 to 65535');

    const bound = bind(label, family, wanted);
    if (!('dgram' in bound)) return refuse(bound.code, bound.why);
    const { dgram } = bound;
    sockets.set(label, bound);
    const { address: host, port } = dgram.address();
    const addresses = (isWildcard(host) ? hostAddresses(family) : [host]).map((own) => ({ host: own, port }));

    dgram.on('message', (data, { address, port: from }) => {
      // Node gives every datagram memory of its own, so it is handed on uncopied, as the plain array the port speaks of.
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      report({ type: 'udp.received', socket: label, from: { host: address, port: from }, data: bytes, at: now() });
    });
    dgram.on('error', (error) => {
      if (!isOpen(bound)) return;
      forget(bound);
      const { code, why } = failureOf(error);
      fail('udp.open', label, code, `the UDP socket on ${formatEndpoint({ host, port })} broke: ${why}`);
    });
    queueMicrotask(() => {
      if (isOpen(bound)) report({ type: 'udp.opened', socket: label, local: { host, port }, addresses, at: now() });
    });
  };

  const send = (effect: UdpSend): void => {
    const { socket: label, to } = effect;
    const socket = sockets.get(label);
    if (!socket) return refuseSend(effect, 'no-such-socket', 'no such socket is open');
    const family = isIP(to.host);
    if (family === 0) return refuseSend(effect, 'unreachable', 'that is not an IP address; a name has to be resolved first');
    if (family !== socket.family) return refuseSend(effect, 'unreachable', `an IPv${socket.family} socket does not reach IPv${family}`);
    if (!isPort(to.port)) return refuseSend(effect, 'unreachable', 'a port is 1 to 65535');
    if (effect.ttl !== undefined && !isTtl(effect.ttl)) return refuseSend(effect, 'unsupported', `a ttl is 1 to 255, not ${effect.ttl}`);

    if (socket.held.length === 0 && canLeave(socket, effect)) return transmit(socket, effect);
    if (socket.held.length >= HELD_LIMIT) return refuseSend(effect, 'exhausted', 'the send buffer is full');
    socket.held.push(effect);
  };

  const refuseSend = ({ socket, to }: UdpSend, code: NetFailure, why: string): void =>
    fail('udp.send', socket, code, `cannot send over UDP to ${formatEndpoint(to)}: ${why}`, to);

  /** Hands one datagram to the system, which has taken or queued it when this returns. */
  const transmit = (socket: OpenSocket, effect: UdpSend): void => {
    const { to, data } = effect;
    try {
      const ttl = ttlOf(socket, effect);
      if (ttl !== socket.ttl) socket.dgram.setTTL(ttl);
      socket.ttl = ttl;
      socket.dgram.send(data, to.port, to.host, (error) => {
        if (!isOpen(socket)) return;
        if (error) reportRefusal(socket, effect, error);
        release(socket);
      });
    } catch (error) {
      reportRefusal(socket, effect, error);
    }
  };

  const reportRefusal = ({ label }: OpenSocket, { to, data }: UdpSend, error: unknown): void => {
    const { code, why } = failureOf(error);
    fail('udp.send', label, code, `cannot send ${data.length} bytes over UDP to ${formatEndpoint(to)}: ${why}`, to);
  };

  const release = (socket: OpenSocket): void => {
    for (let next = socket.held[0]; next && canLeave(socket, next); next = socket.held[0]) {
      socket.held.shift();
      transmit(socket, next);
    }
  };

  return {
    open,
    send,
    has: (label) => sockets.has(label),
    close: (label) => {
      const socket = sockets.get(label);
      if (socket) forget(socket);
    },
    closeAll: () => {
      for (const socket of sockets.values()) forget(socket);
    },
  };
}

/** A bound socket, or why there is none. Binding ends within this call because `literalLookup` does. */
function bind(label: string, family: Family, { host, port }: Endpoint): OpenSocket | ReturnType<typeof failureOf> {
  let dgram: Socket | undefined;
  let refused: unknown;
  const onError = (error: Error): void => {
    refused = error;
  };
  try {
    dgram = createSocket({ type: family === 4 ? 'udp4' : 'udp6', ipv6Only: family === 6, lookup: literalLookup });
    dgram.on('error', onError);
    // Exclusive, or a cluster worker would share the port with its siblings, and bind a turn later.
    dgram.bind({ address: host, port, exclusive: true });
    if (refused === undefined) {
      dgram.off('error', onError);
      raiseReceiveBuffer(dgram);
      return { label, dgram, family, ttl: defaultTtl(family), held: [] };
    }
  } catch (error) {
    refused = error;
  }
  dgram?.close();
  return failureOf(refused);
}

/** Some systems refuse more than their maximum instead of trimming it, so less is asked for until it is taken. */
function raiseReceiveBuffer(dgram: Socket): void {
  for (let size = RECEIVE_BUFFER; size > dgram.getRecvBufferSize(); size /= 2) {
    try {
      return dgram.setRecvBufferSize(size);
    } catch {
      continue;
    }
  }
}

/** The ttl is the socket's, so a datagram that needs another waits until those queued before it have left. */
function canLeave(socket: OpenSocket, effect: UdpSend): boolean {
  return ttlOf(socket, effect) === socket.ttl || socket.dgram.getSendQueueCount() === 0;
}

function ttlOf(socket: OpenSocket, { ttl }: UdpSend): number {
  return ttl ?? defaultTtl(socket.family);
}

function isTtl(ttl: number): boolean {
  return Number.isInteger(ttl) && ttl >= 1 && ttl <= 255;
}
