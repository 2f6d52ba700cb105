/** One TCP segment without its addresses, and arithmetic on sequence numbers, which wrap at 2^32. Source: RFC 9293 §3. */

export interface Segment {
  readonly syn: boolean;
  readonly fin: boolean;
  readonly rst: boolean;
  /** The number of its first byte; a SYN or FIN counts as one. */
  readonly seq: number;
  /** The number expected next from the other end; undefined in a segment that acknowledges nothing. */
  readonly ack: number | undefined;
}

/** Bytes of data in one segment at most: an Ethernet frame less the headers of IPv4 and TCP. */
export const MSS = 1460;

/** `from` moved by `count`. */
export function advance(from: number, count: number): number {
  return (from + count) >>> 0;
}

/** How far `to` is ahead of `from`; negative when it is behind. */
export function distance(from: number, to: number): number {
  return (to - from) | 0;
}

/** The segment's name for people: `SYN`, `SYN-ACK`, `ACK`, `FIN`, `RST`, or `12 bytes`. */
export function segmentName({ syn, fin, rst, ack }: Segment, length: number): string {
  if (rst) return 'RST';
  if (syn) return ack === undefined ? 'SYN' : 'SYN-ACK';
  if (length > 0) return `${length} bytes${fin ? ' and FIN' : ''}`;
  return fin ? 'FIN' : 'ACK';
}

/** What a host that knows no such connection answers, or a device that refuses it; nothing answers a RST. */
export function resetFor({ syn, fin, seq, ack }: Segment, length: number): Segment {
  if (ack !== undefined) return { syn: false, fin: false, rst: true, seq: ack, ack: undefined };
  return { syn: false, fin: false, rst: true, seq: 0, ack: advance(seq, length + (syn ? 1 : 0) + (fin ? 1 : 0)) };
}
