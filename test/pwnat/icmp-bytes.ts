/**
 * The ICMP messages of pwnat and pypwnat, without the outer IP header, byte for byte as they were seen on the wire, and written
 * from their description alone. Nothing is computed but the checksum of the quoted header, which holds an address.
 */

export type Variant = 'pwnat' | 'pypwnat';

/** Where the echo requests go: addresses that nobody answers at. */
export const NOBODY: Readonly<Record<Variant, string>> = { pwnat: '3.3.3.3', pypwnat: '59.66.1.1' };

/** Their UDP port, on both sides. */
export const PORT: Readonly<Record<Variant, number>> = { pwnat: 2222, pypwnat: 2345 };

export function echo(variant: Variant): Buffer {
  return Buffer.from(variant === 'pwnat' ? '0800f7ff00000000' : '0800f7ab002a002a', 'hex');
}

/** What the client tells the server's NAT: that the echo request of `server`, as its NAT shows it, has died on its way. */
export function timeExceeded(variant: Variant, server: string): Buffer {
  const outer = variant === 'pwnat' ? '0b00f4ff00000000' : '0b00f4ab002a002a';
  // pypwnat writes the length of the quoted packet in its own byte order.
  const quoted = variant === 'pwnat' ? '4500001c0100000001010000' : '45001c00002a000040010000';
  return Buffer.concat([Buffer.from(outer, 'hex'), header(quoted, server, NOBODY[variant]), echo(variant)]);
}

/** Whether the server takes a message for a client's; neither looks inside. */
export function isKnock(variant: Variant, message: Uint8Array): boolean {
  return message[0] === 11 && (variant === 'pypwnat' || message[1] === 0);
}

function header(start: string, from: string, to: string): Buffer {
  const bytes = Buffer.concat([Buffer.from(start, 'hex'), address(from), address(to)]);
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  bytes.writeUInt16BE(0xffff - sum, 10);
  return bytes;
}

function address(text: string): Buffer {
  return Buffer.from(text.split('.').map(Number));
}
