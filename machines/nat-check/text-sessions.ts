/**
 * The memory of the three-role server, as a value: which client is where in its check. The protocol has no identifiers, so
 * clients are known by their IP address, and kinds of messages by their content. No sockets and no clock: `now` comes with each
 * datagram. Bounded: see LIMITS.
 *
 * What a stranger with spoofed sources can make it send: to an address from which 8 bytes came, up to 21; for each forged report
 * of at least 9 bytes that fits, up to 43 in two datagrams; for each NEXT of 4 bytes up to 28; so often as LIMITS says. Nothing is
 * ever sent to an IP address from which no registration came.
 */
import { type Endpoint, sameEndpoint } from '../../effects/endpoint.ts';
import type { Arrival } from '../../effects/net-actor.ts';
import { seedOf } from '../../effects/seed.ts';
import { emptyMap, getEntry, mapEntries, type PersistentMap, withEntry } from '../persistent-map.ts';
import type { Reply, Step } from '../server.ts';
import { type Client, isReportedAfter, isUnlikeSecondPhase, registersAfter, type Seen } from './text-clients.ts';
import { COPY_MS, HOLD_MS, IDLE_MS, LATE_CHECK_MS, LATE_NEXT_MS, NEXT_COPY_MS, RESTRICTED_TESTS, SECOND_PHASE_MS, WAITING_MS } from './text-timing.ts';
import type { TestedNat, TextMessage } from './text.ts';

export const LIMITS = {
  /** Addresses. About a kilobyte each, with one client. */
  hosts: 16_384,
  /** Behind one address at once; the oldest gives way. */
  clientsPerHost: 32,
  /** Reports that name no known client, and clients that wait for one from another address. */
  held: 64,
  /** Datagrams of each kind for one client: ours asks for 8 reports, 16 answers to NEXT, and 40 full-cone texts on a bad line. */
  perClient: 48,
} as const;

export interface Sessions {
  readonly hosts: PersistentMap<Host>;
  /** Reports ahead of their client's registration, or from the other address of a NAT that has several. */
  readonly held: readonly (Seen & { readonly owner?: Endpoint })[];
  /** First sockets about which the assist has not reported yet. */
  readonly waiting: readonly Seen[];
}

interface Host {
  /** Oldest first. */
  readonly clients: readonly Client[];
  /** Registered and not answered, since they may be second phases: nat_check.py would take an answer for a test. `spent` once its other socket was reported. */
  readonly silent: readonly (Seen & { readonly spent?: true })[];
}

type SessionStep = Step<TextMessage, Sessions>;

/** `seed` decides where hosts lie in memory; see `persistent-map.ts`. */
export function noSessions(seed: string): Sessions {
  return { hosts: emptyMap(seedOf(seed, 'sessions')), held: [], waiting: [] };
}

/** A first phase is answered by where it was seen; a second phase by nothing; what it is follows from what came before. */
export function register(sessions: Sessions, { from, at }: Arrival): SessionStep {
  const host = withoutEnded(living(getEntry(sessions.hosts, from.host), at), (client) => registersAfter(client, from, at));
  const known = host.clients.find(({ first }) => sameEndpoint(first, from));
  if (known) {
    if (at - known.askedAt < COPY_MS) return nothing(sessions);
    return step(withClient(sessions, host, { ...known, askedAt: at, seenAt: at }), mapped(from, from));
  }
  const silent = host.silent.find(({ endpoint }) => sameEndpoint(endpoint, from));
  if (silent && at - silent.at < COPY_MS) return nothing(sessions);
  if (host.clients.some(({ tests }) => tests && sameEndpoint(tests.endpoint, from))) return nothing(sessions);
  if (!silent && mayBeSecondPhase(host, at)) {
    return step(withHost(sessions, from.host, { ...host, silent: [...host.silent, { endpoint: from, at }].slice(-LIMITS.clientsPerHost) }));
  }
  if (host.clients.length === 0 && sessions.hosts.size >= LIMITS.hosts && !getEntry(sessions.hosts, from.host)) return nothing(sessions);
  return begin(sessions, host, from, at);
}

