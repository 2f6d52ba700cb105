/** Who counts as one at a rendezvous that gives each network its share: keys of counts, and the counts. Pure. */
import { type Endpoint, isIPv6 } from '../../effects/endpoint.ts';
import { ipToGroups } from '../../effects/wire/stun-address.ts';
import { getEntry, type PersistentMap, withEntry } from '../persistent-map.ts';

/** By `networkOf`; none that is zero. */
export type NetworkCounts = PersistentMap<number>;

/** What one customer has to itself: an IPv4 address, or with IPv6 a /64 at the least. */
export function networkOf({ host }: Endpoint): string {
  return isIPv6(host) ? (ipToGroups(host.replace(/%.*/, '')) ?? []).slice(0, 4).join(':') : host;
}

export function countOf(counts: NetworkCounts, network: string): number {
  return getEntry(counts, network) ?? 0;
}

export function counted(counts: NetworkCounts, network: string, change: number): NetworkCounts {
  const count = countOf(counts, network) + change;
  return withEntry(counts, network, count > 0 ? count : undefined);
}
