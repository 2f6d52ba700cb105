/** Two runs at one moment: where each stands, and where the two first differ. */
import { type Divergence, firstDivergence } from '../../trace/compare.ts';
import type { Run } from '../model/run.ts';

/** In one run. */
export interface Place {
  readonly cursor: number;
  readonly packet: number | undefined;
}

export type Places = readonly [Place, Place];

export interface Compared {
  readonly divergence: Divergence | undefined;
  /** The same happens in both, with other contents. */
  readonly isDeep: boolean;
}

/** What happened first; where that is the same, every field. */
export function compared({ told: one }: Run, { told: other }: Run): Compared {
  const divergence = firstDivergence(one, other, 'what');
  return divergence ? { divergence, isDeep: false } : { divergence: firstDivergence(one, other, 'everything'), isDeep: true };
}

/** At the first difference, each with the packet that it is about; else at the end. */
export function startOf(left: Run, right: Run, divergence: Divergence | undefined): Places {
  if (divergence === undefined) return [{ cursor: left.told.last, packet: undefined }, { cursor: right.told.last, packet: undefined }];
  const { one, other } = divergence;
  const at = Math.min(left.told.event(one ?? -1)?.at ?? Infinity, right.told.event(other ?? -1)?.at ?? Infinity);
  const place = ({ told, picture }: Run, n: number | undefined): Place => {
    if (n === undefined) return { cursor: told.upTo(at), packet: undefined };
    return { cursor: n, packet: packetAt({ picture }, n) };
  };
  return [place(left, one), place(right, other)];
}

/** The index of the packet that an event is about. */
export function packetAt({ picture }: Pick<Run, 'picture'>, n: number | undefined): number | undefined {
  return n === undefined ? undefined : picture.packets.find(({ stops, saidAt }) => saidAt === n || stops.some((stop) => stop.n === n))?.index;
}

/** Whom a difference is about: its actor, or whoever is on the side of its place. */
export function actorAt({ told, picture, charted }: Run, n: number | undefined): string | undefined {
  const event = n === undefined ? undefined : told.event(n);
  if (event === undefined) return undefined;
  if ('actor' in event) return told.actors.get(event.actor)?.machine ? event.actor : told.actors.get(event.actor)?.actor.parent;
  const sideOf = (place: string | undefined): string | undefined => picture.lanes.find(({ name }) => name === place)?.side;
  const side = event.kind === 'packet' || event.kind === 'row' ? sideOf(event.place) : undefined;
  return side === undefined ? undefined : charted.find((actor) => sideOf(told.actors.get(actor)?.actor.place) === side);
}
