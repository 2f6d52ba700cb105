/**
 * Connections in the order in which they came, bounded in all and for each host, as a value: whoever floods it pushes out
 * connections of its own before anybody else's.
 */
import { emptyMap, getEntry, type PersistentMap, withEntry } from '../persistent-map.ts';

export interface Crowd {
  /** Connections, the oldest first. */
  readonly order: readonly string[];
  /** The same, by host. */
  readonly byHost: PersistentMap<readonly string[]>;
}

export interface CrowdLimits {
  readonly total: number;
  readonly perHost: number;
}

/** `salt` as in `persistent-map.ts`. */
export function emptyCrowd(salt: number): Crowd {
  return { order: [], byHost: emptyMap(salt) };
}

/** The connection that has to go so that one more of `host` fits; undefined when there is room. */
export function surplus({ order, byHost }: Crowd, host: string, { total, perHost }: CrowdLimits): string | undefined {
  const own = getEntry(byHost, host) ?? [];
  if (own.length >= perHost) return own[0];
  return order.length >= total ? order[0] : undefined;
}

export function joined({ order, byHost }: Crowd, host: string, socket: string): Crowd {
  return { order: [...order, socket], byHost: withEntry(byHost, host, [...(getEntry(byHost, host) ?? []), socket]) };
}

export function left({ order, byHost }: Crowd, host: string, socket: string): Crowd {
  const rest = without(getEntry(byHost, host) ?? [], socket);
  return { order: without(order, socket), byHost: withEntry(byHost, host, rest.length > 0 ? rest : undefined) };
}

function without(list: readonly string[], one: string): readonly string[] {
  return list.filter((other) => other !== one);
}
