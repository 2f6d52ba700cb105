/** What the devices of a simulated internet did, as events of a trace. Most of a trace is made here: so each is made at once, and nothing is copied. */
import type { PacketSighting, RowSighting, Sighting } from '../../../adapters/sim/sighting.ts';
import { endName, type Endpoint } from '../../../effects/endpoint.ts';
import { DROP_WORDS } from '../../words.ts';
import { simulatedContent } from './packets.ts';
import { Recall } from './recall.ts';
import type { NotedEffect } from './sightings.ts';
import type { PacketSeen, RowSeen } from './trace.ts';

/** `effect` is what made a host send. */
export function tellDevice(n: number, at: number, seen: Sighting, effect: NotedEffect | undefined): PacketSeen | RowSeen {
  return 'row' in seen ? tellRow(n, at, seen) : tellPacket(n, at, seen, effect);
}

function tellRow(n: number, at: number, { type, device: place, row }: RowSighting): RowSeen {
  const { protocol, inside, external, remote, expiresAt } = row;
  return { n, at, kind: 'row', what: ROW_CHANGES[type], place, protocol, inside: named(inside), external: named(external), remote, expiresAt };
}

function tellPacket(n: number, at: number, seen: PacketSighting, effect: NotedEffect | undefined): PacketSeen {
  const { id: packet, device: place } = seen;
  const [src, dst] = [named(seen.src), named(seen.dst)];
  switch (seen.type) {
    case 'sent': {
      const { socket, data, ttl, segment } = seen;
      const type = effect?.message && 'type' in effect.message ? String(effect.message.type) : undefined;
      const content = simulatedContent(data, ttl, segment, 'icmp' in seen && seen.icmp === true, type);
      if (effect?.n === undefined) return { n, at, kind: 'packet', what: 'sent', packet, place, src, dst, socket, content };
      return { n, at, kind: 'packet', what: 'sent', packet, place, src, dst, socket, content, effect: effect.n };
    }
    case 'translated':
      return { n, at, kind: 'packet', what: 'translated', packet, place, src, dst, before: { src: named(seen.before.src), dst: named(seen.before.dst) } };
    case 'forwarded':
      return { n, at, kind: 'packet', what: 'forwarded', packet, place, src, dst };
    case 'duplicated':
      return { n, at, kind: 'packet', what: 'duplicated', packet, place, src, dst, copyOf: seen.of };
    case 'dropped':
      return { n, at, kind: 'packet', what: 'dropped', packet, place, src, dst, reason: seen.reason, words: DROP_WORDS[seen.reason] };
    case 'delivered':
      return { n, at, kind: 'packet', what: 'delivered', packet, place, src, dst, socket: seen.socket };
  }
}

const ROW_CHANGES: Readonly<Record<RowSighting['type'], RowSeen['what']>> = {
  'row.added': 'added',
  'row.expired': 'expired',
  'row.evicted': 'evicted',
  'row.closing': 'closing',
  'row.closed': 'closed',
};

/** A packet has the same endpoints wherever it is seen, and a mapping has them in all of its packets. */
const names = new Recall<Endpoint, string>(256);

function named(end: Endpoint): string {
  const known = names.get(end);
  if (known !== undefined) return known;
  const name = endName(end);
  names.set(end, name);
  return name;
}
