/**
 * What a NAT remembers of single flows, beside its mappings: by which mapping a flow leaves that does not follow from its
 * inside endpoint's present one, and which remotes are known inside under another port. Bounded; sees no packet, sets no timer.
 */
import { type Endpoint, formatEndpoint } from '../../effects/endpoint.ts';
import { chance } from '../../effects/seed.ts';
import type { Mapping } from './table.ts';

/** A remote as it stands in packets outside, and the mapping by which its flow passes. */
export interface Route {
  readonly remote: Endpoint;
  readonly mapping: Mapping;
}

/** Says whether a route's row still lives. */
export type IsAlive = (route: Route, now: number) => boolean;

/** Flows and early probes kept at most; nf_conntrack's table is of this order. */
const MEMORY_LIMIT = 65_536;

export class Flows {
  readonly #seed: number;
  readonly #isAlive: IsAlive;
  #draws = 0;
  /** By inside endpoint and remote as the inside knows it. */
  readonly #routes = new Map<string, Route>();
  /** Remotes as the inside knows them, by external endpoint and the remote as it is. */
  readonly #aliases = new Map<string, Endpoint>();

  constructor(seed: number, isAlive: IsAlive) {
    this.#seed = seed;
    this.#isAlive = isAlive;
  }

  /** Where packets from `inside` to what it knows as `known` really go, if that was noted and lives. */
  route(inside: Endpoint, known: Endpoint, now: number): Route | undefined {
    if (this.#routes.size === 0) return undefined;
    const flow = flowKey(inside, known);
    const route = this.#routes.get(flow);
    if (route === undefined || this.#isAlive(route, now)) return route;
    this.#routes.delete(flow);
    return undefined;
  }

  /** From now on the flow between the mapping's inside endpoint and `remote` passes by `mapping`. */
  follow(mapping: Mapping, remote: Endpoint): void {
    this.#note(mapping.inside, remote, { remote, mapping });
  }

  /**
   * The name under which the inside is to know `remote`, who came in by `mapping`. It is the remote itself unless the inside
   * endpoint has a flow to it by another mapping: then conntrack, which must tell the two apart, shows it under another port.
   */
  known(mapping: Mapping, remote: Endpoint, now: number): Endpoint {
    const present = this.route(mapping.inside, remote, now);
    if (present === undefined) this.follow(mapping, remote);
    if (present === undefined || present.mapping === mapping) return remote;
    const aliasKey = flowKey(mapping.external, remote);
    const alias = this.#aliases.get(aliasKey) ?? this.#draw(mapping.inside, remote, now);
    bounded(this.#aliases).set(aliasKey, alias);
    this.#note(mapping.inside, alias, { remote, mapping });
    return alias;
  }

  clear(): void {
    this.#routes.clear();
    this.#aliases.clear();
  }

  #note(inside: Endpoint, known: Endpoint, route: Route): void {
    bounded(this.#routes).set(flowKey(inside, known), route);
  }

  /** Another port of the same address that the inside endpoint does not talk to. */
  #draw(inside: Endpoint, { host }: Endpoint, now: number): Endpoint {
    for (;;) {
      const alias = { host, port: FIRST_PORT + Math.floor(chance(this.#seed, this.#draws++) * (65_536 - FIRST_PORT)) };
      if (this.route(inside, alias, now) === undefined) return alias;
    }
  }
}

const FIRST_PORT = 1024;

function flowKey(inside: Endpoint, remote: Endpoint): string {
  return `${formatEndpoint(inside)} ${formatEndpoint(remote)}`;
}

/** Makes room for one more by forgetting what was noted first. */
export function bounded<T>(map: Map<string, T>): Map<string, T> {
  for (const oldest of map.keys()) {
    if (map.size < MEMORY_LIMIT) break;
    map.delete(oldest);
  }
  return map;
}
