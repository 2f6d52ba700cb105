/**
 * The address value of STUN attributes, plain and XORed, and the text of the addresses in it. Resolves no name.
 * Layout (RFC 8489 §14.1, §14.2): 0x00, family (1 = IPv4, 2 = IPv6), port(2), address(4 or 16).
 * The XOR mask is bytes 4 to 19 of the message: magic cookie and id, or the whole id in the classic form, which is what
 * the drafts before the cookie did with code 0x8020.
 */
import type { Endpoint } from '../endpoint.ts';
import { DecodeError, fromHex } from './bytes.ts';
import type { Reader, Writer } from './bytes.ts';

/** Reads one address value. `header` is the message it came in, when XORed. DecodeError for a family other than 1 or 2. */
export function readAddress(value: Reader, header?: Uint8Array): Endpoint {
  value.skip(1);
  const at = value.offset;
  const family = value.u8();
  const port = value.u16() ^ mask(header, 0);
  if (family === 1) return { host: ipv4ToText(value.u16() ^ mask(header, 0), value.u16() ^ mask(header, 2)), port };
  if (family !== 2) throw new DecodeError(`address family ${family} is neither 1 (IPv4) nor 2 (IPv6)`, at);
  const groups: number[] = [];
  for (let index = 0; index < 16; index += 2) groups.push(value.u16() ^ mask(header, index));
  return { host: ipv6ToText(groups), port };
}

/** Writes one address value. RangeError when `host` is not an IP literal or `port` not 0 to 65535. */
export function writeAddress(out: Writer, { host, port }: Endpoint, header?: Uint8Array): void {
  const groups = ipToGroups(host);
  if (!groups) throw new RangeError(`${JSON.stringify(host)} is not an IP literal`);
  if ((port & 0xffff) !== port) throw new RangeError(`${port} is not a port`);
  out.u8(0).u8(groups.length === 2 ? 1 : 2).u16(port ^ mask(header, 0));
  for (let index = 0; index < groups.length; index++) out.u16(groups[index]! ^ mask(header, 2 * index));
}

/** 2 or 8 numbers of 16 bits for an IPv4 or IPv6 literal; undefined for anything else, zone identifiers too. */
export function ipToGroups(host: string): number[] | undefined {
  return host.includes(':') ? ipv6ToGroups(host) : ipv4ToGroups(host);
}

/** Dotted decimal from the upper and the lower 16 bits. */
export function ipv4ToText(high: number, low: number): string {
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

/**
 * RFC 5952 text from eight 16-bit groups: lower case, no leading zeros, the first longest run of two or more zero
 * groups as `::`; IPv4-mapped addresses in the mixed form `::ffff:192.0.2.1` (§5).
 */
export function ipv6ToText(groups: readonly number[]): string {
  const [start, length] = longestZeroRun(groups);
  if (start === 0 && length === 5 && groups[5] === 0xffff) return `::ffff:${ipv4ToText(groups[6]!, groups[7]!)}`;
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  return length < 2 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

/** Two bytes of the XOR mask, `index` bytes into it; 0 for a plain address. */
function mask(header: Uint8Array | undefined, index: number): number {
  return header ? (header[4 + index]! << 8) | header[5 + index]! : 0;
}

function ipv4ToGroups(text: string): number[] | undefined {
  const bytes: number[] = [];
  let digits = 0;
  let value = 0;
  for (let index = 0; index <= text.length; index++) {
    const digit = text.charCodeAt(index) - 48;
    if (digit >= 0 && digit <= 9) {
      if (digits > 0 && value === 0) return undefined;
      value = value * 10 + digit;
      digits++;
      if (value > 255) return undefined;
    } else {
      if (digits === 0 || (index < text.length && text[index] !== '.')) return undefined;
      bytes.push(value);
      digits = 0;
      value = 0;
    }
  }
  const [a, b, c, d] = bytes;
  return bytes.length === 4 ? [(a! << 8) | b!, (c! << 8) | d!] : undefined;
}

function ipv6ToGroups(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = [colonGroups(halves[0]!, halves.length === 1), colonGroups(halves[1] ?? '', true)];
  if (!head || !tail) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  return [...head, ...Array.from({ length: missing }, () => 0), ...tail];
}

/** The groups between colons; only at the very end of an address (`last`) may they close with a dotted quad. */
function colonGroups(text: string, last: boolean): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    if (last && index === parts.length - 1 && part.includes('.')) {
      const quad = ipv4ToGroups(part);
      if (!quad) return undefined;
      groups.push(...quad);
    } else {
      const bytes = part.length >= 1 && part.length <= 4 ? fromHex(part.padStart(4, '0')) : undefined;
      if (!bytes) return undefined;
      groups.push((bytes[0]! << 8) | bytes[1]!);
    }
  }
  return groups;
}

/** Start and length of the first longest run of zero groups. */
function longestZeroRun(groups: readonly number[]): readonly [number, number] {
  let best = 0;
  let bestLength = 0;
  let length = 0;
  for (let index = 0; index < groups.length; index++) {
    length = groups[index] === 0 ? length + 1 : 0;
    if (length > bestLength) {
      bestLength = length;
      best = index - length + 1;
    }
  }
  return [best, bestLength];
}
