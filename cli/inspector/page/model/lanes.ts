/**
 * Which places and actors have a lifeline, and in what order: the sides left and right of the internet, what hides a host
 * between it and the middle. Lines without NATs, the core and routers that change nothing have none; things happen between.
 */
import type { ActorSeen, PlaceSeen } from '../../trace/trace.ts';
import type { Lane } from './picture.ts';

export interface Lanes {
  readonly lanes: readonly Lane[];
  /** Of a place, seen from the lane that a packet came from; 1.5 is between two lanes. */
  placeOf(place: string, from?: number): number | undefined;
  actorOf(actor: string): number | undefined;
  /** By an address that a place has. */
  ownerOf(endpoint: string): number | undefined;
}

const MIDDLE = 'internet';

export function lanesFor(places: ReadonlyMap<string, PlaceSeen>, actors: ReadonlyMap<string, ActorSeen>): Lanes {
  const standing = [...places.values()].filter(({ type }) => type !== 'link' && type !== 'core' && type !== 'router');
  const sides = [...new Set(standing.map(({ side }) => side))].filter((side) => side !== MIDDLE);
  const leftSides = sides.slice(0, Math.max(1, Math.ceil(sides.length / 2)));
  const of = (side: string, sign: 1 | -1): PlaceSeen[] => standing.filter((place) => place.side === side).sort((one, other) => sign * (one.depth - other.depth));
  const ordered = [
    ...leftSides.flatMap((side) => of(side, -1)),
    ...standing.filter(({ side }) => side === MIDDLE),
    ...sides.slice(leftSides.length).flatMap((side) => of(side, 1)),
  ];
  const lanes: Lane[] = ordered.map(laneOf);
  const homeless = [...actors.values()].filter((actor) => homeOf(actor.actor, actors) === undefined && isShown(actor, actors));
  for (const { actor, machine } of homeless) lanes.push({ name: actor, label: actor, sub: machine ?? '', kind: 'actor', side: rootOf(actor, actors) });

  const index = new Map(lanes.map(({ name }, i) => [name, i]));
  const byAddress = new Map(ordered.flatMap(({ name, addresses }) => addresses.map((address) => [address, index.get(name)!] as const)));
  const middle = lanes.findIndex(({ side }) => side === MIDDLE);

  const placeOf = (place: string, from?: number): number | undefined => {
    const own = index.get(place);
    if (own !== undefined) return own;
    const seen = places.get(place);
    if (seen === undefined || lanes.length === 0) return undefined;
    if (seen.side === MIDDLE || seen.type === 'core') {
      const centre = middle === -1 ? (lanes.length - 1) / 2 : middle;
      return from !== undefined && from > centre ? centre + 0.32 : Math.max(0, centre - 0.32);
    }
    return besides(seen, lanes, places, leftSides.includes(seen.side));
  };
  const actorOf = (actor: string): number | undefined => index.get(homeOf(actor, actors) ?? actor) ?? (homeOf(actor, actors) === undefined ? index.get(nearestShown(actor, actors)) : undefined);
  return { lanes, placeOf, actorOf, ownerOf: (endpoint) => byAddress.get(hostOf(endpoint)) };
}

/** The host of `host:port` or `[v6]:port`. */
export function hostOf(endpoint: string): string {
  const end = endpoint.lastIndexOf(':');
  return end < 0 ? endpoint : endpoint.slice(0, end).replace(/^\[|\]$/g, '');
}

/** A line or a router that changes nothing: beside the lane of its side that is next to it. */
function besides({ side, depth }: PlaceSeen, lanes: readonly Lane[], places: ReadonlyMap<string, PlaceSeen>, isLeft: boolean): number | undefined {
  const own = lanes.flatMap((lane, index) => (lane.side === side ? [index] : []));
  if (own.length === 0) return undefined;
  // The first lane of the side, from the middle outwards, that is further in than the line leads to.
  const inward = isLeft ? own.toReversed() : own;
  const next = inward.find((index) => (places.get(lanes[index]!.name)?.depth ?? 0) >= depth) ?? inward.at(-1)!;
  return isLeft ? Math.min(lanes.length - 1, next + 0.5) : Math.max(0, next - 0.5);
}

function laneOf({ name, type, side, addresses, words }: PlaceSeen): Lane {
  const kind = type === 'nat' || type === 'firewall' ? 'nat' : type === 'server' ? 'server' : type === 'remote' ? 'remote' : 'host';
  const [first = ''] = addresses;
  const sub = kind === 'nat' ? (words ?? first) : first === name ? (words ?? '') : first;
  return { name, label: name, sub, kind, side };
}

/** The place of an actor, or of the nearest above it that has one. */
function homeOf(actor: string, actors: ReadonlyMap<string, ActorSeen>): string | undefined {
  for (let at = actors.get(actor), left = 20; at !== undefined && left > 0; left -= 1) {
    if (at.place !== undefined) return at.place;
    at = at.parent === undefined ? undefined : actors.get(at.parent);
  }
  return undefined;
}

function rootOf(actor: string, actors: ReadonlyMap<string, ActorSeen>): string {
  let root = actor;
  for (let left = 20; left > 0; left -= 1) {
    const parent = actors.get(root)?.parent;
    if (parent === undefined) break;
    root = parent;
  }
  return root;
}

/** Of actors without a place every one is shown, up to as many as still fit. */
const ACTOR_LANES = 24;

function isShown({ actor }: ActorSeen, actors: ReadonlyMap<string, ActorSeen>): boolean {
  let index = 0;
  for (const name of actors.keys()) {
    if (name === actor) return index < ACTOR_LANES;
    index += 1;
  }
  return false;
}

function nearestShown(actor: string, actors: ReadonlyMap<string, ActorSeen>): string {
  return actors.get(actor)?.parent ?? actor;
}
