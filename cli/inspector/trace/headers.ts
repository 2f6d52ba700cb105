/** IP packets made of endpoints and contents, with the checksums that a reader looks at. What is not known of a packet is zero. */
import { hexToBytes } from '@noble/hashes/utils.js';
import { parseEndpoint } from '../../../effects/endpoint.ts';
import type { PacketContent } from './trace.ts';
import { internetChecksum } from '../../../effects/wire/icmp.ts';

const PROTOCOLS = { icmp: 1, tcp: 6, udp: 17 } as const;
const ICMPV6 = 58;
/** The most that fits in one packet. */
const LARGEST = 65_535 - 40 - 20;

/** `streams` numbers the bytes of connections whose segments are not known: by source and destination, what comes next. */
export function ipPacket(src: string, dst: string, content: PacketContent, streams: Map<string, number>): Uint8Array {
  const [from, to] = [end(src), end(dst)];
  const isSix = from.bytes.length === 16 || to.bytes.length === 16;
  const [source, target] = isSix ? [six(from.bytes), six(to.bytes)] : [from.bytes, to.bytes];
  const payload = (content.bytes === undefined ? new Uint8Array(content.length) : hexToBytes(content.bytes)).subarray(0, LARGEST);
  const protocol = content.protocol === 'icmp' && isSix ? ICMPV6 : PROTOCOLS[content.protocol];
  const inner =
    content.protocol === 'udp' ? udp(from.port, to.port, payload) : content.protocol === 'tcp' ? tcp(from.port, to.port, payload, segmentOf(src, dst, content, streams)) : payload.slice();
  const checksumAt = content.protocol === 'udp' ? 6 : content.protocol === 'tcp' ? 16 : undefined;
  if (checksumAt !== undefined) {
    const sum = internetChecksum(pseudo(source, target, protocol, inner.length), inner);
    // Zero would say that a datagram has no checksum.
    new DataView(inner.buffer).setUint16(checksumAt, sum === 0 && content.protocol === 'udp' ? 0xffff : sum);
  }
  return isSix ? ipv6(source, target, protocol, content.ttl ?? 64, inner) : ipv4(source, target, protocol, content.ttl ?? 64, inner);
}

interface End {
  readonly bytes: Uint8Array;
  readonly port: number;
}

interface Numbered {
  readonly flags: number;
  readonly seq: number;
  readonly ack: number;
}

function end(text: string): End {
  const { host, port } = parseEndpoint(text) ?? { host: text, port: 0 };
  return { bytes: address(host), port };
}

/** A name that was never resolved has no address. */
function address(host: string): Uint8Array {
  const parts = host.split('.');
  if (parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return Uint8Array.from(parts, Number);
  return host.includes(':') ? (addressOfSix(host.replace(/%.*$/, '')) ?? new Uint8Array(16)) : new Uint8Array(4);
}

function addressOfSix(host: string): Uint8Array | undefined {
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(host);
  if (tail) {
    const [a = 0, b = 0, c = 0, d = 0] = address(tail[2] ?? '');
    return addressOfSix(`${tail[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`);
  }
  const [head = '', rest] = host.split('::');
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const [before, after] = [groups(head), groups(rest ?? '')];
  const missing = 8 - before.length - after.length;
  if (missing < 0 || (rest === undefined && missing > 0)) return undefined;
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  [...before, ...Array<number>(missing).fill(0), ...after].forEach((group, index) => view.setUint16(2 * index, group));
  return bytes;
}

/** An IPv4 address beside one of IPv6. */
function six(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 16) return bytes;
  const mapped = new Uint8Array(16);
  mapped.set([0xff, 0xff], 10);
  mapped.set(bytes, 12);
  return mapped;
}

function ipv4(source: Uint8Array, target: Uint8Array, protocol: number, ttl: number, inner: Uint8Array): Uint8Array {
  const packet = new Uint8Array(20 + inner.length);
  const view = new DataView(packet.buffer);
  packet[0] = 0x45;
  view.setUint16(2, packet.length);
  // Never a fragment.
  view.setUint16(6, 0x4000);
  packet[8] = ttl;
  packet[9] = protocol;
  packet.set(source, 12);
  packet.set(target, 16);
  view.setUint16(10, internetChecksum(packet.subarray(0, 20)));
  packet.set(inner, 20);
  return packet;
}

function ipv6(source: Uint8Array, target: Uint8Array, protocol: number, hops: number, inner: Uint8Array): Uint8Array {
  const packet = new Uint8Array(40 + inner.length);
  packet[0] = 0x60;
  new DataView(packet.buffer).setUint16(4, inner.length);
  packet[6] = protocol;
  packet[7] = hops;
  packet.set(source, 8);
  packet.set(target, 24);
  packet.set(inner, 40);
  return packet;
}

function udp(from: number, to: number, payload: Uint8Array): Uint8Array {
  const datagram = new Uint8Array(8 + payload.length);
  const view = new DataView(datagram.buffer);
  view.setUint16(0, from);
  view.setUint16(2, to);
  view.setUint16(4, datagram.length);
  datagram.set(payload, 8);
  return datagram;
}

const [FIN, SYN, RST, PSH, ACK] = [1, 2, 4, 8, 16];

function tcp(from: number, to: number, payload: Uint8Array, { flags, seq, ack }: Numbered): Uint8Array {
  const segment = new Uint8Array(20 + payload.length);
  const view = new DataView(segment.buffer);
  view.setUint16(0, from);
  view.setUint16(2, to);
  view.setUint32(4, seq);
  view.setUint32(8, ack);
  segment[12] = 0x50;
  segment[13] = flags | (payload.length > 0 ? PSH : 0);
  view.setUint16(14, 65_535);
  segment.set(payload, 20);
  return segment;
}

/** As it was, or where only one end was seen as it may have been: every connection begins at 0, and all that came is acknowledged. */
function segmentOf(src: string, dst: string, { segment, label, length }: PacketContent, streams: Map<string, number>): Numbered {
  if (segment) {
    const { syn, fin, rst, seq, ack } = segment;
    return { flags: (syn ? SYN : 0) | (fin ? FIN : 0) | (rst ? RST : 0) | (ack === undefined ? 0 : ACK), seq, ack: ack ?? 0 };
  }
  const isSyn = label === 'SYN' || label === 'SYN-ACK';
  const seq = isSyn ? 0 : (streams.get(`${src} ${dst}`) ?? 1);
  streams.set(`${src} ${dst}`, (seq + length + (isSyn || label === 'FIN' ? 1 : 0)) >>> 0);
  const flags = (isSyn ? SYN : 0) | (label === 'FIN' ? FIN : 0) | (label === 'SYN' ? 0 : ACK);
  return { flags, seq, ack: label === 'SYN' ? 0 : (streams.get(`${dst} ${src}`) ?? 1) };
}

function pseudo(source: Uint8Array, target: Uint8Array, protocol: number, length: number): Uint8Array {
  const header = new Uint8Array(source.length * 2 + 8);
  header.set(source);
  header.set(target, source.length);
  const view = new DataView(header.buffer);
  // The same sum for both versions, whose fields only stand in other places.
  view.setUint32(source.length * 2, length);
  view.setUint32(source.length * 2 + 4, protocol);
  return header;
}
