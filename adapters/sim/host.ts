/**
 * A host at a leaf of the tree: its addresses, its ports, and `net()`, the port that machines talk to. As on a real host,
 * every answer and every datagram comes in a later turn of the clock, never inside the effect that asked for it.
 */
import { Observable } from 'rxjs';
import type { VirtualClock } from './clock.ts';
import { type Endpoint, formatEndpoint, isPort } from '../../effects/endpoint.ts';
import type { Net } from '../../effects/net.ts';
import { IcmpStack } from './host-icmp.ts';
import { hostNet } from './host-net.ts';
import type { OnRelease } from './host-tcp.ts';
import { errorAbout, PORT_UNREACHABLE } from './icmp-message.ts';
import type { Lane } from './link.ts';
import { DEFAULT_TTL, isIPv4, KERNEL, type Packet, type UdpPacket } from './packet.ts';
import { ANY_ADDRESS, EphemeralPorts, isPortOrAny, LOOPBACK, type Refused } from './ports.ts';
import type { Device } from './router.ts';
import { TcpStack } from './tcp-stack.ts';

/** What a host needs of the world it is in. */
export interface HostWorld {
  readonly clock: VirtualClock;
  readonly seed: string;
  nextPacket(): number;
  /** Whether a host has a raw ICMP socket: to others nobody tells what became of their packets, as nothing here would mind. */
  hearsIcmp(host: string): boolean;
  sent(packet: Packet): void;
  delivered(packet: Packet, device: string, socket: string): void;
  dropped(packet: Packet, device: string, reason: 'no-socket' | 'unroutable'): void;
}

/** The most that fits in one IPv4 datagram. */
const LARGEST_DATAGRAM = 65_507;

/** A simulated socket: what is sent arrives, or is dropped with a reason, as virtual time passes. */
export class UdpSocket {
  /** Its name for reports: the label of a machine's socket. */
  readonly label: string;
  /** What was bound; the host is 0.0.0.0 for every address. */
  readonly local: Endpoint;
  /** Where its datagrams come from. */
  readonly source: Endpoint;
  /** Called with each datagram that arrives. */
  readonly receive: (from: Endpoint, data: Uint8Array) => void;
  readonly #host: Host;

  constructor(host: Host, label: string, local: Endpoint, receive: (from: Endpoint, data: Uint8Array) => void) {
    this.#host = host;
    this.label = label;
    this.local = local;
    this.source = local.host === ANY_ADDRESS ? { host: host.addresses[0] ?? ANY_ADDRESS, port: local.port } : local;
    this.receive = receive;
  }

  /** The host's own addresses that reach this socket, the one it sends from first. */
  get addresses(): readonly Endpoint[] {
    const { host, port } = this.local;
    return host === ANY_ADDRESS ? this.#host.addresses.map((own) => ({ host: own, port })) : [this.local];
  }

  /** Sends one datagram; `data` belongs to the network from then on. */
  send(to: Endpoint, data: Uint8Array, ttl: number = DEFAULT_TTL): Refused | undefined {
    if (data.length > LARGEST_DATAGRAM) {
      return { code: 'too-large', detail: `${data.length} bytes do not fit in a datagram of at most ${LARGEST_DATAGRAM}` };
    }
    if (!isIPv4(to.host) || !isPort(to.port)) {
      return { code: 'unreachable', detail: `${formatEndpoint(to)} is not an IPv4 address and port` };
    }
    this.#host.transmit(this, to, data, ttl);
    return undefined;
  }

  /** Frees its port; what is on its way to it is dropped. */
  close(): void {
    this.#host.release(this);
  }
}

/** A host with addresses, UDP sockets, a TCP stack and ICMP. Where a system call would fail it throws nothing, but answers an error code. */
export class Host implements Device {
  readonly name: string;
  /** Its own; the first is the one it sends from unless a socket is bound to another. */
  readonly addresses: readonly string[];
  readonly #world: HostWorld;
  readonly #byPort = new Map<number, UdpSocket[]>();
  readonly #ephemeral = new EphemeralPorts();
  #uplink: Lane | undefined;
  #tcp: TcpStack | undefined;
  #icmp: IcmpStack | undefined;

  constructor(name: string, addresses: readonly string[], world: HostWorld) {
    this.name = name;
    this.addresses = addresses;
    this.#world = world;
  }

  get clock(): VirtualClock {
    return this.#world.clock;
  }

