/**
 * The packets of a trace as a capture file: pcapng with an interface for each place, so that one packet is seen where it left,
 * behind each NAT, and where it ended. Headers are made from endpoints and contents; what befell a packet is its comment.
 * Source: draft-ietf-opsawg-pcapng; blocks are little-endian.
 */
import { ipPacket } from './headers.ts';
import type { PacketContent, PacketSeen, Trace } from './trace.ts';

/** Of a packet in a trace of which the content is not known, because its beginning is not there. */
const UNKNOWN: PacketContent = { protocol: 'udp', label: 'unknown', length: 0 };

export function pcapng({ header, events }: Trace): Uint8Array {
  const packets = events.filter((event) => event.kind === 'packet');
  const places = [...new Set(packets.map(({ place }) => place))];
  const startedMs = header.startedAt === undefined ? 0 : Date.parse(header.startedAt);
  const contents = new Map<number, PacketContent>();
  const streams = new Map<string, number>();
  const blocks = [sectionHeader(header.title), ...places.map(interfaceDescription)];
  for (const packet of packets) {
    const { copyOf } = packet;
    const content = packet.content ?? contents.get(packet.packet) ?? (copyOf === undefined ? undefined : contents.get(copyOf)) ?? UNKNOWN;
    contents.set(packet.packet, content);
    // What a device drops it drops as it came in.
    const data = ipPacket(packet.src, packet.dst, content, streams);
    blocks.push(enhancedPacket(places.indexOf(packet.place), Math.round((startedMs + packet.at) * 1000), data, commentOf(packet, content), directionOf(packet)));
  }
  return joined(blocks);
}

function commentOf({ what, place, socket, before, src, dst, reason, words, copyOf }: PacketSeen, { label }: PacketContent): string {
  switch (what) {
    case 'sent':
      return `${label}: sent by ${place} (${socket ?? ''})`;
    case 'translated':
      return `${label}: ${place} rewrote ${before?.src ?? ''} > ${before?.dst ?? ''} to ${src} > ${dst}`;
    case 'forwarded':
      return `${label}: passed by ${place}`;
    case 'duplicated':
      return `${label}: copied by ${place} from packet ${copyOf ?? 0}`;
    case 'dropped':
      return `${label}: dropped by ${place}: ${reason ?? ''}${words === undefined ? '' : ` (${words})`}`;
    case 'delivered':
      return `${label}: taken by ${place} (${socket ?? ''})`;
  }
}

/** Of epb_flags: 1 is inbound, 2 outbound. */
function directionOf({ what }: PacketSeen): number {
  return what === 'sent' ? 2 : what === 'delivered' || what === 'dropped' ? 1 : 0;
}

const LINKTYPE_RAW = 101;
const OPT_COMMENT = 1;
const IF_NAME = 2;
const EPB_FLAGS = 2;

function sectionHeader(title: string): Uint8Array {
  const body = new Uint8Array(16);
  const view = new DataView(body.buffer);
  view.setUint32(0, 0x1a2b3c4d, true);
  view.setUint16(4, 1, true);
  // The length of the section is not given.
  view.setBigInt64(8, -1n, true);
  return block(0x0a0d0d0a, body, [[OPT_COMMENT, text(title)], [4, text('natpunch')]]);
}

function interfaceDescription(name: string): Uint8Array {
  const body = new Uint8Array(8);
  new DataView(body.buffer).setUint16(0, LINKTYPE_RAW, true);
  return block(1, body, [[IF_NAME, text(name)]]);
}

function enhancedPacket(interfaceId: number, atUs: number, data: Uint8Array, comment: string, direction: number): Uint8Array {
  const body = new Uint8Array(20 + padded(data.length));
  const view = new DataView(body.buffer);
  view.setUint32(0, interfaceId, true);
  view.setUint32(4, Math.floor(atUs / 2 ** 32), true);
  view.setUint32(8, atUs >>> 0, true);
  view.setUint32(12, data.length, true);
  view.setUint32(16, data.length, true);
  body.set(data, 20);
  const flags = new Uint8Array(4);
  new DataView(flags.buffer).setUint32(0, direction, true);
  return block(6, body, [[OPT_COMMENT, text(comment)], [EPB_FLAGS, flags]]);
}

/** A block with its options, which end with an empty one. */
function block(type: number, body: Uint8Array, options: readonly (readonly [code: number, value: Uint8Array])[]): Uint8Array {
  const optionsLength = options.reduce((sum, [, value]) => sum + 4 + padded(value.length), 4);
  const length = 12 + body.length + optionsLength;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, length, true);
  bytes.set(body, 8);
  let offset = 8 + body.length;
  for (const [code, value] of options) {
    view.setUint16(offset, code, true);
    view.setUint16(offset + 2, value.length, true);
    bytes.set(value, offset + 4);
    offset += 4 + padded(value.length);
  }
  view.setUint32(length - 4, length, true);
  return bytes;
}

function padded(length: number): number {
  return Math.ceil(length / 4) * 4;
}

/** At most what the length of an option can say. */
function text(words: string): Uint8Array {
  return new TextEncoder().encode(words.slice(0, 1_000));
}

function joined(blocks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(blocks.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const one of blocks) {
    whole.set(one, offset);
    offset += one.length;
  }
  return whole;
}
