/**
 * ICMP messages as simulated devices handle them: read without fuss, named for people, and errors made about packets that went
 * no further. Sends nothing. Source: RFC 792; RFC 1122 §3.2.2 for what gets no error.
 */
import { Writer } from '../../effects/wire/bytes.ts';
import { encodeIcmp, type IcmpError, IP_PROTOCOL, type QuotedPacket, readIcmp } from '../../effects/wire/icmp.ts';
import type { Packet, Protocol } from './packet.ts';
import type { Flow } from './sighting.ts';

/** For people: `echo-request 7`, by its identifier, or `time-exceeded for 198.18.1.2 > 3.3.3.3`. */
export function icmpName(data: Uint8Array): string {
  const message = readIcmp(data);
  if (message === undefined) return `${data.length} bytes of ICMP`;
  return 'quoted' in message ? `${message.kind} for ${message.quoted.src} > ${message.quoted.dst}` : `${message.kind} ${message.id}`;
}

/** Whether `packet` may be answered by an error: none is about another error, or to nowhere. */
export function mayBeReported(packet: Packet): boolean {
  if (packet.protocol !== 'icmp') return true;
  const message = readIcmp(packet.data);
  return message?.kind === 'echo-request' || message?.kind === 'echo-reply';
}

/** An error about `packet`, which stood as in `flow` where it ended. */
export function errorAbout(packet: Packet, flow: Flow, kind: IcmpError['kind'], code: number): Uint8Array {
  return encodeIcmp({ kind, code, rest: 0, quoted: quoteOf(packet, flow) });
}

/** The code of an error that says so. */
export const PORT_UNREACHABLE = 3;
export const IN_TRANSIT = 0;

/** The address of a router in the network of the host that it answers, as in the kernel lab. */
export function routerAddress(host: string, last = 1): string {
  return host.replace(/\d+$/, String(last));
}

/** 28 bytes of any packet, which is what RFC 792 asks for; Linux quotes more. */
function quoteOf(packet: Packet, { src, dst }: Flow): QuotedPacket {
  const { protocol, data, ttl } = packet;
  const header = protocol === 'icmp' ? data.subarray(0, QUOTED_BYTES) : transportHeader(packet, { src, dst });
  const length = 20 + data.length + HEADERS[protocol];
  return { src: src.host, dst: dst.host, protocol: IP_PROTOCOL[protocol], data: header, length: Math.min(length, 0xffff), ttl: Math.min(ttl, 255), id: packet.id & 0xffff };
}

/** Bytes ahead of the data; an ICMP message is all data here, an echo of eight bytes at least. */
const HEADERS: Readonly<Record<Protocol, number>> = { udp: 8, tcp: 20, icmp: 0 };
const QUOTED_BYTES = 8;

function transportHeader(packet: Packet, { src, dst }: Flow): Uint8Array {
  const out = new Writer(QUOTED_BYTES).u16(src.port).u16(dst.port);
  return (packet.protocol === 'tcp' ? out.u32(packet.segment.seq) : out.u16(packet.data.length + HEADERS.udp).u16(0)).finish();
}
