/**
 * What a NAT or firewall makes of ICMP: echoes by their identifier, one entry for each remote, and errors by the packet that
 * they quote, whoever sends them. It rewrites the packet in place or says why not. Sources: RFC 5508; Linux nf_conntrack_proto_icmp.
 */
import { type Endpoint, formatEndpoint } from '../../effects/endpoint.ts';
import { chance } from '../../effects/seed.ts';
import { encodeIcmp, type IcmpEcho, type IcmpError, IP_PROTOCOL, quotedEcho, readIcmp } from '../../effects/wire/icmp.ts';
import { key, type NatBehaviour, translates } from './behaviour.ts';
import { bounded } from './flows.ts';
import type { DropReason, IcmpPacket, Ported } from './packet.ts';
import { Mapping, nameOf, type Table } from './table.ts';

/** What it needs of the NAT that it is part of. */
export interface IcmpContext {
  readonly behaviour: NatBehaviour;
  readonly table: Table;
  /** The order of identifiers on clashes. */
  readonly seed: number;
  externalHost(insideHost: string): string;
  /** The mapping by which a flow from inside leaves now, if it has one. */
  mappingOf(protocol: Ported, inside: Endpoint, remote: Endpoint, now: number): Mapping | undefined;
}

/** Identifiers are 0 to 65535, all of them. */
const IDENTIFIERS = 65_536;

export class IcmpNat {
  readonly #context: IcmpContext;
  #draws = 0;
  /** The newest mapping of each inside host and identifier. */
  readonly #newest = new Map<string, Mapping>();

  constructor(context: IcmpContext) {
    this.#context = context;
  }

  /** From inside to outside. What belongs to nothing known goes out as it is, with its inside source: Linux translates flows only. */
  outbound(packet: IcmpPacket, now: number): DropReason | undefined {
    const message = readIcmp(packet.data);
    if (message?.kind === 'echo-request') return this.#ask(packet, message, now);
    if (message !== undefined && 'quoted' in message) this.#tell(packet, message, now);
    return undefined;
  }

  /** From outside to inside: answers to echoes, and errors about what was sent. */
  inbound(packet: IcmpPacket, now: number): DropReason | undefined {
    const message = readIcmp(packet.data);
    if (message?.kind === 'echo-reply') return this.#answered(packet, message, now);
    if (message !== undefined && 'quoted' in message) return this.#told(packet, message, now);
    return 'no-mapping';
  }

  #ask(packet: IcmpPacket, echo: IcmpEcho, now: number): DropReason | undefined {
    const { table } = this.#context;
    const inside = { host: packet.src.host, port: echo.id };
    const remote = packet.dst.host;
    const mapping = table.find(echoKey(inside, remote), now) ?? this.#allocate(inside, remote, now);
    if (mapping === undefined) return 'no-port';
    if (!table.outbound(mapping, remote, now)) return 'table-full';
    packet.src = noPort(mapping.external.host);
    setIdentifier(packet, echo, mapping.external.port);
    return undefined;
  }

  #answered(packet: IcmpPacket, echo: IcmpEcho, now: number): DropReason | undefined {
    const { table } = this.#context;
    const remote = packet.src.host;
    const mapping = table.owner(echoName({ host: packet.dst.host, port: echo.id }, remote), now);
    const row = mapping && table.row(mapping, remote, now);
    if (row === undefined) return 'no-mapping';
    table.inbound(row, now);
    packet.dst = noPort(row.inside.host);
    setIdentifier(packet, echo, row.inside.port);
    return undefined;
  }

  /** An error from outside. Its sender may be anybody: any router on the way can have something to say. */
  #told(packet: IcmpPacket, error: IcmpError, now: number): DropReason | undefined {
    const { behaviour, table } = this.#context;
    const { quoted } = error;
    const flow = quotedFlow(error);
    if (flow === undefined || flow.isEcho === 'reply' || quoted.src !== packet.dst.host) return 'no-mapping';
    const { protocol, src, dst } = flow;
    const mapping = table.owner(protocol === 'icmp' ? echoName(src, dst.host) : nameOf(protocol, src), now);
    if (mapping === undefined) return 'no-mapping';
    const remote = protocol === 'icmp' ? dst.host : key(behaviour.filtering, dst);
    if (table.row(mapping, remote, now) === undefined) return 'filtering';
    packet.dst = noPort(mapping.inside.host);
    requote(packet, error, 'src', mapping.inside);
    return undefined;
  }

  /** An error from inside, about a packet that came in, or about none. */
  #tell(packet: IcmpPacket, error: IcmpError, now: number): void {
    const { behaviour, table, externalHost, mappingOf } = this.#context;
    const flow = quotedFlow(error);
    if (flow !== undefined && error.quoted.src === packet.dst.host && flow.isEcho !== 'request') {
      const { protocol, src, dst } = flow;
      const mapping = protocol === 'icmp' ? table.find(echoKey(dst, src.host), now) : mappingOf(protocol, dst, src, now);
      if (mapping !== undefined) {
        packet.src = noPort(mapping.external.host);
        return requote(packet, error, 'dst', mapping.external);
      }
    }
    if (behaviour.icmp.unknownErrors === 'translated' && translates(behaviour)) packet.src = noPort(externalHost(packet.src.host));
  }

  /**
   * As the kernel chooses: the identifier that this one was given last, for another remote; its own; or a random one, where
   * other inside hosts have those at the same remote.
   */
  #allocate(inside: Endpoint, remote: string, now: number): Mapping | undefined {
    const { behaviour, table, externalHost, seed } = this.#context;
    const host = translates(behaviour) ? externalHost(inside.host) : inside.host;
    const isFree = (id: number): boolean => table.owner(echoName({ host, port: id }, remote), now) === undefined;
    const newest = this.#newest.get(formatEndpoint(inside));
    let id = newest && table.find(newest.key, now) === newest ? newest.external.port : inside.port;
    if (!isFree(id)) id = inside.port;
    for (let tries = 0; !isFree(id); tries += 1) {
      if (tries >= IDENTIFIERS) return undefined;
      id = tries === 0 ? Math.floor(chance(seed, this.#draws++) * IDENTIFIERS) : (id + 1) % IDENTIFIERS;
    }
    const external = { host, port: id };
    const mapping = new Mapping('icmp', echoKey(inside, remote), inside, external, echoName(external, remote));
    table.add(mapping);
    this.#remember(mapping);
    return mapping;
  }

  #remember(mapping: Mapping): void {
    const source = formatEndpoint(mapping.inside);
    this.#newest.delete(source);
    bounded(this.#newest).set(source, mapping);
  }
}