/** The assist has seen somebody at `endpoint`. */
export function report(sessions: Sessions, endpoint: Endpoint, at: number): SessionStep {
  const is = (one: Endpoint | undefined): boolean => one !== undefined && sameEndpoint(one, endpoint);
  const all = living(getEntry(sessions.hosts, endpoint.host), at);
  const waiting = all.clients.filter(({ first, cone }) => !is(first) && !cone);
  const isOlder = ({ askedAt }: Client): boolean => waiting.some((one) => one.askedAt > askedAt);
  const host = waiting.length > 0 ? withoutEnded(withoutLate(all, endpoint, at), (client) => isOlder(client) && isReportedAfter(client, endpoint, at)) : all;
  const isCone = host.clients.some(({ equalAt }) => equalAt !== undefined);
  const change = (after: Client, ...replies: readonly Reply<TextMessage>[]): SessionStep => step(withClient(sessions, host, { ...after, seenAt: at }), ...replies);
  const tell = (client: Client, ...more: readonly Reply<TextMessage>[]): SessionStep =>
    client.reports >= LIMITS.perClient ? nothing(sessions) : change({ ...client, reported: endpoint, reports: client.reports + 1 }, mapped(client.first, endpoint), ...more);

  const same = host.clients.find(({ first }) => is(first));
  if (same) return tell({ ...same, equalAt: at });
  // What talks to both is a first socket, and was not a second phase.
  if (host.silent.some((one) => is(one.endpoint))) return begin({ ...sessions, held: [...sessions.held, { endpoint, at }] }, host, endpoint, at);
  // Whose a varying mapping is nobody can know; whoever is not served by this one asks again.
  const [varied] = host.clients.filter(({ equalAt }) => equalAt === undefined).toSorted((one, other) => one.reports - other.reports);
  const asked = host.clients.find(({ cone }) => is(cone?.endpoint));
  if (asked?.cone) {
    if (asked.cone.texts >= LIMITS.perClient) return nothing(sessions);
    const first = varied ?? (asked.isForetold && asked);
    if (first && isUnlikeSecondPhase(asked, at)) return tell(first, test('full-cone', endpoint));
    return change({ ...asked, cone: { ...asked.cone, lastAt: at, texts: asked.cone.texts + 1 } }, test('full-cone', endpoint));
  }
  // Where one client's mapping did not vary, another endpoint is a second phase sooner than a varying mapping of somebody else.
  const due = host.clients.find(({ equalAt, cone }) => equalAt !== undefined && !cone);
  if (due) return step(withClient(sessions, spendSilent(host), { ...due, seenAt: at, cone: { endpoint, at, lastAt: at, texts: 1 } }), test('full-cone', endpoint));
  // It may be both: then the text does no harm to the one, and is what the other waits for.
  if (varied) return tell(varied, ...(isCone ? [test('full-cone', endpoint)] : []));
  return host.clients.length > 0 ? nothing(sessions) : reportFromElsewhere(sessions, endpoint, at);
}

/** Answered only once the full-cone text has been sent, so that whoever hears an answer knows that there was one to hear. */
export function next(sessions: Sessions, { from, at }: Arrival): SessionStep {
  const host = living(getEntry(sessions.hosts, from.host), at);
  const begun = host.clients.filter(({ cone, tests }) => cone && !tests);
  // One that is overdue may have been broken off, and would be taken for an original's.
  const due = begun.find(({ cone }) => cone && at - cone.at < LATE_CHECK_MS) ?? begun[0];
  const client = host.clients.find(({ tests }) => tests && sameEndpoint(tests.endpoint, from)) ?? due;
  if (!client?.cone) return nothing(sessions);
  const { lastAt, count } = client.tests ?? { lastAt: Number.NEGATIVE_INFINITY, count: 0 };
  if (at - lastAt < NEXT_COPY_MS || count >= LIMITS.perClient) return nothing(sessions);
  const isSecondOfOriginal = count === 1 ? at - lastAt >= LATE_NEXT_MS : count === 0 && at - client.cone.at >= LATE_CHECK_MS;
  const isLast = count >= RESTRICTED_TESTS || isSecondOfOriginal;
  const silent = host.silent.filter((one) => !sameEndpoint(one.endpoint, from));
  const after = { ...client, seenAt: at, tests: { endpoint: from, lastAt: at, count: count + 1 } };
  return step(withClient(sessions, { ...host, silent }, after), test(isLast ? 'port-restricted' : 'restricted', from));
}

/** Forgets everybody who has been silent for too long. */
export function sweep(sessions: Sessions, now: number): Sessions {
  const hosts = mapEntries(sessions.hosts, (host) => {
    const left = living(host, now);
    return left === host ? host : left.clients.length > 0 ? left : undefined;
  });
  return { hosts, held: since(sessions.held, now - WAITING_MS), waiting: since(sessions.waiting, now - WAITING_MS) };
}

