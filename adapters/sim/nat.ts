/**
 * One NAT, or a stateful firewall: what becomes of a packet that leaves, arrives, or turns back. It rewrites the packet in
 * place or says why not. It knows no topology, sends nothing and sets no timer. Sources: RFC 4787; Linux nf_conntrack.
 */
import { type Endpoint, formatEndpoint } from '../../effects/endpoint.ts';
import { chance, seedOf } from '../../effects/seed.ts';
import { Allocator, type IsFree } from './allocation.ts';
import { key, type NatBehaviour, translates } from './behaviour.ts';
import { bounded, Flows, type IsAlive, type Route } from './flows.ts';
import { begins } from './nat-session.ts';
import { type IcmpContext, IcmpNat } from './nat-icmp.ts';
import { type DropReason, hop, type IcmpPacket, type Packet, type Ported, type TcpPacket } from './packet.ts';
import { Mapping, nameOf, type RowReport, Table, type TableRow } from './table.ts';

/** What a NAT is made of. */
export interface NatOptions {
  readonly behaviour: NatBehaviour;
  /** Its own addresses on the outside; with a pool, at least as many as the pool is large. None for a firewall. */
  readonly addresses: readonly string[];
  readonly seed: string;
  readonly report?: RowReport | undefined;
}

/** A NAT by RFC 4787: each packet is translated, or dropped with a reason. */
export class Nat {
  readonly behaviour: NatBehaviour;
  readonly #addresses: readonly string[];
  readonly #table: Table;
  readonly #allocator: Allocator;
  readonly #poolSeed: number;
  #pooled = 0;
  readonly #paired = new Map<string, string>();
  /** Until when (ms) the entry lives that a packet to the NAT itself left, by its source and destination. */
  readonly #early = new Map<string, number>();
  readonly #flows: Readonly<Record<Ported, Flows>>;
  readonly #icmp: IcmpNat;
  /** Whether strangers can come in by a mapping that a flow to them would not get. */
  readonly #isLoose: boolean;

  constructor({ behaviour, addresses, seed, report }: NatOptions) {
    if (translates(behaviour) && addresses.length < behaviour.pool.size) {
      throw new RangeError(`a NAT with a pool of ${behaviour.pool.size} has ${addresses.length} external addresses`);
    }
    this.behaviour = behaviour;
    this.#addresses = addresses.slice(0, behaviour.pool.size);
    this.#table = new Table(behaviour, report ?? (() => {}));
    this.#allocator = new Allocator(behaviour.allocation, behaviour.parity, seedOf(seed, 'ports'));
    this.#poolSeed = seedOf(seed, 'pool');
    const isAlive: IsAlive = ({ mapping, remote }, now) => this.#table.row(mapping, key(behaviour.filtering, remote), now) !== undefined;
    this.#flows = { udp: new Flows(seedOf(seed, 'aliases'), isAlive), tcp: new Flows(seedOf(seed, 'aliases tcp'), isAlive) };
    const externalHost = (insideHost: string): string => this.#externalHost(insideHost);
    const mappingOf: IcmpContext['mappingOf'] = (...flow) => this.#present(...flow)?.mapping;
    this.#icmp = new IcmpNat({ behaviour, table: this.#table, seed: seedOf(seed, 'identifiers'), externalHost, mappingOf });
    this.#isLoose = behaviour.mapping !== 'endpoint-independent' && behaviour.filtering !== 'address-and-port-dependent';
  }