/** The packet that an error quotes, with its identifier for a port on the side of the one who asked. */
interface QuotedFlow {
  readonly protocol: Ported | 'icmp';
  readonly src: Endpoint;
  readonly dst: Endpoint;
  readonly isEcho?: 'request' | 'reply';
}

function quotedFlow({ quoted }: IcmpError): QuotedFlow | undefined {
  const [src, dst] = [quoted.src, quoted.dst];
  const echo = quotedEcho(quoted);
  if (echo?.kind === 'echo-request') return { protocol: 'icmp', src: { host: src, port: echo.id }, dst: noPort(dst), isEcho: 'request' };
  if (echo?.kind === 'echo-reply') return { protocol: 'icmp', src: noPort(src), dst: { host: dst, port: echo.id }, isEcho: 'reply' };
  const protocol = PORTED[quoted.protocol];
  return protocol && { protocol, src: { host: src, port: u16(quoted.data, 0) }, dst: { host: dst, port: u16(quoted.data, 2) } };
}

const PORTED: Readonly<Record<number, Ported>> = { [IP_PROTOCOL.udp]: 'udp', [IP_PROTOCOL.tcp]: 'tcp' };

/** Under which a mapping of an echo is found from inside, and by its external side: unlike ports, identifiers are for one remote. */
function echoKey(inside: Endpoint, remote: string): string {
  return `icmp ${formatEndpoint(inside)} ${remote}`;
}

function echoName(external: Endpoint, remote: string): string {
  return `${nameOf('icmp', external)} ${remote}`;
}

function noPort(host: string): Endpoint {
  return { host, port: 0 };
}

function setIdentifier(packet: IcmpPacket, echo: IcmpEcho, id: number): void {
  if (id !== echo.id) packet.data = encodeIcmp({ ...echo, id });
}

/** Rewrites one end of the quoted packet, as the receiver of the error knows it. */
function requote(packet: IcmpPacket, error: IcmpError, side: 'src' | 'dst', { host, port }: Endpoint): void {
  const { quoted } = error;
  const data = quoted.data.slice();
  if (quoted.protocol === IP_PROTOCOL.icmp) {
    // The rest of the message may not be quoted, so its checksum can only be moved along (RFC 1624).
    const sum = ((~u16(data, 2) & 0xffff) + (~u16(data, 4) & 0xffff) + port) % 0xffff;
    setU16(data, 2, ~sum & 0xffff);
    setU16(data, 4, port);
  } else {
    setU16(data, side === 'src' ? 0 : 2, port);
  }
  packet.data = encodeIcmp({ ...error, quoted: { ...quoted, [side]: host, checksum: undefined, data } });
}

function u16(data: Uint8Array, at: number): number {
  return ((data[at] ?? 0) << 8) | (data[at + 1] ?? 0);
}

function setU16(data: Uint8Array, at: number, value: number): void {
  data.set([value >>> 8, value & 255], at);
}
