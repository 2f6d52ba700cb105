/**
 * Raw ICMP sockets by label, over the optional package raw-socket: Linux, and root or CAP_NET_RAW. Messages go out and come in
 * without their IP header, and are never looked into. Answers come after the call that asks, never within it.
 */
import { isIPv4 } from 'node:net';
import { LABEL_TAKEN, type NetEffect, type NetEvent, type NetFailure } from '../../effects/net.ts';
import { isTransient, loadRaw, type RawModule, type RawSocket, rawFailureOf } from './raw-module.ts';

export interface IcmpSockets {
  open(label: string): void;
  send(effect: IcmpSend): void;
  /** Silent, whether the label is open or not. What waits to be sent leaves first. */
  close(label: string): void;
  /** Every socket at once, also those that were closed and still send. */
  closeAll(): void;
  has(label: string): boolean;
}

export type IcmpSend = Extract<NetEffect, { type: 'icmp.send' }>;

/** The largest IPv4 packet, and what of it is left behind a header without options. */
const LARGEST_PACKET = 65_535;
const LARGEST_MESSAGE = LARGEST_PACKET - 20;

/** Messages of one socket that may wait for the system. A guess: they wait for one turn of the event loop. */
const WAITING_LIMIT = 1024;

/** The value of IP_TTL that means the host's own (-1, ip(7)). */
const DEFAULT_TTL = 0xffffffff;

interface OpenSocket {
  readonly label: string;
  readonly module: RawModule;
  readonly raw: RawSocket;
  /** What the next message leaves with. */
  ttl: number;
  waiting: number;
}

/** `report` may be called after `closeAll`, and is to be deaf by then. `isTaken` knows the labels of other kinds of socket. Of another way to load the package only tests know. */
export function icmpSockets(report: (event: NetEvent) => void, now: () => number, isTaken: (label: string) => boolean, load: typeof loadRaw = loadRaw): IcmpSockets {
  const sockets = new Map<string, OpenSocket>();
  /** With a label or without. */
  const alive = new Set<OpenSocket>();

  const isOpen = (socket: OpenSocket): boolean => sockets.get(socket.label) === socket;

  const fail = (effect: 'icmp.open' | 'icmp.send', socket: string, code: NetFailure, detail: string, to?: string): void =>
    queueMicrotask(() => report({ type: 'net.failed', effect, socket, code, detail, ...(to === undefined ? {} : { to: { host: to, port: 0 } }), at: now() }));

  /** Of one that is alive. */
  const forget = (socket: OpenSocket): void => {
    if (isOpen(socket)) sockets.delete(socket.label);
    alive.delete(socket);
    socket.raw.close();
  };

  const open = (label: string): void => {
    const refuse = (code: NetFailure, why: string): void => fail('icmp.open', label, code, `cannot open a raw ICMP socket: ${why}`);
    if (sockets.has(label) || isTaken(label)) return refuse('address-in-use', LABEL_TAKEN);
    const module = load();
    if ('why' in module) return refuse(module.code, module.why);
    const socket = create(label, module, refuse);
    if (socket === undefined) return;
    sockets.set(label, socket);
    alive.add(socket);
    socket.raw.on('message', (packet, from) => {
      const data = withoutHeader(packet);
      if (data && isOpen(socket)) report({ type: 'icmp.received', socket: label, from, data, at: now() });
    });
    socket.raw.on('error', (error) => {
      if (!isOpen(socket) || isTransient(error)) return;
      forget(socket);
      const { code, why } = rawFailureOf(error);
      fail('icmp.open', label, code, `the raw ICMP socket broke: ${why}`);
    });
    queueMicrotask(() => {
      if (isOpen(socket)) report({ type: 'icmp.opened', socket: label, at: now() });
    });
  };

  const send = ({ socket: label, to, data, ttl }: IcmpSend): void => {
    const refuse = (code: NetFailure, why: string): void => fail('icmp.send', label, code, `cannot send ${data.length} bytes of ICMP to ${to}: ${why}`, to);
    const socket = sockets.get(label);
    if (!socket) return refuse('no-such-socket', 'no such socket is open');
    if (!isIPv4(to)) return refuse('unreachable', 'that is not an IPv4 address; a name has to be resolved first');
    if (data.length > LARGEST_MESSAGE) return refuse('too-large', 'too large for one packet');
    if (ttl !== undefined && !(Number.isInteger(ttl) && ttl >= 1 && ttl <= 255)) return refuse('unsupported', `a ttl is 1 to 255, not ${ttl}`);
    if (socket.waiting >= WAITING_LIMIT) return refuse('exhausted', 'the send buffer is full');
    // While both wait raw-socket only reads, so that a flood would keep everything from leaving.
    if (socket.waiting === 0) socket.raw.pauseRecv();
    socket.waiting += 1;
    const message = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    socket.raw.send(message, 0, message.length, to, () => setTtl(socket, ttl ?? DEFAULT_TTL), (error) => {
      if (error && isOpen(socket)) {
        const { code, why } = rawFailureOf(error);
        refuse(code, why);
      }
      socket.waiting -= 1;
      if (socket.waiting > 0 || !alive.has(socket)) return;
      if (isOpen(socket)) socket.raw.resumeRecv();
      else forget(socket);
    });
  };

  return {
    open,
    send,
    has: (label) => sockets.has(label),
    close: (label) => {
      const socket = sockets.get(label);
      if (!socket) return;
      if (socket.waiting === 0) return forget(socket);
      sockets.delete(label);
    },
    closeAll: () => alive.forEach(forget),
  };
}

function create(label: string, module: RawModule, refuse: (code: NetFailure, why: string) => void): OpenSocket | undefined {
  try {
    const raw = module.createSocket({ protocol: module.Protocol.ICMP, bufferSize: LARGEST_PACKET });
    return { label, module, raw, ttl: DEFAULT_TTL, waiting: 0 };
  } catch (error) {
    const { code, why } = rawFailureOf(error);
    const remedy = `; it needs root, or once: sudo setcap cap_net_raw+ep ${process.execPath}`;
    refuse(code, code === 'not-permitted' ? `permission denied${remedy}` : why);
    return undefined;
  }
}

function setTtl(socket: OpenSocket, ttl: number): void {
  if (ttl === socket.ttl) return;
  const { SocketLevel, SocketOption } = socket.module;
  socket.raw.setOption(SocketLevel.IPPROTO_IP, SocketOption.IP_TTL, ttl);
  socket.ttl = ttl;
}

/** A copy of what is behind the IP header: the package reads every packet into the same memory. Undefined for what is no IPv4. */
function withoutHeader(packet: Buffer): Uint8Array | undefined {
  const first = packet[0] ?? 0;
  const header = (first & 15) * 4;
  if (first >> 4 !== 4 || header < 20 || header > packet.length) return undefined;
  return new Uint8Array(packet.subarray(header));
}
