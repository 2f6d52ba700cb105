/**
 * The n4 server's memory, as a value: who is connected, who waits for whom, and whose EXCHANGE is awaited. Bounded: see LIMITS.
 * An EXCHANGE names its ident and its source, not its connection. So of each ident and host one client at a time is told
 * READY, and what comes from there is its own; the next is told when that has come. On the wire this cannot be seen.
 */
import type { Endpoint } from '../../effects/endpoint.ts';
import { networkOf } from '../../effects/network.ts';
import { seedOf } from '../../effects/seed.ts';
import { emptyMap, getEntry, type PersistentMap, withEntry } from '../persistent-map.ts';
import type { Reply } from '../server.ts';
import type { N4Message } from './codec.ts';
import { type Crowd, emptyCrowd, joined, left } from './crowd.ts';

export const LIMITS = {
  /** Connections without a HELLO. A client says it as soon as it is connected. */
  silent: { total: 2_048, perHost: 32 },
  silentMs: 10_000,
  /** Clients that have said HELLO; half a kilobyte each. A carrier puts many customers behind one address. */
  known: { total: 4_096, perHost: 64 },
  /** A person starts one client and then walks over to the other; a guess. */
  waitingMs: 30 * 60_000,
  /** From READY to EXCHANGE: a round trip, and n4.py sends it three times at once. Long enough for a slow line. */
  observedMs: 5_000,
  /** From READY on until an EXCHANGE from an address without a client is taken for that of the one client that has sent none. */
  strayMs: 1_000,
  /** So many such addresses are kept for an ident. Two are too many to know whose they are. */
  strays: 2,
  /** The copies of an EXCHANGE come together; this is for a line that reorders. */
  copiesMs: 300,
  /** Sources of late. */
  copies: 256,
} as const;

export interface Clients {
  readonly clients: PersistentMap<Client>;
  /** Connected, and no HELLO yet. */
  readonly silent: Crowd;
  /** Have said HELLO. */
  readonly known: Crowd;
  /** The one that waits for a partner, by ident. */
  readonly rooms: PersistentMap<string>;
  /** By ident and host: the first has been told READY and its EXCHANGE is awaited, the others come after it. */
  readonly turns: PersistentMap<readonly string[]>;
  /** The firsts of all turns, by ident. */
  readonly unseen: PersistentMap<readonly string[]>;
  /** By ident: sources of EXCHANGEs that are nobody's turn. */
  readonly strays: PersistentMap<readonly Endpoint[]>;
  /** Sources that were just taken, the newest last. */
  readonly taken: readonly { readonly ident: string; readonly from: Endpoint; readonly at: number }[];
}

export interface Client {
  /** Its connection. */
  readonly socket: string;
  readonly from: Endpoint;
  /** Undefined until HELLO. */
  readonly ident: string | undefined;
  readonly connectedAt: number;
  readonly partner: string | undefined;
  /** When it was told READY. */
  readonly askedAt: number | undefined;
  /** Where its UDP was seen. */
  readonly observed: Endpoint | undefined;
}

/** `seed` decides where clients lie in memory; see `persistent-map.ts`. */
export function noClients(seed: string): Clients {
  const salt = seedOf(seed, 'n4');
  const map = <V>(): PersistentMap<V> => emptyMap<V>(salt);
  return { clients: map(), silent: emptyCrowd(salt), known: emptyCrowd(salt), rooms: map(), turns: map(), unseen: map(), strays: map(), taken: [] };
}

export function clientOf({ clients }: Clients, socket: string | undefined): Client | undefined {
  return socket === undefined ? undefined : getEntry(clients, socket);
}

/** What one step of the server comes to; it starts from a memory and changes what it has of it, never that memory. */
export class Draft {
  memory: Clients;
  readonly replies: Reply<N4Message>[] = [];
  readonly at: number;

  constructor(memory: Clients, at: number) {
    this.memory = memory;
    this.at = at;
  }

  /** Adds a client, or changes it. */
  put(client: Client): void {
    this.memory = { ...this.memory, clients: withEntry(this.memory.clients, client.socket, client) };
  }

