/** How much each network has of a rendezvous that gives each its share. Pure. */
import { getEntry, type PersistentMap, withEntry } from '../persistent-map.ts';

/** By `networkOf`; none that is zero. */
export type NetworkCounts = PersistentMap<number>;

export function countOf(counts: NetworkCounts, network: string): number {
  return getEntry(counts, network) ?? 0;
}

export function counted(counts: NetworkCounts, network: string, change: number): NetworkCounts {
  const count = countOf(counts, network) + change;
  return withEntry(counts, network, count > 0 ? count : undefined);
}
