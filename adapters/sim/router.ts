/**
 * The inner nodes of the tree: routers, NATs and firewalls with one link up, and the core with none. A router switches
 * between the devices below it without touching the packet, and forwards everything else at the cost of a hop.
 */
import type { Endpoint } from '../../effects/endpoint.ts';
import { encodeIcmp, readIcmp } from '../../effects/wire/icmp.ts';
import { translates } from './behaviour.ts';
import { type LinkBehaviour, Lane, type LinkWorld } from './link.ts';
import { errorAbout, IN_TRANSIT, mayBeReported, routerAddress } from './icmp-message.ts';
import type { Nat } from './nat.ts';
import { DEFAULT_TTL, hop, type IcmpPacket, isPrivate, KERNEL, type Packet, type TcpPacket } from './packet.ts';
import type { Flow } from './sighting.ts';
import { resetFor } from './tcp-segment.ts';

/** Anything that has a link up. */
export interface Device {
  readonly name: string;
  /** Takes a packet that comes down its link. */
  fromAbove(packet: Packet): void;
}

/** What routers need of the world they are in. */
export interface RouterWorld extends LinkWorld {
  readonly seed: string;
  nextPacket(): number;
  /** Whether a host has a raw ICMP socket: only to such a one it is worth while to say that its packet died. */
  hearsIcmp(host: string): boolean;
  sent(packet: Packet): void;
  delivered(packet: Packet, device: string, socket: string): void;
  translated(packet: Packet, device: string, before: Flow): void;
  forwarded(packet: Packet, device: string): void;
  /** The name of a link that was told to lose this packet, if one was. */
  ordered(packet: Packet): string | undefined;
}

/** The link between a device and the router above it. */
export class Link {
  readonly up: Lane;
  readonly down: Lane;

  constructor(below: Device, above: Router | Core, name: string, behaviour: LinkBehaviour, world: RouterWorld) {
    this.up = new Lane(name, `${name} up`, behaviour, world.seed, world, (packet) => above.fromBelow(packet));
    this.down = new Lane(name, `${name} down`, behaviour, world.seed, world, (packet) => below.fromAbove(packet));
  }

  cut(isCut: boolean): void {
    this.up.cut = isCut;
    this.down.cut = isCut;
  }
}

export class Router implements Device {
  readonly name: string;
  /** Its own addresses on the outside. */
  readonly addresses: readonly string[];
  readonly nat: Nat | undefined;
  readonly #world: RouterWorld;
  readonly #below = new Map<string, Link>();
  #uplink: { readonly link: Link; readonly above: Router | Core } | undefined;

  constructor(name: string, addresses: readonly string[], nat: Nat | undefined, world: RouterWorld) {
    this.name = name;
    this.addresses = addresses;
    this.nat = nat;
    this.#world = world;
  }

  /** Puts this router below another. */
  connect(link: Link, above: Router | Core): void {
    this.#uplink = { link, above };
    for (const address of this.addresses) above.announce(address, link);
  }

  /** Learns that `address` is reached by `link`; who does not translate says so to the router above too. */
  announce(address: string, link: Link): void {
    this.#below.set(address, link);
    if (this.nat === undefined || !translates(this.nat.behaviour)) this.#uplink?.above.announce(address, this.#uplink.link);
  }

