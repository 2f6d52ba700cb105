/** What can be done to the moment and the view, by keys, buttons and menus alike. */
import type { Exports } from './export/exports.ts';
import { type Layout, neighbour } from './model/layout.ts';
import type { Told } from './model/moment.ts';
import type { Picture } from './model/picture.ts';
import { SPEEDS } from './model/player.ts';
import type { Store } from './model/store.ts';
import type { View } from './model/view.ts';

export interface Commands {
  goToTime(at: number): void;
  /** To an event, with the packet it belongs to. */
  goTo(n: number): void;
  goToEdge(edge: 'start' | 'end'): void;
  step(by: -1 | 1): void;
  play(): void;
  speed(): void;
  nextFailure(): void;
  zoom(factor: number): void;
  toggleBundle(): void;
  toggleAllBundles(): void;
  /** Whose statechart is shown. */
  nextActor(): void;
  /** Only what the chosen actor does, or everybody again. */
  onlyActor(): void;
  readonly exports: Exports;
}

export interface Reach {
  readonly store: Store<View>;
  readonly told: Told;
  readonly layout: Layout;
  readonly picture: Picture;
  /** The chosen one, and all that can be. */
  readonly actor: string | undefined;
  readonly actors: readonly string[];
  readonly bundleOf: (packet: number) => string | undefined;
  readonly reveal: () => void;
  readonly exports: Exports;
}

const SMALLEST_ROW = 13;
const LARGEST_ROW = 60;

export function commandsFor({ store, told, layout, picture, actor, actors, bundleOf, reveal, exports }: Reach): Commands {
  const stop = { isFollowing: false, isPlaying: false };
  const goTo = (n: number): void => {
    store.set({ ...stop, cursor: n, packet: packetAt(picture, told, n) });
    reveal();
  };
  return {
    exports,
    goTo,
    goToTime: (at) => {
      store.set({ ...stop, cursor: told.upTo(at), packet: undefined });
      reveal();
    },
    goToEdge: (edge) => {
      if (edge === 'start') store.set({ ...stop, cursor: told.first, packet: undefined });
      else store.set({ isPlaying: false, isFollowing: true, cursor: told.last, packet: undefined });
      reveal();
    },
    step: (by) => {
      const next = neighbour(layout, store.get().cursor, by);
      if (next !== undefined) goTo(next);
    },
    play: () => {
      const { isPlaying, cursor } = store.get();
      if (isPlaying) return store.set({ isPlaying: false });
      store.set({ isPlaying: true, isFollowing: false, packet: undefined, ...(neighbour(layout, cursor, 1) === undefined ? { cursor: told.first } : {}) });
    },
    speed: () => store.set(({ speed }) => ({ speed: SPEEDS[(SPEEDS.findIndex((one) => one === speed) + 1) % SPEEDS.length]! })),
    nextFailure: () => {
      const { cursor, isFollowing } = store.get();
      const next = (isFollowing ? undefined : told.failures.find((n) => n > cursor)) ?? told.failures[0];
      if (next !== undefined) goTo(next);
    },
    zoom: (factor) => store.set(({ row }) => ({ row: Math.min(LARGEST_ROW, Math.max(SMALLEST_ROW, row * factor)) })),
    nextActor: () => {
      const next = actors[(actors.findIndex((one) => one === actor) + 1) % actors.length];
      if (next !== undefined) store.set({ actor: next });
    },
    onlyActor: () => {
      if (actor !== undefined) store.set(({ filters }) => ({ filters: { ...filters, actors: filters.actors.size > 0 ? new Set() : new Set([actor]) } }));
    },
    toggleBundle: () => {
      const { packet } = store.get();
      const id = packet === undefined ? undefined : bundleOf(packet);
      if (id === undefined) return;
      store.set(({ opened }) => ({ opened: opened.has(id) ? new Set([...opened].filter((one) => one !== id)) : new Set([...opened, id]) }));
      reveal();
    },
    toggleAllBundles: () => {
      store.set(({ opened }) => ({ opened: opened.size > 0 ? new Set() : new Set(picture.packets.flatMap(({ index }) => bundleOf(index) ?? [])) }));
      reveal();
    },
  };
}

/** The index of the packet that an event is about. */
function packetAt(picture: Picture, told: Told, n: number): number | undefined {
  const event = told.event(n);
  if (event?.kind === 'packet') return picture.packets.find(({ id }) => id === event.packet)?.index;
  if (event?.kind === 'event') return picture.packets.find(({ id }) => id === -1 - n)?.index;
  return undefined;
}
