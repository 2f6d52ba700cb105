/** Rows of packet and verdict for one NAT alone, written with short names for hosts. Asserts nothing by itself. */
import { type Endpoint, formatEndpoint, parseEndpoint } from '../../effects/endpoint.ts';
import { LINUX_NAT, Nat, type NatBehaviour, type Packet } from '../../adapters/sim/index.ts';

/** i, j: inside hosts. m, n: the NAT's external addresses. x, y: strangers. */
const NAMES: Readonly<Record<string, string>> = {
  i: '192.168.1.2',
  j: '192.168.1.3',
  m: '198.18.1.2',
  n: '198.18.1.3',
  x: '203.0.113.1',
  y: '203.0.113.2',
};

/** When (ms), which way, `source > destination`, and what became of it: the same after translation, or why it was dropped. */
export type PacketRow = readonly [at: number, way: 'out' | 'in' | 'hairpin', packet: string, verdict: string];

export function natOf(behaviour: Partial<NatBehaviour> = {}, seed = 'rows'): Nat {
  return new Nat({ behaviour: { ...LINUX_NAT, ...behaviour }, addresses: [NAMES['m']!, NAMES['n']!], seed });
}

/** The rows as they come out: to be compared with the rows that went in. */
export function played(nat: Nat, rows: readonly PacketRow[]): PacketRow[] {
  return rows.map(([at, way, text]) => [at, way, text, verdict(nat, at, way, text)]);
}

/** A datagram as `x:1 > m:5000`, a segment of TCP as `x:1 > m:5000 SYN`; with `ttl 1` at the end, if not 64. */
export function verdict(nat: Nat, at: number, way: PacketRow[1], text: string): string {
  const packet = packetOf(text);
  const act = { out: nat.outbound, in: nat.inbound, hairpin: nat.hairpin }[way];
  return act.call(nat, packet, at) ?? `${short(packet.src)} > ${short(packet.dst)}`;
}

export function packetOf(text: string): Packet {
  const match = /^(\S+) > (\S+?)(?: (SYN|SYN-ACK|ACK|FIN|RST))?(?: ttl (\d+))?$/.exec(text);
  if (!match) throw new Error(`not a packet: ${text}`);
  const [, src = '', dst = '', word, ttl = 64] = match;
  const carried = { id: 0, host: 'i', socket: 'main', src: long(src), dst: long(dst), ttl: Number(ttl), data: new Uint8Array(1) };
  if (word === undefined) return { protocol: 'udp', ...carried };
  const segment = { syn: word.startsWith('SYN'), fin: word === 'FIN', rst: word === 'RST', seq: 0, ack: word === 'SYN' ? undefined : 0 };
  return { protocol: 'tcp', ...carried, segment };
}

/** The external endpoint of what leaves. */
export function externalOf(nat: Nat, at: number, text: string): string {
  return verdict(nat, at, 'out', text).split(' ')[0]!;
}

export function portOf(endpoint: string): number {
  return Number(endpoint.split(':')[1]);
}

function long(text: string): Endpoint {
  const [name = '', port] = text.split(':');
  return parseEndpoint(`${NAMES[name] ?? name}:${port}`)!;
}

function short(endpoint: Endpoint): string {
  const name = Object.keys(NAMES).find((key) => NAMES[key] === endpoint.host);
  return name === undefined ? formatEndpoint(endpoint) : `${name}:${endpoint.port}`;
}
