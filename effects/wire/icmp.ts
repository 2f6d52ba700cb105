/**
 * ICMP over IPv4 (RFC 792): echo, echo reply, time exceeded and destination unreachable, without the outer IP header. An error
 * quotes the packet that it is about: its IPv4 header and the bytes behind it, of which 8 are promised. Sends nothing.
 * Layout: type(1) code(1) checksum(2), then of an echo id(2) sequence(2) data; of an error rest(4) and the quoted packet.
 */
import { DecodeError, readable, Reader, Writer } from './bytes.ts';
import { ipToGroups, ipv4ToText } from './stun-address.ts';

export type IcmpMessage = IcmpEcho | IcmpError;

export interface IcmpEcho {
  readonly kind: 'echo-request' | 'echo-reply';
  /** 0 to 65535, as is the sequence. A NAT translates by it. */
  readonly id: number;
  readonly sequence: number;
  readonly data: Uint8Array;
}

export interface IcmpError {
  readonly kind: 'time-exceeded' | 'unreachable';
  /** Which kind of it: 0 is the time to live in transit, or the network. */
  readonly code: number;
  /** The 32 bits that most errors leave unused. */
  readonly rest: number;
  readonly quoted: QuotedPacket;
}

/** The packet that an error is about, as far as it is quoted. What is optional is always there when it was decoded. */
export interface QuotedPacket {
  readonly src: string;
  readonly dst: string;
  /** 1 is ICMP, 6 TCP, 17 UDP. */
  readonly protocol: number;
  /** What is behind the header, 8 bytes at least. */
  readonly data: Uint8Array;
  readonly tos?: number | undefined;
  /** Of the whole packet, as its header says; nobody checks it. Default: of what is quoted. */
  readonly length?: number | undefined;
  readonly id?: number | undefined;
  /** Flags and fragment offset. */
  readonly fragment?: number | undefined;
  /** Default 1: the last hop of a packet that died on its way. */
  readonly ttl?: number | undefined;
  /** As its header says; nobody checks it. Default: the right one. */
  readonly checksum?: number | undefined;
  readonly options?: Uint8Array | undefined;
}

export const IP_PROTOCOL = { icmp: 1, tcp: 6, udp: 17 } as const;

/** Reads one whole message. DecodeError on any other type, a wrong checksum, or a packet that is not quoted as it must be. */
export function decodeIcmp(bytes: Uint8Array): IcmpMessage {
  const reader = new Reader(bytes);
  const type = reader.u8();
  const code = reader.u8();
  const kind = KINDS[type];
  if (kind === undefined) throw new DecodeError(`ICMP type ${type}, neither an echo nor an error that is known here,`, 0);
  reader.skip(2);
  if (internetChecksum(bytes) !== 0) throw new DecodeError('a wrong ICMP checksum', 2);
  if (kind === 'time-exceeded' || kind === 'unreachable') return { kind, code, rest: reader.u32(), quoted: readQuoted(reader) };
  if (code !== 0) throw new DecodeError(`code ${code} of an echo`, 1);
  return { kind, id: reader.u16(), sequence: reader.u16(), data: reader.bytes(reader.remaining) };
}

/** RangeError for a field that does not fit, an address that is not IPv4, or a quote that is too short. */
export function encodeIcmp(message: IcmpMessage): Uint8Array {
  const out = new Writer(64).u8(TYPES[message.kind]);
  switch (message.kind) {
    case 'echo-request':
    case 'echo-reply':
      out.u8(0).u16(0).u16(message.id).u16(message.sequence).bytes(message.data);
      break;
    case 'time-exceeded':
    case 'unreachable':
      out.u8(message.code).u16(0).u32(message.rest);
      writeQuoted(out, message.quoted);
  }
  out.setU16(2, internetChecksum(out.written()));
  return out.finish();
}

