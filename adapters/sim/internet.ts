/**
 * A simulated internet: a core, routers and NATs below it in a tree, hosts at its leaves, all under one virtual clock.
 * The same seed gives the same bytes. Observers see every hop; while nobody observes, nothing is collected.
 */
import { VirtualClock } from './clock.ts';
import { Host } from './host.ts';
import { type LinkBehaviour, PERFECT_LINK } from './link.ts';
import type { NatBehaviour } from './behaviour.ts';
import { Nat } from './nat.ts';
import type { DropReason, Packet } from './packet.ts';
import { Core, type Device, Link, Router, type RouterWorld } from './router.ts';
import type { Flow, Observer, Sighting } from './sighting.ts';
import type { RowChange, TableRow } from './table.ts';

/** The same seed makes the same internet, to the last packet. */
export interface InternetOptions {
  readonly seed: string;
  /** Defaults to a clock of its own, at 0. */
  readonly clock?: VirtualClock;
}

/** Where a device hangs, and by what link. */
export interface Attachment {
  readonly name: string;
  /** The router above; the core when absent. */
  readonly above?: Router | undefined;
  /** Defaults to a perfect one. */
  readonly link?: Partial<LinkBehaviour> | undefined;
  /** The link's name in reports; defaults to `link-<name>`. */
  readonly linkName?: string | undefined;
  readonly addresses: readonly string[];
}

/** Says which link, if any, is to lose this packet. Asked once for each packet, where it leaves its own side of the tree. */
export type LossOrder = (packet: Packet) => string | undefined;

/** Hosts, NATs, routers and links under one virtual clock. `world()` builds one from words; this is for other shapes. */
export class Internet implements RouterWorld {
  readonly clock: VirtualClock;
  readonly seed: string;
  readonly core: Core;
  readonly hosts = new Map<string, Host>();
  readonly routers = new Map<string, Router>();
  readonly links = new Map<string, Link>();
  lossOrder: LossOrder | undefined;
  #observers: Observer[] = [];
  #packets = 0;

  constructor({ seed, clock = new VirtualClock() }: InternetOptions) {
    this.seed = seed;
    this.clock = clock;
    this.core = new Core('core', this);
  }

  /** Adds a host. It is reached by its addresses from then on. */
  host(attachment: Attachment): Host {
    const { name, addresses } = attachment;
    const host = new Host(name, addresses, this);
    this.hosts.set(name, host);
    const link = this.#link(host, attachment);
    host.connect(link.up);
    for (const address of addresses) (attachment.above ?? this.core).announce(address, link);
    return host;
  }

  /** A plain router, or with a behaviour a NAT or firewall. `addresses` are its outside ones; a firewall needs none. */
  router(attachment: Attachment, behaviour?: NatBehaviour): Router {
    const { name, addresses } = attachment;
    const report = (change: RowChange, row: TableRow): void => this.#row(name, change, row);
    const nat = behaviour && new Nat({ behaviour, addresses, seed: `${this.seed}/${name}`, report });
    const router = new Router(name, addresses, nat, this);
    this.routers.set(name, router);
    router.connect(this.#link(router, attachment), attachment.above ?? this.core);
    return router;
  }

  /** Calls `observer` with everything that happens from now on; the answer ends it. */
  observe(observer: Observer): () => void {
    this.#observers = [...this.#observers, observer];
    return () => {
      this.#observers = this.#observers.filter((other) => other !== observer);
    };
  }

  /** The id of the next packet. */
  nextPacket(): number {
    return this.#packets++;
  }

  /** Reports that a packet was sent. */
  sent(packet: Packet): void {
    if (this.#observers.length === 0) return;
    const { id, src, dst, socket, ttl, data } = packet;
    const seen = { type: 'sent', at: this.clock.now(), device: packet.host, id, src, dst, socket, ttl, data } as const;
    if (packet.protocol === 'udp') return this.#report(seen);
    this.#report(packet.protocol === 'tcp' ? { ...seen, segment: packet.segment } : { ...seen, icmp: true });
  }

  /** Reports that it reached a socket. */
  delivered(packet: Packet, device: string, socket: string): void {
    if (this.#observers.length === 0) return;
    const { id, src, dst } = packet;
    this.#report({ type: 'delivered', at: this.clock.now(), device, id, src, dst, socket });
  }

  /** Reports that a NAT changed its addresses. */
  translated(packet: Packet, device: string, before: Flow): void {
    if (this.#observers.length === 0) return;
    const { id, src, dst } = packet;
    this.#report({ type: 'translated', at: this.clock.now(), device, id, src, dst, before });
  }

  /** Reports that a router passed it on. */
  forwarded(packet: Packet, device: string): void {
    if (this.#observers.length === 0) return;
    const { id, src, dst } = packet;
    this.#report({ type: 'forwarded', at: this.clock.now(), device, id, src, dst });
  }

  /** Reports that a device dropped it, and why. */
  dropped(packet: Packet, device: string, reason: DropReason): void {
    if (this.#observers.length === 0) return;
    const { id, src, dst } = packet;
    this.#report({ type: 'dropped', at: this.clock.now(), device, id, src, dst, reason });
  }

  copy(packet: Packet, device: string): Packet {
    const copy = { ...packet, id: this.nextPacket() };
    if (this.#observers.length > 0) {
      const { id, src, dst } = copy;
      this.#report({ type: 'duplicated', at: this.clock.now(), device, id, src, dst, of: packet.id });
    }
    return copy;
  }

  hearsIcmp(host: string): boolean {
    return this.hosts.get(host)?.hearsIcmp === true;
  }

  ordered(packet: Packet): string | undefined {
    return this.lossOrder?.(packet);
  }

  #link(device: Device, { name, above, link, linkName = `link-${name}` }: Attachment): Link {
    const made = new Link(device, above ?? this.core, linkName, { ...PERFECT_LINK, ...link }, this);
    this.links.set(linkName, made);
    return made;
  }

  #row(device: string, change: RowChange, row: TableRow): void {
    if (this.#observers.length === 0) return;
    const { protocol, inside, external, remote, replied, createdAt, expiresAt } = row;
    const seen = { protocol, inside, external, remote, replied, createdAt, expiresAt };
    this.#report({ type: `row.${change}`, at: this.clock.now(), device, row: seen });
    if (change === 'added' || change === 'closing') this.#watch(device, row);
  }

  /** Rows die unseen until somebody asks for them; for observers the clock asks in time. */
  #watch(device: string, row: TableRow): void {
    this.clock.setTimeout(() => {
      if (this.#observers.length > 0 && this.routers.get(device)?.nat?.holds(row, this.clock.now())) this.#watch(device, row);
    }, row.expiresAt - this.clock.now());
  }

  #report(sighting: Sighting): void {
    for (const observer of this.#observers) observer(sighting);
  }
}
