/**
 * The rendezvous's memory, as a value: which connections there are, who is in which room, and whom to introduce. A member's
 * place is its connection: it is free when that ends. No sockets and no clock. Bounded: see LIMITS.
 */
import { type Endpoint, sameEndpoint } from '../../effects/endpoint.ts';
import type { Arrival } from '../../effects/net-actor.ts';
import { seedOf } from '../../effects/seed.ts';
import { countOf, counted, type NetworkCounts, networkOf } from '../networks.ts';
import { emptyMap, entries, getEntry, type PersistentMap, withEntry } from '../persistent-map.ts';
import type { Accepted, Reply, Step } from '../server.ts';
import type { OpenMessage, Register } from './messages.ts';

export const LIMITS = {
  /** About a kilobyte each. Each is a file of the system too, so an operator may have to allow as many. */
  connections: 16_384,
  /** One network may hold a quarter of them: carriers put many customers behind one address. */
  connectionsPerNetwork: 4_096,
  /** Who has not registered by then never will. */
  silentMs: 10_000,
  /** A member speaks every 15 s; one that has been silent for two such and a bit is gone, and its place is free. */
  idleMs: 35_000,
} as const;

export interface Rooms {
  readonly connections: PersistentMap<Connection>;
  readonly rooms: PersistentMap<readonly Member[]>;
  /** Connections by the network that opened them. */
  readonly networks: NetworkCounts;
}

export interface Connection {
  readonly from: Endpoint;
  readonly acceptedAt: number;
  /** Once it has registered. */
  readonly room: string | undefined;
}

/** One registered peer. */
export interface Member {
  readonly socket: string;
  readonly peer: string;
  readonly txid: string;
  readonly rttMs: number | undefined;
  readonly source: Endpoint;
  readonly endpoints: readonly Endpoint[];
  readonly isIntroduced: boolean;
}

type RoomsStep = Step<OpenMessage, Rooms>;

/** `seed` decides where rooms lie in memory; see `persistent-map.ts`. */
export function noRooms(seed: string): Rooms {
  const salt = seedOf(seed, 'rooms');
  return { connections: emptyMap(salt), rooms: emptyMap(salt), networks: emptyMap(salt) };
}

/** Somebody has connected. */
export function welcome(rooms: Rooms, { socket, peer: from, at }: Accepted): RoomsStep {
  const network = networkOf(from);
  if (countOf(rooms.networks, network) >= LIMITS.connectionsPerNetwork) return { memory: rooms, replies: [{ socket, close: true }] };
  const memory = {
    ...rooms,
    connections: withEntry(rooms.connections, socket, { from, acceptedAt: at, room: undefined }),
    networks: counted(rooms.networks, network, 1),
  };
  return { memory, replies: [] };
}

/** Takes one registration in. */
export function admit(rooms: Rooms, request: Register & Arrival): RoomsStep {
  const { room, peer, txid, socket, from } = request;
  const connection = getEntry(rooms.connections, socket);
  // A connection is in one room.
  if (room === undefined || !connection || (connection.room !== undefined && connection.room !== room)) return farewell(rooms, socket);
  const present = getEntry(rooms.rooms, room) ?? [];
  const before = present.find((one) => one.socket === socket);
  // The same session by another connection: its first is dead, though nobody has noticed yet.
  const former = present.find((one) => one.socket !== socket && one.peer === peer);
  const other = present.find((one) => one.socket !== socket && one.peer !== peer);
  if (!before && !former && present.length >= 2) return { memory: rooms, replies: [{ socket, message: { type: 'refused', txid, to: peer, reason: 'room-full' } }] };

  const self = memberOf(request, before);
  const mayMeet = other !== undefined && !other.isIntroduced && !self.isIntroduced && other.rttMs !== undefined && self.rttMs !== undefined;
  const members = [...(other ? [mayMeet ? { ...other, isIntroduced: true } : other] : []), mayMeet ? { ...self, isIntroduced: true } : self];
  const next: Rooms = {
    ...rooms,
    connections: withEntry(rooms.connections, socket, { ...connection, room }),
    rooms: withEntry(rooms.rooms, room, members),
  };
  const ended = former ? farewell(next, former.socket) : { memory: next, replies: [] };
  const name = room.slice(0, 8);
  if (!mayMeet) {
    const reply: Reply<OpenMessage> = { socket, message: { type: 'mapped', txid, to: peer, mapped: from } };
    return { memory: ended.memory, replies: [reply, ...ended.replies], ...(present.length === 0 ? { news: { what: 'room-opened', room: name, from } } : {}) };
  }
  return {
    memory: ended.memory,
    replies: [introduction(self, other), introduction(other, self), ...ended.replies],
    news: { what: 'paired', room: name, from },
  };
}

/** Ends a connection and forgets it. */
export function farewell(rooms: Rooms, socket: string): RoomsStep {
  return { memory: forget(rooms, socket), replies: [{ socket, close: true }] };
}

/** A connection is over. */
export function forget(rooms: Rooms, socket: string): Rooms {
  const connection = getEntry(rooms.connections, socket);
  if (!connection) return rooms;
  const { room, from } = connection;
  const left = room === undefined ? [] : (getEntry(rooms.rooms, room) ?? []).filter((one) => one.socket !== socket);
  return {
    connections: withEntry(rooms.connections, socket, undefined),
    networks: counted(rooms.networks, networkOf(from), -1),
    rooms: room === undefined ? rooms.rooms : withEntry(rooms.rooms, room, left.length > 0 ? left : undefined),
  };
}

/** Ends those that have never registered. */
export function sweep(rooms: Rooms, now: number): RoomsStep {
  let memory = rooms;
  const replies: Reply<OpenMessage>[] = [];
  for (const [socket, { room, acceptedAt }] of entries(rooms.connections)) {
    if (room !== undefined || now - acceptedAt < LIMITS.silentMs) continue;
    memory = forget(memory, socket);
    replies.push({ socket, close: true });
  }
  return { memory, replies };
}

function memberOf({ socket, peer, txid, rttMs, from, candidates }: Register & Arrival, before: Member | undefined): Member {
  const endpoints = [from, ...candidates.filter((candidate) => !sameEndpoint(candidate, from))];
  return { socket, peer, txid, rttMs, source: from, endpoints, isIntroduced: before?.isIntroduced ?? false };
}

/** Tells one member of the other. */
function introduction({ socket, txid, peer: to, source }: Member, { peer: id, rttMs = 0, endpoints }: Member): Reply<OpenMessage> {
  return { socket, message: { type: 'introduced', txid, to, mapped: source, peer: { id, rttMs, endpoints } } };
}