  fromBelow(packet: Packet): void {
    const neighbour = this.#below.get(packet.dst.host);
    if (neighbour !== undefined) return this.#across(neighbour, packet);
    if (this.addresses.includes(packet.dst.host)) return this.#turnBack(packet);
    const now = this.#world.clock.now();
    const before = this.nat && { src: packet.src, dst: packet.dst };
    const reason = this.nat === undefined ? hop(packet) : this.nat.outbound(packet, now);
    if (reason !== undefined) {
      this.#world.dropped(packet, this.name, reason);
      if (reason === 'ttl') expired(this.#world, this.name, packet, packet, this.#addressFor(packet.src.host), this.#below.get(packet.src.host)?.down);
      return;
    }
    this.#passed(packet, before);
    this.#uplink?.link.up.carry(packet, false);
  }

  fromAbove(packet: Packet): void {
    const now = this.#world.clock.now();
    const { src, dst } = packet;
    // What says it is from the router itself is a martian to it.
    if (this.addresses.includes(src.host)) return this.#world.dropped(packet, this.name, 'unroutable');
    const before = this.nat && { src, dst };
    const reason = this.nat === undefined ? hop(packet) : this.nat.inbound(packet, now);
    if (reason !== undefined) {
      if (this.nat?.answersEcho(packet, false) === true && this.#answerEcho(packet, this.#uplink?.link.up)) return;
      this.#world.dropped(packet, this.name, reason);
      if (reason === 'ttl') return expired(this.#world, this.name, packet, { src, dst }, this.addresses[0] ?? this.#addressFor(dst.host), this.#uplink?.link.up);
      if (this.nat?.refuses(packet, reason) === true) this.#refuse(packet);
      return;
    }
    this.#passed(packet, before);
    this.#down(packet, false);
  }

  /** Its address in the network of a host, which is the outer one of the host where nothing translates. */
  #addressFor(host: string): string {
    return this.addresses.length === 0 ? routerAddress(host, 254) : routerAddress(host);
  }

  /** Answers in the name of whom the packet was for. */
  #refuse({ src, dst, segment, data }: TcpPacket): void {
    const answer: TcpPacket = {
      protocol: 'tcp',
      id: this.#world.nextPacket(),
      host: this.name,
      socket: KERNEL,
      src: dst,
      dst: src,
      ttl: DEFAULT_TTL,
      data: new Uint8Array(0),
      segment: resetFor(segment, data.length),
    };
    this.#world.sent(answer);
    this.#uplink?.link.up.carry(answer, false);
  }

  /** Answers an echo request to itself; false when it is none. */
  #answerEcho({ id, host, src, dst, data, ttl }: IcmpPacket, way: Lane | undefined): boolean {
    const message = readIcmp(data);
    if (message?.kind !== 'echo-request') return false;
    this.#world.delivered({ protocol: 'icmp', id, host, socket: KERNEL, src, dst, ttl, data }, this.name, KERNEL);
    emit(this.#world, this.name, dst, src, encodeIcmp({ ...message, kind: 'echo-reply' }), way);
    return true;
  }

  #across(link: Link, packet: Packet): void {
    const losing = this.#world.ordered(packet);
    if (losing !== undefined) return this.#world.dropped(packet, losing, 'loss');
    link.down.carry(packet, true);
  }

  #turnBack(packet: Packet): void {
    if (this.nat === undefined) return this.#world.dropped(packet, this.name, 'no-socket');
    const before = { src: packet.src, dst: packet.dst };
    const losing = this.#world.ordered(packet);
    if (losing !== undefined) return this.#world.dropped(packet, losing, 'loss');
    if (this.nat.answersEcho(packet, true) && this.#answerEcho(packet, this.#below.get(packet.src.host)?.down)) return;
    const reason = this.nat.hairpin(packet, this.#world.clock.now());
    if (reason !== undefined) return this.#world.dropped(packet, this.name, reason);
    this.#passed(packet, before);
    this.#down(packet, true);
  }

  #passed(packet: Packet, before: Flow | undefined): void {
    if (before !== undefined && (before.src !== packet.src || before.dst !== packet.dst)) this.#world.translated(packet, this.name, before);
    else this.#world.forwarded(packet, this.name);
  }

  /** To whom it is for, who is below: that address was announced to the router above, or has sent what made the mapping. */
  #down(packet: Packet, later: boolean): void {
    this.#below.get(packet.dst.host)?.down.carry(packet, later);
  }
}

/** The middle of the internet: it knows every public address and routes no private one. */
export class Core {
  readonly name: string;
  readonly #world: RouterWorld;
  readonly #below = new Map<string, Link>();

  constructor(name: string, world: RouterWorld) {
    this.name = name;
    this.#world = world;
  }

  announce(address: string, link: Link): void {
    this.#below.set(address, link);
  }

  fromBelow(packet: Packet): void {
    const losing = this.#world.ordered(packet);
    if (losing !== undefined) return this.#world.dropped(packet, losing, 'loss');
    const link = this.#below.get(packet.dst.host);
    if (isPrivate(packet.src.host)) return this.#world.dropped(packet, this.name, 'private-source');
    if (link === undefined || isPrivate(packet.dst.host)) return this.#world.dropped(packet, this.name, 'unroutable');
    const reason = hop(packet);
    if (reason !== undefined) {
      this.#world.dropped(packet, this.name, reason);
      return expired(this.#world, this.name, packet, packet, routerAddress(packet.src.host), this.#below.get(packet.src.host)?.down);
    }
    this.#world.forwarded(packet, this.name);
    link.down.carry(packet, true);
  }
}

/** Tells the sender of `packet`, if it listens, that its time to live ran out here; `flow` is what the packet said then. */
function expired(world: RouterWorld, device: string, packet: Packet, flow: Flow, from: string, way: Lane | undefined): void {
  if (!world.hearsIcmp(packet.host) || !mayBeReported(packet)) return;
  emit(world, device, { host: from, port: 0 }, { ...flow.src, port: 0 }, errorAbout(packet, flow, 'time-exceeded', IN_TRANSIT), way);
}

/** Sends ICMP of a device's own. */
function emit(world: RouterWorld, device: string, src: Endpoint, dst: Endpoint, data: Uint8Array, way: Lane | undefined): void {
  const packet: Packet = { protocol: 'icmp', id: world.nextPacket(), host: device, socket: KERNEL, src, dst, ttl: DEFAULT_TTL, data };
  world.sent(packet);
  way?.carry(packet, true);
}