  /**
   * From inside to outside: the packet gets its external source and a hop less. A time to live that ends here leaves no
   * row, for the kernel looks at it before the new flow is confirmed, and before what is blocked.
   */
  outbound(packet: Packet, now: number): DropReason | undefined {
    if (packet.ttl <= 1) return 'ttl';
    const blocked = this.#blocked(packet);
    if (blocked !== undefined) return blocked;
    if (packet.protocol === 'icmp') return this.#icmp.outbound(packet, now) ?? hop(packet);
    const { protocol } = packet;
    const segment = protocol === 'tcp' ? packet.segment : undefined;
    if (protocol === 'tcp' && !this.#belongs(packet, now)) return 'no-session';
    const route = this.#flows[protocol].route(packet.src, packet.dst, now) ?? this.#newRoute(protocol, packet.src, packet.dst, now);
    if (route === undefined) return 'no-port';
    const { mapping, remote } = route;
    if (!this.#table.outbound(mapping, key(this.behaviour.filtering, remote), now, segment)) return 'table-full';
    packet.src = mapping.external;
    if (remote.port !== packet.dst.port) packet.dst = remote;
    return hop(packet);
  }

  /**
   * From outside to inside. The row is found and refreshed before the time to live is looked at, as in the kernel, and a
   * packet to the NAT itself needs no hop at all.
   */
  inbound(packet: Packet, now: number): DropReason | undefined {
    const blocked = this.#blocked(packet);
    if (blocked !== undefined) return blocked;
    if (packet.protocol === 'icmp') return this.#icmp.inbound(packet, now) ?? hop(packet);
    const { protocol } = packet;
    const segment = protocol === 'tcp' ? packet.segment : undefined;
    if (protocol === 'udp' && this.#isEarly(packet.src, packet.dst, now)) return this.#unsolicited(packet, now, 'early-probe');
    const mapping = this.#table.owner(nameOf(protocol, packet.dst), now);
    if (mapping === undefined) return this.#unsolicited(packet, now, 'no-mapping');
    const row = this.#table.row(mapping, key(this.behaviour.filtering, packet.src), now);
    if (row === undefined || (segment !== undefined && row.session?.admits(segment) === false)) return this.#unsolicited(packet, now, 'filtering');
    this.#table.inbound(row, now, segment);
    if (this.#isLoose) packet.src = this.#flows[protocol].known(mapping, packet.src, now);
    packet.dst = mapping.inside;
    return hop(packet);
  }

  /**
   * From inside to an external endpoint of this NAT: out and in again, at the cost of one hop. Filtering is for strangers;
   * what the inside sends to itself passes, as where the kernel's NAT is told to hairpin. An ICMP error needs no hairpin: the
   * kernel brings it to whom it is about, and leaves its source as it is.
   */
  hairpin(packet: Packet, now: number): DropReason | undefined {
    const blocked = this.#blocked(packet);
    if (blocked !== undefined) return blocked;
    if (packet.protocol === 'icmp') return this.#icmp.inbound(packet, now) ?? hop(packet);
    if (!this.behaviour.hairpin) return 'no-hairpin';
    const { protocol } = packet;
    const target = this.#table.owner(nameOf(protocol, packet.dst), now);
    if (target === undefined) return 'no-mapping';
    const out = this.outbound(packet, now);
    if (out !== undefined) return out;
    const segment = protocol === 'tcp' ? packet.segment : undefined;
    if (!this.#table.outbound(target, key(this.behaviour.filtering, packet.src), now, segment, 'in')) return 'table-full';
    this.#flows[protocol].follow(target, packet.src);
    packet.dst = target.inside;
    return undefined;
  }

  /** Forgets every mapping, row and probe; the next ports go on from where they were. */
  reboot(): void {
    this.#table.clear();
    this.#early.clear();
    this.#flows.udp.clear();
    this.#flows.tcp.clear();
    this.#paired.clear();
  }

  /** Whether this packet, which was not let in, gets a RST for an answer. */
  refuses(packet: Packet, reason: DropReason): packet is TcpPacket {
    if (packet.protocol !== 'tcp' || packet.segment.rst || this.behaviour.unsolicitedSyn !== 'reset') return false;
    return reason === 'no-mapping' || reason === 'filtering';
  }

  /** Whether it answers this packet itself, as a host does: an echo request, where its INPUT accepts, and any from inside. */
  answersEcho(packet: Packet, isFromInside: boolean): packet is IcmpPacket {
    return packet.protocol === 'icmp' && (isFromInside || this.behaviour.earlyProbe === 'clash');
  }

  /** What the table holds now. */
  rows(now: number): TableRow[] {
    return this.#table.rows(now);
  }

  /** Whether `row` still lives. */
  holds(row: TableRow, now: number): boolean {
    return this.#table.holds(row, now);
  }

  #blocked(packet: Packet): DropReason | undefined {
    return this.behaviour.blocked.includes(packet.protocol) ? `${packet.protocol}-blocked` : undefined;
  }

  /** Whether a segment from inside is of a known session, or begins one; a SYN does so in the place of one that is over. */
  #belongs({ src, dst, segment }: TcpPacket, now: number): boolean {
    const row = this.#present('tcp', src, dst, now);
    if (row === undefined) return begins(segment);
    if (segment.syn && segment.ack === undefined && row.session?.isOver === true) this.#table.end(row);
    return true;
  }

  /** The row of a flow from inside, if it has one. */
  #present(protocol: Ported, inside: Endpoint, to: Endpoint, now: number): TableRow | undefined {
    const { mapping, remote } = this.#flows[protocol].route(inside, to, now) ?? { mapping: this.#table.find(this.#mappingKey(protocol, inside, to), now), remote: to };
    return mapping && this.#table.row(mapping, key(this.behaviour.filtering, remote), now);
  }

  #mappingKey(protocol: Ported, inside: Endpoint, remote: Endpoint): string {
    return `${nameOf(protocol, inside)} ${key(this.behaviour.mapping, remote)}`;
  }

  /** The way of a flow that nothing was noted of. */
  #newRoute(protocol: Ported, inside: Endpoint, remote: Endpoint, now: number): Route | undefined {
    const mappingKey = this.#mappingKey(protocol, inside, remote);
    const known = this.#table.find(mappingKey, now);
    // A clash gives this flow another port, and the kernel prefers the newest port of a source for its next flows. Flows that
    // were there before keep theirs.
    const isClash = protocol === 'udp' && this.behaviour.earlyProbe === 'clash';
    const clashes = isClash && known !== undefined && this.#isEarly(remote, known.external, now);
    const mapping = known === undefined || clashes ? this.#allocate(protocol, mappingKey, inside, now, isClash ? remote : undefined) : known;
    if (mapping === undefined) return undefined;
    if (isClash || this.#isLoose) this.#flows[protocol].follow(mapping, remote);
    return { mapping, remote };
  }

  /** A new mapping; `beside` is a remote whose early probes its external endpoint has to avoid. */
  #allocate(protocol: Ported, mappingKey: string, inside: Endpoint, now: number, beside?: Endpoint): Mapping | undefined {
    if (!translates(this.behaviour)) {
      const itself = new Mapping(protocol, mappingKey, inside, inside);
      this.#table.add(itself);
      return itself;
    }
    const host = this.#externalHost(inside.host);
    const isFree: IsFree = (port) =>
      this.#table.owner(nameOf(protocol, { host, port }), now) === undefined && (beside === undefined || !this.#isEarly(beside, { host, port }, now));
    const port = this.#allocator.pick(inside, now, isFree);
    if (port === undefined) return undefined;
    const mapping = new Mapping(protocol, mappingKey, inside, { host, port });
    this.#table.add(mapping);
    return mapping;
  }

