/** Traces a world of the simulated internet: its places, what its devices do, and every machine that plays there. */
import type { NatBehaviour } from '../../../adapters/sim/behaviour.ts';
import { translates } from '../../../adapters/sim/behaviour.ts';
import type { World } from '../../../adapters/sim/world.ts';
import { watchRuns } from '../../../effects/run.ts';
import type { PlaceFields } from './sightings.ts';
import { plainFields } from './plain.ts';
import type { Tracer } from './tracer.ts';

/**
 * From now on until the answer is called. `words` says of hosts what stands before them, e.g. `{ a: 'symmetric' }`. With `runs`
 * false the machines are left to somebody who watches them already.
 */
export function traceWorld(tracer: Tracer, world: World, words: Readonly<Record<string, string>> = {}, { runs = true } = {}): () => void {
  for (const place of placesOf(world, words)) tracer.place(place);
  const ends = [world.internet.observe(tracer.observe), ...(runs ? [watchRuns(tracer.watch)] : [])];
  return () => {
    for (const end of ends) end();
  };
}

/** The core, then each side from the outermost device in to its host. */
export function placesOf({ internet, sites }: World, words: Readonly<Record<string, string>> = {}): PlaceFields[] {
  const places: PlaceFields[] = [{ name: 'core', type: 'core', side: INTERNET, depth: 0, addresses: [] }];
  const depths = new Map<string, number>();
  const next = (side: string): number => {
    const depth = (depths.get(side) ?? 0) + 1;
    depths.set(side, depth);
    return depth;
  };
  for (const [name, { nat, addresses }] of internet.routers) {
    const side = sideOf(name, sites);
    places.push({ name, type: nat === undefined ? 'router' : translates(nat.behaviour) ? 'nat' : 'firewall', side, depth: next(side), addresses, ...(words[side] === undefined ? {} : { words: words[side] }), ...(nat ? { behaviour: behaviourOf(nat.behaviour) } : {}) });
  }
  for (const [name, { host, accessName }] of sites) {
    const isServer = !depths.has(name) && !accessName.startsWith('lan-');
    const depth = isServer ? 0 : next(name);
    places.push({ name, type: isServer ? 'server' : 'host', side: isServer ? INTERNET : name, depth, addresses: host.addresses });
  }
  for (const name of internet.links.keys()) {
    const side = sideOf(name, sites);
    const isHome = name.startsWith('lan-');
    const host = places.find((place) => place.name === side)!;
    places.push({ name, type: 'link', side: host.side, depth: isHome ? host.depth - 0.5 : 0.5, addresses: [] });
  }
  return places;
}

const INTERNET = 'internet';

/** Devices are named after their host: `nat-a`, `cgn2-a`, `link-a`. */
function sideOf(device: string, sites: World['sites']): string {
  const host = /^[a-z]+\d*-(.+)$/.exec(device)?.[1];
  if (host !== undefined && sites.has(host)) return host;
  return host === undefined ? INTERNET : sideOf(host, sites);
}

function behaviourOf(behaviour: NatBehaviour): ReturnType<typeof plainFields> {
  return plainFields(behaviour);
}
