/**
 * The rendezvous's memory, as a value: who is in which room, and whom to introduce. No sockets and no clock: `now` comes with
 * each datagram. Bounded: see LIMITS. A registration is answered by one datagram, and an introduction tells the other peer
 * by one more; both together are no longer than the request.
 */
import { type Endpoint, sameEndpoint } from '../../effects/endpoint.ts';
import type { Arrival } from '../../effects/net-actor.ts';
import { derive } from '../../effects/seed.ts';
import { toHex } from '../../effects/wire/bytes.ts';
import { emptyMap, entries, getEntry, type PersistentMap, withEntry } from '../persistent-map.ts';
import type { Introduced, Leave, PunchMessage, Register } from './messages.ts';

export const LIMITS = {
  /** About a kilobyte each. */
  rooms: 16_384,
  /** One address may hold a quarter of them: carriers put many customers behind one. */
  roomsPerHost: 4_096,
  /** From here on a new room must first prove that its address is its own, so that spoofed sources cost no memory. */
  roomsUnproven: 1_024,
  /** A room nobody has spoken in for this long is forgotten; peers refresh every 5 s. */
  idleMs: 30_000,
  /** Life of a proof; the one before is accepted too. */
  nonceMs: 60_000,
} as const;

export interface Rooms {
  readonly rooms: PersistentMap<readonly Member[]>;
  /** Rooms by the address that opened them. */
  readonly hosts: PersistentMap<number>;
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
  readonly seenAt: number;
  /** The registration of the other peer to which this one was introduced. */
  readonly introducedTo: string | undefined;
  /** Set on the peer that opened the room. */
  readonly opener: string | undefined;
}

export interface Reply {
  readonly socket: string;
  readonly to: Endpoint;
  readonly message: PunchMessage;
}

export interface Admission {
  readonly rooms: Rooms;
  readonly replies: readonly Reply[];
  /** What happened, for the server's log; a repetition is nothing new. */
  readonly news?: 'opened' | 'paired' | undefined;
}

export function noRooms(): Rooms {
  return { rooms: emptyMap(), hosts: emptyMap() };
}

/** Takes one registration in. `secret` is the server's own, for proofs of address. */
export function admit(rooms: Rooms, request: Register & Arrival, alternate: Endpoint | undefined, secret: string): Admission {
  const { room, peer, txid, from, socket, at } = request;
  if (room === undefined) return { rooms, replies: [] };
  const present = getEntry(rooms.rooms, room);
  const living = (present ?? []).filter((one) => at - one.seenAt < LIMITS.idleMs);
  const before = living.find((one) => one.peer === peer);
  const other = living.find((one) => one.peer !== peer);
  const answer = (message: PunchMessage, news?: Admission['news'], next = rooms): Admission => ({ rooms: next, replies: [{ socket, to: from, message }], news });

  if (!before && living.length >= 2) return answer({ type: 'refused', txid, to: peer, reason: 'room-full' });
  if (!present) {
    if (rooms.rooms.size >= LIMITS.rooms || (getEntry(rooms.hosts, from.host) ?? 0) >= LIMITS.roomsPerHost) {
      return answer({ type: 'refused', txid, to: peer, reason: 'busy' });
    }
    if (rooms.rooms.size >= LIMITS.roomsUnproven && !isProof(secret, from, at, request.nonce)) {
      return answer({ type: 'challenged', txid, to: peer, nonce: proof(secret, from, at) });
    }
  }

  const self = member(request, before, present ? undefined : from.host);
  const next = present ? rooms : { ...rooms, hosts: countHost(rooms.hosts, from.host, 1) };
  const mapped = { txid, to: peer, mapped: from, alternate } as const;
  if (!other || !mayIntroduce(self, other)) {
    const members = other ? [other, self] : [self];
    return answer({ type: 'mapped', ...mapped }, present ? undefined : 'opened', { ...next, rooms: withEntry(next.rooms, room, members) });
  }
  const news = self.introducedTo === other.txid ? undefined : 'paired';
  const members = [{ ...other, introducedTo: self.txid }, { ...self, introducedTo: other.txid }];
  return {
    rooms: { ...next, rooms: withEntry(next.rooms, room, members) },
    replies: [
      { socket, to: from, message: { type: 'introduced', ...mapped, peer: describe(other) } },
      {
        socket: other.socket,
        to: other.source,
        message: { type: 'introduced', txid: other.txid, to: other.peer, mapped: other.source, alternate, peer: describe(self) },
      },
    ],
    news,
  };
}

/** Takes one peer out of its room. */
export function dismiss(rooms: Rooms, { room, peer }: Leave): Rooms {
  const members = room === undefined ? undefined : getEntry(rooms.rooms, room);
  if (room === undefined || !members?.some((one) => one.peer === peer)) return rooms;
  return keep(rooms, room, members, members.filter((one) => one.peer !== peer));
}

/** Forgets everybody who has been silent for too long. */
export function sweep(rooms: Rooms, now: number): Rooms {
  let swept = rooms;
  for (const [room, members] of entries(rooms.rooms)) {
    const living = members.filter((one) => now - one.seenAt < LIMITS.idleMs);
    if (living.length < members.length) swept = keep(swept, room, members, living);
  }
  return swept;
}

/** Both wait to be introduced, or were introduced to each other and one of them asks again. */
function mayIntroduce(self: Member, other: Member): boolean {
  return other.introducedTo === undefined || self.introducedTo === other.txid;
}

function member({ peer, txid, round, socket, from, candidates, mapping, at }: Register & Arrival, before: Member | undefined, opener: string | undefined): Member {
  const endpoints = [from, ...candidates.filter((candidate) => !sameEndpoint(candidate, from))];
  const introducedTo = before?.txid === txid ? before.introducedTo : undefined;
  return { peer, txid, round, socket, source: from, endpoints, mapping, seenAt: at, introducedTo, opener: before?.opener ?? opener };
}

function describe({ peer: id, round, mapping, endpoints }: Member): Introduced['peer'] {
  return { id, round, mapping, endpoints };
}

/** The room with only `living` left of its members; an empty room goes, and so does its count. */
function keep(rooms: Rooms, room: string, members: readonly Member[], living: readonly Member[]): Rooms {
  const opener = members.find((one) => one.opener !== undefined)?.opener;
  const [first, ...rest] = living;
  if (!first) {
    return { rooms: withEntry(rooms.rooms, room, undefined), hosts: opener === undefined ? rooms.hosts : countHost(rooms.hosts, opener, -1) };
  }
  return { ...rooms, rooms: withEntry(rooms.rooms, room, [{ ...first, opener }, ...rest]) };
}

function countHost(hosts: PersistentMap<number>, host: string, change: number): PersistentMap<number> {
  const count = (getEntry(hosts, host) ?? 0) + change;
  return withEntry(hosts, host, count > 0 ? count : undefined);
}

function proof(secret: string, { host, port }: Endpoint, at: number, age = 0): string {
  return toHex(derive(secret, `nonce ${host} ${port}`, Math.floor(at / LIMITS.nonceMs) - age).subarray(0, 8));
}

function isProof(secret: string, source: Endpoint, at: number, nonce: string | undefined): boolean {
  return nonce !== undefined && (nonce === proof(secret, source, at) || nonce === proof(secret, source, at, 1));
}