  /** Its TCP. */
  get tcp(): TcpStack {
    return (this.#tcp ??= this.#startTcp());
  }

  /** Its ICMP. */
  get icmp(): IcmpStack {
    return (this.#icmp ??= this.#startIcmp());
  }

  get hearsIcmp(): boolean {
    return this.#icmp?.isHeard === true;
  }

  /**
   * This host's network, for as many machines as one likes; each subscription has its own sockets. `onRelease` takes the
   * connections that they give away.
   */
  net({ onRelease }: { readonly onRelease?: OnRelease } = {}): Net {
    return (effects) => new Observable((subscriber) => hostNet(this, effects, subscriber, onRelease));
  }

  /** Binds a UDP socket; `local` defaults to any address and a free port. */
  bind(label: string, local: Partial<Endpoint>, receive: UdpSocket['receive']): UdpSocket | Refused {
    const host = local.host ?? ANY_ADDRESS;
    const wanted = local.port ?? 0;
    if (!isPortOrAny(wanted)) return { code: 'address-not-available', detail: `${wanted} is not a port` };
    if (host !== ANY_ADDRESS && !this.owns(host)) {
      return { code: 'address-not-available', detail: `${host} is not an address of host ${this.name}` };
    }
    if (wanted !== 0 && !this.#isFree(host, wanted)) {
      return { code: 'address-in-use', detail: `${formatEndpoint({ host, port: wanted })} is already bound on host ${this.name}` };
    }
    const port = wanted === 0 ? this.#ephemeral.next((one) => this.#isFree(host, one)) : wanted;
    if (port === undefined) return { code: 'exhausted', detail: `host ${this.name} has no free port left` };
    const socket = new UdpSocket(this, label, { host, port }, receive);
    const others = this.#byPort.get(port);
    if (others === undefined) this.#byPort.set(port, [socket]);
    else others.push(socket);
    return socket;
  }

  /** What is bound now. Nothing, when everything was cleaned up. */
  openSockets(): { readonly label: string; readonly local: Endpoint }[] {
    return [...[...this.#byPort.values()].flat(), ...(this.#tcp?.held() ?? []), ...(this.#icmp?.held() ?? [])];
  }

  /** Whether an address is this host's. */
  owns(address: string): boolean {
    return this.addresses.includes(address) || address === LOOPBACK;
  }

  /** Connects the host to the network. */
  connect(uplink: Lane): void {
    this.#uplink = uplink;
  }

  /** Its power fails: all that its programs held is gone, without a word to anybody, and so its ports are free. */
  fail(): void {
    this.#byPort.clear();
    this.#tcp?.fail();
    this.#icmp?.fail();
  }

  /** Sends one datagram from a bound socket; `ttl` is counted down by each router. */
  transmit(socket: UdpSocket, dst: Endpoint, data: Uint8Array, ttl: number): void {
    const id = this.#world.nextPacket();
    const packet: Packet = { protocol: 'udp', id, host: this.name, socket: socket.label, src: socket.source, dst, ttl, data };
    this.#send(packet);
  }

  fromAbove(packet: Packet): void {
    if (packet.protocol === 'tcp') return this.tcp.receive(packet);
    if (packet.protocol === 'icmp') return this.icmp.receive(packet);
    const { host, port } = packet.dst;
    const bound = this.#byPort.get(port);
    const socket = bound?.find(({ local }) => local.host === host) ?? bound?.find(({ local }) => local.host === ANY_ADDRESS);
    if (socket === undefined) return this.#refuse(packet);
    this.#world.delivered(packet, this.name, socket.label);
    socket.receive(packet.src, packet.data);
  }

  /** Frees the port of a socket. */
  release(socket: UdpSocket): void {
    const { port } = socket.local;
    const left = this.#byPort.get(port)?.filter((other) => other !== socket);
    if (left === undefined || left.length === 0) this.#byPort.delete(port);
    else this.#byPort.set(port, left);
  }

  #refuse(packet: UdpPacket): void {
    this.#world.dropped(packet, this.name, 'no-socket');
    if (!this.#world.hearsIcmp(packet.host)) return;
    const { src, dst } = packet;
    this.#emit(KERNEL, { ...dst, port: 0 }, { ...src, port: 0 }, errorAbout(packet, packet, 'unreachable', PORT_UNREACHABLE), DEFAULT_TTL);
  }

  readonly #toSelf = (packet: Packet): void => this.fromAbove(packet);

  #send(packet: Packet): void {
    this.#world.sent(packet);
    if (this.owns(packet.dst.host)) this.clock.schedule(0, this.#toSelf, packet);
    else this.#uplink?.carry(packet, false);
  }

  #emit(socket: string, src: Endpoint, dst: Endpoint, data: Uint8Array, ttl: number): void {
    this.#send({ protocol: 'icmp', id: this.#world.nextPacket(), host: this.name, socket, src, dst, ttl, data });
  }

  #startIcmp(): IcmpStack {
    return new IcmpStack({
      addresses: this.addresses,
      owns: (address) => this.owns(address),
      emit: (...message) => this.#emit(...message),
      delivered: (packet, socket) => this.#world.delivered(packet, this.name, socket),
      dropped: (packet) => this.#world.dropped(packet, this.name, 'no-socket'),
    });
  }

  /** Only for those who use it: most worlds are of UDP alone. */
  #startTcp(): TcpStack {
    const { name, addresses, clock } = this;
    const world = this.#world;
    return new TcpStack(
      {
        name,
        addresses,
        clock,
        seed: world.seed,
        owns: (address) => this.owns(address),
        emit: (socket, src, dst, segment, data) => this.#send({ protocol: 'tcp', id: world.nextPacket(), host: name, socket, src, dst, ttl: DEFAULT_TTL, data, segment }),
        delivered: (packet, socket) => world.delivered(packet, name, socket),
        dropped: (packet) => world.dropped(packet, name, 'no-socket'),
      },
      new EphemeralPorts(),
    );
  }

  #isFree(host: string, port: number): boolean {
    const bound = this.#byPort.get(port);
    return bound === undefined || !bound.some(({ local }) => host === ANY_ADDRESS || local.host === ANY_ADDRESS || local.host === host);
  }
}
