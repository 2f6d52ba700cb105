/**
 * The n4 server, for any number of idents and pairs at once: TCP and UDP on one port. Its bytes and their order are those of
 * n4.py -s. It pairs the first two clients of an ident, tells both READY, sees where their EXCHANGE comes from, tells each
 * where the other is seen, and ends both connections. UDP is only listened to. What it keeps: `clients.ts`.
 */
import { ANYWHERE, type Endpoint, isIPv6, sameEndpoint } from '../../effects/endpoint.ts';
import type { Arrival } from '../../effects/net-actor.ts';
import { networkOf } from '../../effects/network.ts';
import { entries, getEntry } from '../persistent-map.ts';
import { type Accepted, serverMachine, type Step } from '../server.ts';
import { type Client, clientOf, type Clients, Draft, LIMITS, noClients, turnOf } from './clients.ts';
import type { N4Message } from './codec.ts';
import { surplus } from './crowd.ts';

export interface N4ServerInput {
  readonly listen: Endpoint;
  /** Only this one is served. Default: every ident, each a room of its own. */
  readonly ident?: string | undefined;
  /** Where clients lie in memory is derived from it. */
  readonly seed: string;
}

/** The input's ident stands beside the memory, for every HELLO is held to it. */
export interface N4Serving {
  readonly only: string | undefined;
  readonly memory: Clients;
}

type N4Step = Step<N4Message, N4Serving>;

const TCP = 'tcp';
const UDP = 'udp';

/**
 * A connection that this end has closed counts until its other end has closed it too, at most 10 s: so more than silent and
 * known clients together. Of one host as many as it may have clients, twice over and a half, so that none of those that have
 * just been ended keep out who comes next.
 */
const CONNECTIONS = { limit: 16_384, perHost: 256 } as const;

/** The server's statechart. Input: `N4ServerInput`; emits `server` for its operator. Runs until `close`. */
export const n4Server = serverMachine<N4Message, N4ServerInput, N4Serving>({
  id: 'n4/server',
  defaultInput: { listen: ANYWHERE, seed: '' },
  sockets: ({ listen }) => [
    { socket: TCP, transport: 'tcp', limits: { ...CONNECTIONS, lifeMs: LIMITS.waitingMs }, at: () => [listen] },
    { socket: UDP, at: (opened) => [opened[TCP] ?? listen] },
  ],
  memory: ({ ident, seed }) => ({ only: ident, memory: noClients(seed) }),
  accept,
  receive,
  end: ({ only, memory }, { socket, at }) => {
    const draft = new Draft(memory, at);
    const client = clientOf(memory, socket);
    return done(only, draft, client && lose(draft, client));
  },
  sweep,
});

function accept({ only, memory }: N4Serving, { socket, peer, at }: Accepted): N4Step {
  const draft = new Draft(memory, at);
  const oldest = clientOf(memory, surplus(memory.silent, networkOf(peer.host), LIMITS.silent));
  if (oldest) dismiss(draft, oldest);
  const client: Client = { socket, from: peer, ident: undefined, connectedAt: at, partner: undefined, askedAt: undefined, observed: undefined };
  draft.put(client);
  draft.joinSilent(client);
  return done(only, draft);
}

function receive({ only, memory }: N4Serving, message: N4Message & Arrival): N4Step {
  const draft = new Draft(memory, message.at);
  if (message.socket === UDP) return done(only, draft, message.type === 'exchange' ? observe(draft, message.ident, message.from) : undefined);
  const client = clientOf(memory, message.socket);
  if (!client) return { memory: { only, memory }, replies: [{ socket: message.socket, close: true }] };
  const isWelcome = message.type === 'hello' && client.ident === undefined && (only === undefined || only === message.ident);
  return done(only, draft, isWelcome ? admit(draft, client, message.ident) : dismiss(draft, client));
}

type News = Step<N4Message, N4Serving>['news'];

function done(only: string | undefined, { memory, replies }: Draft, news?: News): N4Step {
  return { memory: { only, memory }, replies, news };
}

/** A client has said HELLO. */
function admit(draft: Draft, silent: Client, ident: string): News {
  const { rooms, known } = draft.memory;
  const other = clientOf(draft.memory, getEntry(rooms, ident));
  const oldest = clientOf(draft.memory, surplus(known, networkOf(silent.from.host), LIMITS.known));
  const isFull = oldest !== undefined && networkOf(oldest.from.host) !== networkOf(silent.from.host);
  // Nobody who waits goes for somebody new; but whom they wait for comes in.
  if (isFull && (!other || known.order.length >= 2 * LIMITS.known.total)) return dismiss(draft, silent);
  if (oldest && !isFull) dismiss(draft, oldest);
  const client: Client = { ...silent, ident };
  draft.put(client);
  draft.joinKnown(client);
  return seat(draft, client);
}

