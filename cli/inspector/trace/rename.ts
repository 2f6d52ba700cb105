/**
 * A trace for sharing: every address becomes one that means nothing, the same one each time, and of the same kind – private
 * stays private, IPv6 stays IPv6. Ports stay, for NATs are told by them. Bytes go, for messages carry addresses in many forms.
 */
import type { Plain, Trace, TraceEvent } from './trace.ts';

export function renameAddresses({ header, events }: Trace): Trace {
  const names = new Map<string, string>();
  const counts = new Map<Kind, number>();
  const rename = (address: string): string => {
    const known = names.get(address);
    if (known !== undefined) return known;
    // A time of day has colons too.
    if (address.includes(':') && !address.includes('::') && address.split(':').length < 7) return address;
    const kind = kindOf(address);
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    const fresh = kind === 'special' ? address : addressOf(kind, count);
    names.set(address, fresh);
    return fresh;
  };
  const inText = (text: string): string => text.replace(ADDRESS, rename);
  const inPlain = (value: Plain): Plain => {
    if (typeof value === 'string') return inText(value);
    if (Array.isArray(value)) return value.map(inPlain);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).flatMap(([name, field]): [string, Plain][] => (BYTES.has(name) ? [] : [[inText(name), inPlain(field)]])));
  };
  const told = events.map((event) => inPlain(event as unknown as Plain) as unknown as TraceEvent);
  return { header: { ...header, title: inText(header.title) }, events: told };
}

type Kind = 'public' | 'private' | 'carrier' | 'six' | 'local six' | 'special';

/** IPv4, and IPv6 in any of its forms; with its zone, which names an interface. */
const ADDRESS = /(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}(?![\w.])|(?=[0-9a-f]*:[0-9a-f:]*:|::)[0-9a-f:]{2,39}(?:\.\d{1,3}(?:\.\d{1,3}){2})?(?:%[\w.-]+)?(?![\w:]))/gi;

/** Fields that hold bytes. */
const BYTES: ReadonlySet<string> = new Set(['bytes', '$bytes']);

/** Addresses for documentation, RFC 5737 and RFC 3849; and of RFC 1918 and RFC 6598, which belong to nobody. */
function addressOf(kind: Exclude<Kind, 'special'>, count: number): string {
  const [high, low] = [Math.floor(count / 254), (count % 254) + 1];
  switch (kind) {
    case 'public':
      return high === 0 ? `203.0.113.${low}` : `198.${18 + (Math.floor(high / 256) % 2)}.${high % 256}.${low}`;
    case 'private':
      return `10.0.${high % 256}.${low}`;
    case 'carrier':
      return `100.64.${high % 256}.${low}`;
    case 'six':
      return `2001:db8::${count.toString(16)}`;
    case 'local six':
      return `fe80::${count.toString(16)}`;
  }
}

/** What says nothing of anybody stays: no address at all, and this host. */
function kindOf(address: string): Kind {
  if (address.includes(':')) {
    if (address === '::' || address === '::1') return 'special';
    return /^f[cde]/i.test(address) ? 'local six' : 'six';
  }
  const [a = 0, b = 0] = address.split('.').map(Number);
  if (a === 0 || a === 127 || a === 255) return 'special';
  if (a === 10 || (a === 192 && b === 168) || (a === 172 && b >= 16 && b < 32) || (a === 169 && b === 254)) return 'private';
  return a === 100 && b >= 64 && b < 128 ? 'carrier' : 'public';
}
