/**
 * The rendezvous's memory, as a value: who is in which room, and whom to introduce. No sockets and no clock: `now` comes with
 * each datagram. Bounded: see LIMITS. A registration is answered by one datagram, and an introduction tells the other peer
 * by one more; both together are no longer than the request.
 */
import type { Endpoint } from '../../effects/endpoint.ts';
import type { Arrival } from '../../effects/net-actor.ts';
import { networkOf } from '../../effects/network.ts';
import { seedOf } from '../../effects/seed.ts';
import { emptyMap, getEntry, mapEntries, type PersistentMap, withEntry } from '../persistent-map.ts';
import { endpointsOf, newsOf } from '../rendezvous/rooms.ts';
import { countOf, counted, type NetworkCounts } from '../rendezvous/shares.ts';
import type { Step } from '../server.ts';
import type { Introduced, Leave, PunchMessage, Register } from './messages.ts';

export const LIMITS = {
  /** About a kilobyte each. */
  rooms: 16_384,
  /** One address may hold a quarter of them: carriers put many customers behind one. */
  roomsPerHost: 4_096,
  /** From here on a new room must first prove that its address is its own, so that spoofed sources cost no memory. */
  roomsUnproven: 1_024,
  /** A peer that has been silent for this long is forgotten, so that one that crashed does not hold its place; a living one speaks every 8 s. */
  idleMs: 15_000,
} as const;

export interface Rooms {
  readonly rooms: PersistentMap<Room>;
  /** Rooms by the network that opened them. */
  readonly hosts: NetworkCounts;
}

export interface Room {
  /** The network that opened it. */
  readonly opener: string;
  /** One or two. */
  readonly members: readonly Member[];
}

/** One registered peer. */
export interface Member {
  readonly peer: string;
  readonly txid: string;
  readonly round: number;
  readonly socket: string;
  readonly source: Endpoint;
  readonly endpoints: readonly Endpoint[];
  readonly mapping: Register['mapping'];
  readonly forecast: Register['forecast'];
  /** When this registration came first; its repetitions say nothing new of ports. */
  readonly registeredAt: number;
  readonly seenAt: number;
  /** The registration of the other peer to which this one was introduced. */
  readonly introducedTo: string | undefined;
}

type RoomsStep = Step<PunchMessage, Rooms>;

/** `seed` decides where rooms lie in memory; see `persistent-map.ts`. */
export function noRooms(seed: string): Rooms {
  const salt = seedOf(seed, 'rooms');
  return { rooms: emptyMap(salt), hosts: emptyMap(salt) };
}

/** Takes one registration in. */
export function admit(rooms: Rooms, request: Register & Arrival, alternate: Endpoint | undefined): RoomsStep {
  const { room: name, peer, round, txid, from, socket, at } = request;
  if (name === undefined) return { memory: rooms, replies: [] };
  const present = getEntry(rooms.rooms, name);
  const living = present?.members.filter((one) => at - one.seenAt < LIMITS.idleMs) ?? [];
  const before = living.find((one) => one.peer === peer);
  const other = living.find((one) => one.peer !== peer);
  const answer = (message: PunchMessage, memory = rooms): RoomsStep => ({ memory, replies: [{ socket, to: from, message }] });

  // Long under way: the peer has left that port since.
  if (before && round < before.round) return { memory: rooms, replies: [] };
  if (!before && living.length >= 2) return answer({ type: 'refused', txid, to: peer, reason: 'room-full' });
  if (!present) {
    if (rooms.rooms.size >= LIMITS.rooms || countOf(rooms.hosts, networkOf(from.host)) >= LIMITS.roomsPerHost) {
      return answer({ type: 'refused', txid, to: peer, reason: 'busy' });
    }
    if (rooms.rooms.size >= LIMITS.roomsUnproven && !request.proven) return answer({ type: 'challenged', txid, to: peer });
  }

  const self = member(request, before);
  const opener = present?.opener ?? networkOf(from.host);
  const hosts = present ? rooms.hosts : counted(rooms.hosts, opener, 1);
  const withMembers = (members: readonly Member[]): Rooms => ({ rooms: withEntry(rooms.rooms, name, { opener, members }), hosts });
  const mapped = { txid, to: peer, mapped: from, alternate, known: self.mapping } as const;
  if (!other || !mayIntroduce(self, other, before)) {
    return { ...answer({ type: 'mapped', ...mapped }, withMembers(other ? [other, self] : [self])), ...(present ? {} : { news: newsOf('room-opened', name, from) }) };
  }
  return {
    memory: withMembers([
      { ...other, introducedTo: txid },
      { ...self, introducedTo: other.txid },
    ]),
    replies: [
      { socket, to: from, message: { type: 'introduced', ...mapped, peer: describe(other, at) } },
      {
        socket: other.socket,
        to: other.source,
        message: { type: 'introduced', txid: other.txid, to: other.peer, mapped: other.source, alternate, known: other.mapping, peer: describe(self, at) },
      },
    ],
    news: self.introducedTo === other.txid ? undefined : newsOf('paired', name, from),
  };
}

/** Takes one peer out of its room. */
export function dismiss(rooms: Rooms, { room: name, peer }: Leave): Rooms {
  const room = name === undefined ? undefined : getEntry(rooms.rooms, name);
  if (name === undefined || !room?.members.some((one) => one.peer === peer)) return rooms;
  const members = room.members.filter((one) => one.peer !== peer);
  return members.length > 0
    ? { ...rooms, rooms: withEntry(rooms.rooms, name, { ...room, members }) }
    : { rooms: withEntry(rooms.rooms, name, undefined), hosts: counted(rooms.hosts, room.opener, -1) };
}

/** Forgets everybody who has been silent for too long. */
export function sweep({ rooms, hosts }: Rooms, now: number): Rooms {
  let left = hosts;
  const swept = mapEntries(rooms, (room) => {
    const members = room.members.filter((one) => now - one.seenAt < LIMITS.idleMs);
    if (members.length === 0) left = counted(left, room.opener, -1);
    return members.length === room.members.length ? room : members.length > 0 ? { ...room, members } : undefined;
  });
  return swept === rooms ? { rooms, hosts } : { rooms: swept, hosts: left };
}

/**
 * Both wait to be introduced; or were introduced to each other and one of them asks again; or one of them, introduced before,
 * comes from a fresh port to say what its next ones will be, which is worth something only at once.
 */
function mayIntroduce(self: Member, other: Member, before: Member | undefined): boolean {
  if (other.introducedTo === undefined || self.introducedTo === other.txid) return true;
  const isForecasting = self.forecast.kind === 'counting' || self.forecast.kind === 'random';
  return isForecasting && before !== undefined && other.introducedTo === before.txid;
}

function member(request: Register & Arrival, before: Member | undefined): Member {
  const { peer, txid, round, socket, from, mapping, forecast, at } = request;
  const repeated = before?.txid === txid ? before : undefined;
  return { peer, txid, round, socket, source: from, endpoints: endpointsOf(request), mapping, forecast, registeredAt: repeated?.registeredAt ?? at, seenAt: at, introducedTo: repeated?.introducedTo };
}

function describe({ peer: id, round, mapping, forecast, endpoints, registeredAt }: Member, now: number): Introduced['peer'] {
  return { id, round, mapping, forecast, ageMs: now - registeredAt, endpoints };
}