/** Pairs a client with whoever waits for its ident, or lets it wait. */
function seat(draft: Draft, client: Client): News {
  const { ident = '', socket, from } = client;
  const other = clientOf(draft.memory, getEntry(draft.memory.rooms, ident));
  if (!other) {
    draft.seat(ident, client);
    return { what: 'room-opened', room: ident, from };
  }
  draft.seat(ident, undefined);
  const pair = [{ ...other, partner: socket }, { ...client, partner: other.socket }] as const;
  for (const one of pair) draft.put(one);
  for (const one of pair) if (one.askedAt === undefined) draft.ask(one);
  return introduce(draft, socket);
}

/** Takes an EXCHANGE in. */
function observe(draft: Draft, ident: string, from: Endpoint): News {
  const { turns, unseen, strays, taken } = draft.memory;
  // An address of IPv6 does not fit into PEERINFO.
  if (isIPv6(from.host)) return undefined;
  if (taken.some((one) => one.ident === ident && sameEndpoint(one.from, from) && draft.at - one.at < LIMITS.copiesMs)) return undefined;
  const client = clientOf(draft.memory, getEntry(turns, turnOf({ ident, from }))?.[0]);
  if (client) return sight(draft, client, from);
  const known = getEntry(strays, ident) ?? [];
  const isStray = getEntry(unseen, ident) !== undefined && known.length < LIMITS.strays && !known.some((one) => sameEndpoint(one, from));
  if (isStray) draft.noteStray(ident, from);
  return undefined;
}

/** A client is seen at `from`. */
function sight(draft: Draft, client: Client, from: Endpoint): News {
  const partner = clientOf(draft.memory, client.partner);
  // Two behind one address: whoever got its partner's address would be sent to itself.
  if (partner?.observed && sameEndpoint(partner.observed, from)) return undefined;
  draft.take(client.ident ?? '', from);
  draft.put({ ...client, observed: from });
  draft.endTurn(client);
  return introduce(draft, client.socket);
}

/** Tells a pair where the other one is, once both were seen. */
function introduce(draft: Draft, socket: string): News {
  const one = clientOf(draft.memory, socket);
  const other = clientOf(draft.memory, one?.partner);
  if (!one?.observed || !other?.observed) return undefined;
  draft.say(one, { type: 'peerinfo', peer: other.observed });
  draft.say(other, { type: 'peerinfo', peer: one.observed });
  for (const client of [one, other]) {
    draft.replies.push({ socket: client.socket, close: true });
    draft.remove(client);
  }
  return { what: 'paired', room: one.ident ?? '', from: one.from };
}

/** Ends a client's connection. */
function dismiss(draft: Draft, client: Client): News {
  draft.replies.push({ socket: client.socket, close: true });
  return lose(draft, client);
}

/** A client is gone. Its partner waits on with what it has said: n4.py would not survive a close, nor a second READY. */
function lose(draft: Draft, client: Client): News {
  draft.remove(client);
  const partner = clientOf(draft.memory, client.partner);
  if (!partner) return undefined;
  const free: Client = { ...partner, partner: undefined };
  draft.put(free);
  // Whose turn it was not yet is asked when there is somebody to ask it for.
  if (free.askedAt === undefined) draft.endTurn(free);
  return seat(draft, free);
}

/** Ends who never said HELLO and who was told READY and never seen, after a last look at addresses without a client. */
function sweep({ only, memory }: N4Serving, now: number): N4Step {
  const draft = new Draft(memory, now);
  for (const socket of memory.silent.order) {
    const client = clientOf(memory, socket);
    if (!client || now - client.connectedAt < LIMITS.silentMs) break;
    dismiss(draft, client);
  }
  for (const [ident, sockets] of entries(memory.unseen)) adopt(draft, ident, sockets);
  for (const [, sockets] of entries(memory.unseen)) {
    for (const socket of sockets) {
      const client = clientOf(draft.memory, socket);
      const isLate = client?.askedAt !== undefined && client.observed === undefined && now - client.askedAt >= LIMITS.observedMs;
      if (isLate) dismiss(draft, client);
    }
  }
  return done(only, draft);
}

/** A carrier may send UDP from another address than TCP. If just one client is unseen and one such address is, they belong together. */
function adopt(draft: Draft, ident: string, [socket, ...others]: readonly string[]): void {
  const client = clientOf(draft.memory, socket);
  const [stray, ...more] = getEntry(draft.memory.strays, ident) ?? [];
  if (!client || !stray || others.length > 0 || more.length > 0 || draft.at - (client.askedAt ?? draft.at) < LIMITS.strayMs) return;
  sight(draft, client, stray);
}
