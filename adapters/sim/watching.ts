/** Who wants to know of every world that begins to play: an inspector. Worlds do not depend on it. */
import type { Place } from './topology.ts';
import type { World } from './world.ts';

/** A world in which a scenario is about to be played. */
export interface WatchedWorld {
  readonly world: World;
  readonly places: Readonly<Record<string, Place>>;
  readonly seed: string;
  /** The scenario's name. */
  readonly scenario: string;
}

export type WatchWorld = (watched: WatchedWorld) => void;

/** From now on `watch` is told of every world of this process, until the answer is called. */
export function watchWorlds(watch: WatchWorld): () => void {
  watches = [...watches, watch];
  return () => {
    watches = watches.filter((other) => other !== watch);
  };
}

/** For worlds. */
export function announce(watched: WatchedWorld): void {
  for (const watch of watches) watch(watched);
}

let watches: readonly WatchWorld[] = [];