function begin(sessions: Sessions, host: Host, from: Endpoint, at: number): SessionStep {
  const others = { clients: host.clients.slice(1 - LIMITS.clientsPerHost), silent: host.silent.filter(({ endpoint }) => !sameEndpoint(endpoint, from)) };
  const early = since(sessions.held, at - HOLD_MS).filter(({ endpoint, owner }) => !owner && endpoint.host === from.host);
  const mine = early.find(({ endpoint }) => sameEndpoint(endpoint, from)) ?? (host.clients.length === 0 ? early[0] : undefined);
  const met = mine && (sameEndpoint(mine.endpoint, from) ? { reported: mine.endpoint, equalAt: at, isForetold: true as const } : { reported: mine.endpoint });
  const client: Client = { first: from, askedAt: at, seenAt: at, reports: mine ? 1 : 0, ...met };
  const waiting = mine ? sessions.waiting : [...sessions.waiting, { endpoint: from, at }].slice(-LIMITS.held);
  const memory = { ...withHost(sessions, from.host, { ...others, clients: [...others.clients, client] }), held: sessions.held.filter((one) => one !== mine), waiting };
  const replies = [mapped(from, from), ...(mine ? [mapped(from, mine.endpoint)] : [])];
  return { memory, replies, news: { what: 'checking', from } };
}

/** A carrier NAT may use several addresses. Only a client that waits alone can be meant; with more, a guess would be a wrong verdict. */
function reportFromElsewhere(sessions: Sessions, endpoint: Endpoint, at: number): SessionStep {
  const before = since(sessions.held, at - WAITING_MS).find((one) => sameEndpoint(one.endpoint, endpoint));
  if (before?.owner) return step(sessions, mapped(before.owner, endpoint));
  const [alone, ...others] = since(sessions.waiting, at - WAITING_MS);
  const owner = alone && others.length === 0 ? { owner: alone.endpoint } : {};
  const held = [...sessions.held.filter((one) => one !== before), { endpoint, at, ...owner }].slice(-LIMITS.held);
  if (!alone || others.length > 0) return step({ ...sessions, held });
  return step({ ...sessions, held, waiting: [] }, mapped(alone.endpoint, endpoint));
}

/** True while a client of this address may be about to begin its second phase: until then, or for a moment when somebody else may have come between. */
function mayBeSecondPhase({ clients, silent }: Host, at: number): boolean {
  const due = clients.filter(({ equalAt, cone, tests }) => equalAt !== undefined && !cone && !tests && at - equalAt < SECOND_PHASE_MS);
  const come = silent.filter((one) => !one.spent && at - one.at < SECOND_PHASE_MS);
  return due.length > come.length || due.some(({ equalAt = 0 }) => at - equalAt < COPY_MS);
}

/** A silent registration from `endpoint` that is older than this is not what the assist has seen there. */
function withoutLate(host: Host, endpoint: Endpoint, at: number): Host {
  const silent = host.silent.filter((one) => !sameEndpoint(one.endpoint, endpoint) || at - one.at < SECOND_PHASE_MS);
  return silent.length === host.silent.length ? host : { ...host, silent };
}

function withoutEnded(host: Host, hasEnded: (client: Client) => boolean): Host {
  return host.clients.some(hasEnded) ? { ...host, clients: host.clients.filter((client) => !hasEnded(client)) } : host;
}

/** The socket that talks to the assist registers after the one that does not, so one of these was a second phase and has come. */
function spendSilent(host: Host): Host {
  const first = host.silent.find(({ spent }) => !spent);
  return { ...host, silent: host.silent.map((one) => (one === first ? { ...one, spent: true } : one)) };
}

function living(host: Host | undefined, now: number): Host {
  if (!host) return NOBODY;
  const clients = host.clients.filter(({ seenAt }) => now - seenAt < IDLE_MS);
  return clients.length === host.clients.length ? host : { clients, silent: since(host.silent, now - IDLE_MS) };
}

const NOBODY: Host = { clients: [], silent: [] };

function withClient(sessions: Sessions, host: Host, after: Client): Sessions {
  const clients = host.clients.map((one) => (sameEndpoint(one.first, after.first) ? after : one));
  const waiting = after.reported ? sessions.waiting.filter(({ endpoint }) => !sameEndpoint(endpoint, after.first)) : sessions.waiting;
  return { ...withHost(sessions, after.first.host, { ...host, clients }), waiting };
}

function withHost(sessions: Sessions, name: string, host: Host): Sessions {
  return { ...sessions, hosts: withEntry(sessions.hosts, name, host) };
}

function since<S extends Seen>(list: readonly S[], from: number): readonly S[] {
  return list.filter(({ at }) => at > from);
}

function mapped(to: Endpoint, endpoint: Endpoint): Reply<TextMessage> {
  return { socket: 'main', to, message: { type: 'mapped', endpoint } };
}

function test(nat: TestedNat, to: Endpoint): Reply<TextMessage> {
  return { socket: nat === 'restricted' ? 'second' : 'main', to, message: { type: 'test', nat } };
}

function step(memory: Sessions, ...replies: readonly Reply<TextMessage>[]): SessionStep {
  return { memory, replies };
}

function nothing(memory: Sessions): SessionStep {
  return { memory, replies: [] };
}