  say(client: Client, message: N4Message): void {
    this.replies.push({ socket: client.socket, message });
  }

  joinSilent({ from, socket }: Client): void {
    this.memory = { ...this.memory, silent: joined(this.memory.silent, networkOf(from.host), socket) };
  }

  /** From the silent to those who have said HELLO. */
  joinKnown({ from: { host }, socket }: Client): void {
    const { silent, known } = this.memory;
    const network = networkOf(host);
    this.memory = { ...this.memory, silent: left(silent, network, socket), known: joined(known, network, socket) };
  }

  /** Lets `client` wait in the room of its ident, or empties that room. */
  seat(ident: string, client: Client | undefined): void {
    this.memory = { ...this.memory, rooms: withEntry(this.memory.rooms, ident, client?.socket) };
  }

  /** Tells the client READY, now or when it is its turn. */
  ask(client: Client): void {
    const turn = turnOf(client);
    const before = getEntry(this.memory.turns, turn) ?? [];
    this.#setTurn(turn, [...before, client.socket]);
    if (before.length === 0) this.#tellReady(client);
  }

  /** Its EXCHANGE has come, or is not waited for any more. */
  endTurn(client: Client): void {
    const turn = turnOf(client);
    const before = getEntry(this.memory.turns, turn) ?? [];
    if (!before.includes(client.socket)) return;
    const rest = before.filter((socket) => socket !== client.socket);
    this.#setTurn(turn, rest);
    this.#setUnseen(client.ident ?? '', (sockets) => sockets.filter((socket) => socket !== client.socket));
    const next = before[0] === client.socket ? clientOf(this.memory, rest[0]) : undefined;
    if (next) this.#tellReady(next);
  }

  take(ident: string, from: Endpoint): void {
    const recent = this.memory.taken.filter(({ at }) => this.at - at < LIMITS.copiesMs).slice(1 - LIMITS.copies);
    this.memory = { ...this.memory, taken: [...recent, { ident, from, at: this.at }] };
  }

  noteStray(ident: string, from: Endpoint): void {
    const { strays } = this.memory;
    this.memory = { ...this.memory, strays: withEntry(strays, ident, [...(getEntry(strays, ident) ?? []), from]) };
  }

  /** Forgets a client. Its partner is the caller's to care for. */
  remove(client: Client): void {
    const { socket, from, ident } = client;
    if (ident !== undefined) {
      this.endTurn(client);
      if (getEntry(this.memory.rooms, ident) === socket) this.seat(ident, undefined);
    }
    const { clients, silent, known } = this.memory;
    const network = networkOf(from.host);
    const crowds = ident === undefined ? { silent: left(silent, network, socket) } : { known: left(known, network, socket) };
    this.memory = { ...this.memory, ...crowds, clients: withEntry(clients, socket, undefined) };
  }

  #tellReady(client: Client): void {
    this.put({ ...client, askedAt: this.at });
    this.#setUnseen(client.ident ?? '', (sockets) => [...sockets, client.socket]);
    this.say(client, { type: 'ready' });
  }

  #setTurn(turn: string, sockets: readonly string[]): void {
    this.memory = { ...this.memory, turns: withEntry(this.memory.turns, turn, sockets.length > 0 ? sockets : undefined) };
  }

  /** When everybody of an ident was seen, the strays were nobody's. */
  #setUnseen(ident: string, change: (sockets: readonly string[]) => readonly string[]): void {
    const { unseen, strays } = this.memory;
    const after = change(getEntry(unseen, ident) ?? []);
    const isEmpty = after.length === 0;
    this.memory = { ...this.memory, unseen: withEntry(unseen, ident, isEmpty ? undefined : after), strays: isEmpty ? withEntry(strays, ident, undefined) : strays };
  }
}

/** Idents are six characters at most, so this is unambiguous. */
export function turnOf({ ident, from }: { readonly ident: string | undefined; readonly from: Endpoint }): string {
  return `${(ident ?? '').padEnd(6)} ${from.host}`;
}
