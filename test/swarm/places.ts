/** Who there is in a world, and behind what each lives, from its spec. */
import type { NatChain, Place } from '../../adapters/sim/index.ts';
import type { SwarmCast } from './cast.ts';
import { built } from './nats.ts';
import type { Host, NatSpec, WorldSpec } from './spec.ts';
import { neighbourOf, STRANGER } from './strangers.ts';

export function hostsOf({ couples }: WorldSpec, { kind }: SwarmCast): readonly Host[] {
  if (kind === 'check') return ['a'];
  return couples === 2 ? ['a', 'b', 'c', 'd'] : ['a', 'b'];
}

export function placesOf(spec: WorldSpec, cast: SwarmCast): Readonly<Record<string, Place>> {
  const { a, b, near, couples, faults } = spec;
  const chain = (nats: readonly NatSpec[]): NatChain => nats.map(built);
  const outermost = a.length === 0 ? 'a' : deviceName(a);
  const homeOfB: Place = near === 'lan' ? { behind: 'a' } : near === 'carrier' ? { behind: outermost, nats: chain(b) } : chain(b);
  const places: Record<string, Place> = { a: chain(a) };
  if (cast.kind === 'pair') places['b'] = homeOfB;
  if (cast.kind === 'pair' && couples === 2) Object.assign(places, { c: { behind: 'a' }, d: { behind: 'b' } });
  places[STRANGER] = 'open';
  for (const fault of faults) if (fault.kind === 'flood') places[neighbourOf(fault.host)] = { behind: fault.host };
  return places;
}

/** As the topology names the router next to the core. */
function deviceName(nats: readonly NatSpec[]): string {
  const depth = nats.length - 1;
  const isWall = nats[depth]?.ports?.kind === 'none';
  if (isWall) return depth === 0 ? 'firewall-a' : `firewall${depth + 1}-a`;
  return depth === 0 ? 'nat-a' : depth === 1 ? 'cgn-a' : `cgn${depth}-a`;
}