/** The echo that an error is about, without its data; undefined when it is about something else. Its checksum is not checked. */
export function quotedEcho({ protocol, data }: QuotedPacket): Omit<IcmpEcho, 'data'> | undefined {
  const kind = KINDS[data[0] ?? NO_TYPE];
  if (protocol !== IP_PROTOCOL.icmp || data.length < QUOTED_BYTES || data[1] !== 0) return undefined;
  if (kind !== 'echo-request' && kind !== 'echo-reply') return undefined;
  const reader = new Reader(data, 4);
  return { kind, id: reader.u16(), sequence: reader.u16() };
}

/** The message; undefined for what is not known, or broken. */
export function readIcmp(data: Uint8Array): IcmpMessage | undefined {
  const message = readable(() => decodeIcmp(data));
  return message instanceof Error ? undefined : message;
}

/** What the checksum field has to be (RFC 1071), or 0 for bytes that hold it already and are sound. Parts but the last are of even length. */
export function internetChecksum(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const bytes of parts) {
    for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at]! << 8) | (bytes[at + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

const TYPES = { 'echo-reply': 0, unreachable: 3, 'echo-request': 8, 'time-exceeded': 11 } as const;
const KINDS: Readonly<Record<number, IcmpMessage['kind']>> = { 0: 'echo-reply', 3: 'unreachable', 8: 'echo-request', 11: 'time-exceeded' };
/** Of an empty packet: what no ICMP message has. */
const NO_TYPE = 256;
/** RFC 792: "the first 64 bits of the original datagram's data". */
const QUOTED_BYTES = 8;
/** Bytes of an IPv4 header without options. */
const BARE_HEADER = 20;

function readQuoted(reader: Reader): QuotedPacket {
  const at = reader.offset;
  const first = reader.u8();
  if (first >> 4 !== 4) throw new DecodeError(`a quoted packet of IP version ${first >> 4}`, at);
  const optionBytes = (first & 15) * 4 - BARE_HEADER;
  if (optionBytes < 0) throw new DecodeError(`a quoted IP header of ${(first & 15) * 4} bytes`, at);
  const [tos, length, id, fragment] = [reader.u8(), reader.u16(), reader.u16(), reader.u16()];
  const [ttl, protocol, checksum] = [reader.u8(), reader.u8(), reader.u16()];
  const src = ipv4ToText(reader.u16(), reader.u16());
  const dst = ipv4ToText(reader.u16(), reader.u16());
  const options = reader.bytes(optionBytes);
  if (reader.remaining < QUOTED_BYTES) throw new DecodeError(`only ${reader.remaining} bytes of the quoted packet behind its header`, reader.offset);
  return { src, dst, protocol, data: reader.bytes(reader.remaining), tos, length, id, fragment, ttl, checksum, options };
}

function writeQuoted(out: Writer, { src, dst, protocol, data, tos = 0, length, id = 0, fragment = 0, ttl = 1, checksum, options = NOTHING }: QuotedPacket): void {
  if (data.length < QUOTED_BYTES) throw new RangeError(`a quote of ${data.length} bytes behind the header`);
  if (options.length % 4 !== 0 || options.length > 40) throw new RangeError(`${options.length} bytes of IP options`);
  const size = BARE_HEADER + options.length;
  const header = new Writer(size).u8(0x40 | (size / 4)).u8(tos).u16(length ?? size + data.length).u16(id).u16(fragment).u8(ttl).u8(protocol).u16(checksum ?? 0);
  for (const host of [src, dst]) for (const group of ipv4Groups(host)) header.u16(group);
  header.bytes(options);
  if (checksum === undefined) header.setU16(10, internetChecksum(header.written()));
  out.bytes(header.written()).bytes(data);
}

function ipv4Groups(host: string): readonly number[] {
  const groups = ipToGroups(host);
  if (groups?.length !== 2) throw new RangeError(`${JSON.stringify(host)} is not an IPv4 address`);
  return groups;
}

const NOTHING = new Uint8Array(0);