  #externalHost(insideHost: string): string {
    const only = this.#addresses[0]!;
    if (this.#addresses.length === 1) return only;
    if (this.behaviour.pool.pooling === 'arbitrary') return this.#addresses[this.#drawAddress()] ?? only;
    let host = this.#paired.get(insideHost);
    if (host === undefined) {
      host = this.#addresses[this.#paired.size % this.#addresses.length] ?? only;
      this.#paired.set(insideHost, host);
    }
    return host;
  }

  #drawAddress(): number {
    return Math.floor(chance(this.#poolSeed, this.#pooled++) * this.#addresses.length);
  }

  /** A packet for nobody inside. Where INPUT accepts, it leaves an entry, or refreshes the one it left. */
  #unsolicited(packet: Packet, now: number, reason: DropReason): DropReason {
    if (this.behaviour.earlyProbe === 'ignored' || packet.protocol !== 'udp') return reason;
    const probe = probeKey(packet.src, packet.dst);
    this.#early.delete(probe);
    bounded(this.#early).set(probe, now + this.behaviour.expiry.unrepliedMs);
    return 'early-probe';
  }

  #isEarly(remote: Endpoint, external: Endpoint, now: number): boolean {
    if (this.#early.size === 0) return false;
    const probe = probeKey(remote, external);
    const expiresAt = this.#early.get(probe);
    if (expiresAt === undefined) return false;
    if (expiresAt > now) return true;
    this.#early.delete(probe);
    return false;
  }
}

function probeKey(remote: Endpoint, external: Endpoint): string {
  return `${formatEndpoint(remote)} ${formatEndpoint(external)}`;
}
