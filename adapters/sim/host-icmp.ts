/**
 * ICMP of one simulated host, as of a Linux kernel: it answers echo requests by itself, and every raw socket gets a copy of all
 * ICMP that reaches the host, those requests too, but what is shorter than a header. A checksum is the reader's business.
 */
import type { Endpoint } from '../../effects/endpoint.ts';
import { encodeIcmp, readIcmp } from '../../effects/wire/icmp.ts';
import { DEFAULT_TTL, type IcmpPacket, isIPv4, KERNEL } from './packet.ts';
import { ANY_ADDRESS, type Refused } from './ports.ts';

/** What it needs of its host. */
export interface IcmpGround {
  readonly addresses: readonly string[];
  owns(address: string): boolean;
  emit(socket: string, src: Endpoint, dst: Endpoint, data: Uint8Array, ttl: number): void;
  delivered(packet: IcmpPacket, socket: string): void;
  dropped(packet: IcmpPacket): void;
}

export interface IcmpSocket {
  /** Its name for reports. */
  readonly label: string;
  send(to: string, data: Uint8Array, ttl?: number): Refused | undefined;
  close(): void;
}

/** Of the type, code, checksum and the rest of the header. */
const SHORTEST_MESSAGE = 8;

/** The most that fits in one IPv4 packet. */
const LARGEST_MESSAGE = 65_515;

export class IcmpStack {
  readonly #ground: IcmpGround;
  readonly #sockets = new Map<IcmpSocket, (from: string, data: Uint8Array) => void>();

  constructor(ground: IcmpGround) {
    this.#ground = ground;
  }

  get isHeard(): boolean {
    return this.#sockets.size > 0;
  }

  /** The names of what is open. */
  held(): { readonly label: string; readonly local: Endpoint }[] {
    return [...this.#sockets.keys()].map(({ label }) => ({ label, local: { host: ANY_ADDRESS, port: 0 } }));
  }

  /** A raw socket, on every address. */
  open(label: string, receive: (from: string, data: Uint8Array) => void): IcmpSocket {
    const socket: IcmpSocket = {
      label,
      send: (to, data, ttl = DEFAULT_TTL) => this.#send(label, to, data, ttl),
      close: () => void this.#sockets.delete(socket),
    };
    this.#sockets.set(socket, receive);
    return socket;
  }

  /** Forgets every socket. */
  fail(): void {
    this.#sockets.clear();
  }

  receive(packet: IcmpPacket): void {
    const { src, dst, data } = packet;
    const message = readIcmp(data);
    const isAsked = message?.kind === 'echo-request';
    if (data.length < SHORTEST_MESSAGE || (!this.isHeard && !isAsked)) return this.#ground.dropped(packet);
    if (!this.isHeard) this.#ground.delivered(packet, KERNEL);
    const open = [...this.#sockets];
    for (const [socket, receive] of open) {
      if (!this.#sockets.has(socket)) continue;
      this.#ground.delivered(packet, socket.label);
      receive(src.host, data);
    }
    if (isAsked) this.#ground.emit(KERNEL, dst, src, encodeIcmp({ ...message, kind: 'echo-reply' }), DEFAULT_TTL);
  }

  #send(label: string, to: string, data: Uint8Array, ttl: number): Refused | undefined {
    if (data.length > LARGEST_MESSAGE) {
      return { code: 'too-large', detail: `${data.length} bytes do not fit in an ICMP message of at most ${LARGEST_MESSAGE}` };
    }
    if (!isIPv4(to)) return { code: 'unreachable', detail: `${to} is not an IPv4 address` };
    const host = this.#ground.owns(to) ? to : (this.#ground.addresses[0] ?? ANY_ADDRESS);
    this.#ground.emit(label, { host, port: 0 }, { host: to, port: 0 }, data, ttl);
    return undefined;
  }
}
