/**
 * The rendezvous's memory, as a value: which connections there are, who is in which room, and whom to introduce. A member's
 * place is its connection: it is free when that ends. No sockets and no clock. Bounded: see LIMITS.
 */
import type { Endpoint } from '../../effects/endpoint.ts';
import type { Arrival } from '../../effects/net-actor.ts';
import { networkOf } from '../../effects/network.ts';
import { seedOf } from '../../effects/seed.ts';
import { emptyMap, entries, getEntry, type PersistentMap, withEntry } from '../persistent-map.ts';
import { endpointsOf, newsOf } from '../rendezvous/rooms.ts';
import { countOf, counted, type NetworkCounts } from '../rendezvous/shares.ts';
import type { Accepted, Reply, Step } from '../server.ts';
import type { Foretell, Observe, OpenMessage, Register } from './messages.ts';

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
  readonly keepsPort?: true | undefined;
  readonly source: Endpoint;
  readonly endpoints: readonly Endpoint[];
  readonly isIntroduced: boolean;
  readonly foretold: Foretold | undefined;
}

/** What a member's NAT does with ports, as it last said. */
export interface Foretold extends Pick<Foretell, 'round' | 'forecast'> {
  /** Of the connection on which it was said: a NAT that counts had given that port last. */
  readonly source: Endpoint;
  readonly at: number;
  /** The other has not been told. */
  readonly isNew: boolean;
}

type RoomsStep = Step<OpenMessage, Rooms>;

/** `seed` decides where rooms lie in memory; see `persistent-map.ts`. */
export function noRooms(seed: string): Rooms {
  const salt = seedOf(seed, 'rooms');
  return { connections: emptyMap(salt), rooms: emptyMap(salt), networks: emptyMap(salt) };
}

/** Somebody has connected. */
export function welcome(rooms: Rooms, { socket, peer: from, at }: Accepted): RoomsStep {
  const network = networkOf(from.host);
  if (countOf(rooms.networks, network) >= LIMITS.connectionsPerNetwork) return { memory: rooms, replies: [{ socket, close: true }] };
  const memory = {
    ...rooms,
    connections: withEntry(rooms.connections, socket, { from, acceptedAt: at, room: undefined }),
    networks: counted(rooms.networks, network, 1),
  };
  return { memory, replies: [] };
}

/** Takes one registration in. */
export function admit(rooms: Rooms, request: Register & Arrival, alternate?: Endpoint): RoomsStep {
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
  if (!mayMeet) {
    const reply: Reply<OpenMessage> = { socket, message: { type: 'mapped', txid, to: peer, mapped: from, alternate } };
    return { memory: ended.memory, replies: [reply, ...ended.replies], ...(present.length === 0 ? { news: newsOf('room-opened', room, from) } : {}) };
  }
  return {
    memory: ended.memory,
    replies: [introduction(self, other, request.at), introduction(other, self, request.at), ...ended.replies],
    news: newsOf('paired', room, from),
  };
}

/** Tells a connection where it is seen. It need not be of any room. */
export function observed(rooms: Rooms, { txid, peer: to, socket, from }: Observe & Arrival): RoomsStep {
  return { memory: rooms, replies: [{ socket, message: { type: 'mapped', txid, to, mapped: from } }] };
}

/**
 * Takes one forecast in, whichever connection it came by. The two are told of each other's at one moment: at once where one of
 * them keeps its port, else when both have told a new one, since what a NAT that counts will do is worth something only at once.
 */
export function foretold(rooms: Rooms, { room, peer, rttMs, round, forecast, socket, from, at }: Foretell & Arrival): RoomsStep {
  const members = room === undefined ? [] : (getEntry(rooms.rooms, room) ?? []);
  const before = members.find((one) => one.peer === peer);
  if (room === undefined || !before) return farewell(rooms, socket);
  const self: Member = { ...before, rttMs: rttMs ?? before.rttMs, foretold: { round, forecast, source: from, at, isNew: true } };
  const other = members.find((one) => one.peer !== peer);
  const both = other ? [other, self] : [self];
  const varying = both.filter((one) => one.foretold?.forecast.kind !== 'steady');
  const mayAim = other !== undefined && self.isIntroduced && other.isIntroduced && varying.length > 0 && varying.every((one) => one.foretold?.isNew === true);
  const next = mayAim ? both.map((one) => ({ ...one, foretold: one.foretold && { ...one.foretold, isNew: false } })) : both;
  return { memory: { ...rooms, rooms: withEntry(rooms.rooms, room, next) }, replies: mayAim ? [introduction(self, other, at), introduction(other, self, at)] : [] };
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
    networks: counted(rooms.networks, networkOf(from.host), -1),
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

function memberOf({ socket, peer, txid, rttMs, keepsPort, from, candidates }: Register & Arrival, before: Member | undefined): Member {
  return { socket, peer, txid, rttMs, ...(keepsPort ? { keepsPort } : {}), source: from, endpoints: endpointsOf({ from, candidates }), isIntroduced: before?.isIntroduced ?? false, foretold: before?.foretold };
}

/** Tells one member of the other. */
function introduction({ socket, txid, peer: to, source, foretold: own }: Member, other: Member, now: number): Reply<OpenMessage> {
  const { peer: id, rttMs = 0, keepsPort, foretold: told } = other;
  const forecast = told?.forecast ?? { kind: 'unknown' };
  const endpoints = forecast.kind === 'counting' && told ? [told.source, ...other.endpoints.slice(1)] : other.endpoints;
  const mapped = own?.source ?? source;
  const peer = { id, rttMs, ...(keepsPort ? { keepsPort } : {}), round: told?.round ?? 0, forecast, ageMs: told ? now - told.at : 0, endpoints };
  return { socket, message: { type: 'introduced', txid, to, round: own?.round ?? 0, mapped, peer } };
}
