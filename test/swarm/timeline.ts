/** One world told line by line: every packet, and each change of state of whoever plays. For people who look for a cause. */
import type { World } from '../../adapters/sim/index.ts';
import { watchWorlds } from '../../adapters/sim/watching.ts';
import type { SwarmCast } from './cast.ts';
import { type Played, play } from './play.ts';
import { hostsOf } from './places.ts';
import type { WorldSpec } from './spec.ts';

export interface Told {
  readonly played: Played;
  readonly lines: readonly string[];
}

export function told(spec: WorldSpec, cast: SwarmCast): Told {
  const hosts = hostsOf(spec, cast);
  const states = new Map<string, string>();
  const changes: string[][] = [];
  let world: World | undefined;
  const stopWatching = watchWorlds((watched) => {
    world = watched.world;
    world.internet.observe((seen) => {
      if (!('id' in seen) || seen.type === 'forwarded') return;
      changes.push(hosts.flatMap((host) => changeOf(watched.world, host, states)));
    });
  });
  const played = play(spec, cast, { keep: true });
  stopWatching();
  const packets = world?.trace() ?? [];
  return { played, lines: packets.flatMap((packet, n) => [...(changes[n] ?? []), packet]) };
}

function changeOf(w: World, host: string, states: Map<string, string>): readonly string[] {
  const state = stateOf(w, host);
  if (states.get(host) === state) return [];
  states.set(host, state);
  return [`${' '.repeat(10)}${host} is ${state}`];
}

function stateOf(w: World, host: string): string {
  try {
    const { actor } = w.running(host);
    return `${JSON.stringify(actor.getSnapshot().value)} ${w.outcome<{ readonly reason?: string }>(host)?.reason ?? ''}`;
  } catch {
    return 'not there';
  }
}
