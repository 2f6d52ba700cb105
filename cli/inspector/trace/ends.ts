/**
 * Packets where only one end is seen: on real sockets, and in a log. Each datagram or piece of a stream that this host sent
 * or took becomes a packet of which nothing else is known, and each address it spoke with a place.
 */
import { ANYWHERE, type Endpoint, formatEndpoint, isWildcard } from '../../../effects/endpoint.ts';
import type { NetEffect, NetEvent } from '../../../effects/net.ts';
import type { Run } from './sightings.ts';
import type { Told } from './telling.ts';
import type { PacketContent, PacketSeen } from './trace.ts';

/** Places that are told: of a server for the whole world the first ones. A guess. */
const REMOTES = 2_000;

interface Socket {
  readonly local: Endpoint;
  /** Of a connection. */
  readonly peer?: Endpoint;
}

export class Ends {
  readonly #tell: (told: { readonly at: number; readonly event: Told }) => void;
  readonly #remotes = new Set<string>();
  readonly #sockets = new Map<string, Socket>();
  readonly #own = new Map<Run, readonly string[]>();
  #packets = 0;

  constructor(tell: (told: { readonly at: number; readonly event: Told }) => void) {
    this.#tell = tell;
  }

  open(run: Run, at: number): void {
    this.#own.set(run, []);
    this.#tell({ at, event: placeOf(run, []) });
  }

  asked(run: Run, at: number, effect: NetEffect, content: PacketContent | undefined, n: number): void {
    switch (effect.type) {
      case 'udp.send':
        return this.#packet(run, at, 'sent', effect.socket, this.#local(run, effect.socket), effect.to, content, n);
      case 'tcp.connect':
        this.#sockets.set(nameOf(run, effect.socket), { local: effect.local ?? ANYWHERE, peer: effect.to });
        return this.#packet(run, at, 'sent', effect.socket, effect.local ?? ANYWHERE, effect.to, SYN, n);
      case 'tcp.send': {
        const socket = this.#sockets.get(nameOf(run, effect.socket));
        return socket?.peer && this.#packet(run, at, 'sent', effect.socket, socket.local, socket.peer, content, n);
      }
      case 'icmp.send':
        return this.#packet(run, at, 'sent', effect.socket, { host: this.#address(run), port: 0 }, { host: effect.to, port: 0 }, content, n);
      case 'close':
        this.#sockets.delete(nameOf(run, effect.socket));
        return;
      default:
        return;
    }
  }

  heard(run: Run, at: number, event: NetEvent, content: PacketContent | undefined): void {
    const name = nameOf(run, event.socket);
    switch (event.type) {
      case 'udp.opened': {
        const [best] = event.addresses;
        this.#sockets.set(name, { local: isWildcard(event.local.host) && best ? { host: best.host, port: event.local.port } : event.local });
        return this.#owns(run, at, event.addresses.length > 0 ? event.addresses : [event.local]);
      }
      case 'tcp.listening':
        return this.#owns(run, at, [event.local]);
      case 'tcp.connected':
      case 'tcp.accepted':
        this.#sockets.set(name, { local: event.local, peer: event.peer });
        this.#owns(run, at, [event.local]);
        return this.#packet(run, at, 'delivered', event.socket, event.peer, event.local, event.type === 'tcp.accepted' ? SYN : SYN_ACK);
      case 'icmp.received':
        return this.#packet(run, at, 'delivered', event.socket, { host: event.from, port: 0 }, { host: this.#address(run), port: 0 }, content);
      case 'udp.received':
        return this.#packet(run, at, 'delivered', event.socket, event.from, this.#local(run, event.socket), content);
      case 'tcp.received': {
        const socket = this.#sockets.get(name);
        return socket?.peer && this.#packet(run, at, 'delivered', event.socket, socket.peer, socket.local, content);
      }
      case 'tcp.closed': {
        const socket = this.#sockets.get(name);
        this.#sockets.delete(name);
        return socket?.peer && this.#packet(run, at, 'delivered', event.socket, socket.peer, socket.local, FIN);
      }
      default:
        return;
    }
  }

  #packet(run: Run, at: number, what: 'sent' | 'delivered', socket: string, src: Endpoint, dst: Endpoint, content: PacketContent | undefined, effect?: number): void {
    if (content === undefined) return;
    this.#meet((what === 'sent' ? dst : src).host, at);
    const packet = this.#packets;
    this.#packets += 1;
    const seen: Omit<PacketSeen, 'n' | 'at'> = { kind: 'packet', what, packet, place: run.name, src: nameOfEnd(src, content), dst: nameOfEnd(dst, content), socket, content, ...(effect === undefined ? {} : { effect }) };
    this.#tell({ at, event: seen });
  }

  #local(run: Run, socket: string): Endpoint {
    return this.#sockets.get(nameOf(run, socket))?.local ?? ANYWHERE;
  }

  /** By which a raw socket is seen: the first that is known. */
  #address(run: Run): string {
    return this.#own.get(run)?.[0] ?? ANYWHERE.host;
  }

  #meet(host: string, at: number): void {
    if (this.#remotes.has(host) || this.#remotes.size >= REMOTES) return;
    this.#remotes.add(host);
    this.#tell({ at, event: { kind: 'place', name: host, type: 'remote', side: 'internet', depth: 0, addresses: [host] } });
  }

  #owns(run: Run, at: number, endpoints: readonly Endpoint[]): void {
    const before = this.#own.get(run)!;
    const fresh = [...new Set(endpoints.map(({ host }) => host))].filter((host) => !before.includes(host) && !isWildcard(host));
    if (fresh.length === 0) return;
    this.#own.set(run, [...before, ...fresh]);
    this.#tell({ at, event: placeOf(run, [...before, ...fresh]) });
  }
}

/** What the system sends by itself: of a connection only its beginning and end are seen. */
const SYN: PacketContent = { protocol: 'tcp', label: 'SYN', length: 0 };
const SYN_ACK: PacketContent = { protocol: 'tcp', label: 'SYN-ACK', length: 0 };
const FIN: PacketContent = { protocol: 'tcp', label: 'FIN', length: 0 };

function placeOf({ name }: Run, addresses: readonly string[]): Told {
  return { kind: 'place', name, type: 'host', side: name, depth: 1, addresses };
}

function nameOfEnd(end: Endpoint, { protocol }: PacketContent): string {
  return protocol === 'icmp' ? end.host : formatEndpoint(end);
}

function nameOf({ name }: Run, socket: string): string {
  return `${name} ${socket}`;
}
