/**
 * Connections in the order in which they came, bounded in all and for each network, as a value: whoever floods it pushes out
 * connections of its own before anybody else's.
 */
import { emptyMap, getEntry, type PersistentMap, withEntry } from '../persistent-map.ts';

export interface Crowd {
  /** Connections, the oldest first. */
  readonly order: readonly string[];
  /** The same, by `networkOf`. */
  readonly byNetwork: PersistentMap<readonly string[]>;
}

export interface CrowdLimits {
  readonly total: number;
  /** As of a listener: one network counts as one host. */
  readonly perHost: number;
}

/** `salt` as in `persistent-map.ts`. */
export function emptyCrowd(salt: number): Crowd {
  return { order: [], byNetwork: emptyMap(salt) };
}

/** The connection that has to go so that one more of `network` fits; undefined when there is room. */
export function surplus({ order, byNetwork }: Crowd, network: string, { total, perHost }: CrowdLimits): string | undefined {
  const own = getEntry(byNetwork, network) ?? [];
  if (own.length >= perHost) return own[0];
  return order.length >= total ? order[0] : undefined;
}

export function joined({ order, byNetwork }: Crowd, network: string, socket: string): Crowd {
  return { order: [...order, socket], byNetwork: withEntry(byNetwork, network, [...(getEntry(byNetwork, network) ?? []), socket]) };
}

export function left({ order, byNetwork }: Crowd, network: string, socket: string): Crowd {
  const rest = without(getEntry(byNetwork, network) ?? [], socket);
  return { order: without(order, socket), byNetwork: withEntry(byNetwork, network, rest.length > 0 ? rest : undefined) };
}

function without(list: readonly string[], one: string): readonly string[] {
  return list.filter((other) => other !== one);
}
