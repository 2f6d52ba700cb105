/** What the STUN check does between its states. Effects leave by `net`; all else is a new context. */
import { assertEvent } from 'xstate';
import { ANYWHERE, type Endpoint, formatEndpoint, isIPv6, localFor } from '../../effects/endpoint.ts';
import { chance, identifier, seedOf } from '../../effects/seed.ts';
import { failed } from '../outcome.ts';
import { behaviourOf } from './behaviour.ts';
import { newSearch, tried } from './stun-lifetime.ts';
import { agedSockets, missingSilences, observationId, openQuestions, type Part, type SilentPart, SOCKETS, timesOf } from './stun-questions.ts';
import { samplesOf } from './stun-samples.ts';
import { answerOf, ask as askAll, type CheckContext, flowOf, noteAnswer, noteRefusal, questionBehind } from './stun-session.ts';
import { checkSetup } from './stun-setup.ts';
import { probeOffset, SILENT_ATTEMPTS } from './stun-timing.ts';

const { assign, enqueueActions, sendTo } = checkSetup;

/** Ports of fresh sockets are spread, so that a NAT that keeps them is not taken for one that counts. */
const FIRST_LOCAL_PORT = 20_000;
const LOCAL_PORTS = 40_000;

export const openSockets = enqueueActions(({ context, enqueue }) => {
  const { local, seed } = context.input;
  SOCKETS.forEach((socket, i) => {
    const port = FIRST_LOCAL_PORT + Math.floor(chance(seedOf(seed, 'check/ports'), i) * LOCAL_PORTS);
    enqueue.sendTo('net', { type: 'udp.open', socket, local: socket === 'map' ? wildcard(context) : { ...wildcard(context), ...(local?.host ? { host: local.host } : {}), port } });
  });
});

/** At any port, for one whose own was taken. */
export const openAnywhere = enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'net.failed');
  enqueue.assign({ refused: [...context.refused, event.socket] });
  enqueue.sendTo('net', { type: 'udp.open', socket: event.socket, local: { ...wildcard(context), port: 0 } });
});

export const dropSocket = assign(({ context, event }) => {
  assertEvent(event, 'net.failed');
  return { dropped: [...context.dropped, event.socket] };
});

export const rememberSocket = assign(({ context, event }) => {
  assertEvent(event, 'udp.opened');
  const { socket, local, addresses, at } = event;
  return { opened: { ...context.opened, [socket]: { local, addresses } }, startedAt: at, now: at };
});

/** One more attempt at whatever is open in this part. */
const ask = (part: Part) =>
  enqueueActions(({ context, enqueue }) => {
    const open = openQuestions(part, context);
    const { asked, sent, txids } = askAll(context, open);
    enqueue.assign({ asked, sent });
    open.forEach(({ socket, to, change, responsePort }, i) =>
      enqueue.sendTo('net', { type: 'udp.send', socket, to, message: { type: 'ask', txid: txids[i] ?? '', change, responsePort } }),
    );
  });
export const askProbing = ask('probing');
export const askMapping = ask('mapping');
export const askFiltering = ask('filtering');
export const askNeighbour = ask('neighbour');
export const askHairpin = ask('hairpin');
export const askPorts = ask('ports');
export const askWaking = ask('waking');
export const askEcho = ask('echo');

export const rememberAnswer = assign(({ context, event }) => {
  assertEvent(event, ['answer', 'refusal']);
  const { at } = event;
  if (event.type === 'refusal') return { asked: noteRefusal(context, event), now: at };
  const [, attempt = 1] = context.sent[event.txid] ?? [];
  const isFirst = context.rttMs === undefined && questionBehind(context, event)?.question.id.startsWith('map>');
  return { asked: noteAnswer(context, event), now: at, ...(isFirst ? { rttMs: Math.max(0, at - context.startedAt - probeOffset(attempt)) } : {}) };
});

/** The server that is asked for most: the first that can answer from elsewhere, else the first that answers at all. */
export const choosePrimary = assign(({ context }) => {
  const answering = context.input.servers.filter((server) => answerOf(context, observationId(server)));
  const other = (server = answering[0]) => server && answerOf(context, observationId(server))?.other;
  const primary = answering.find((server) => other(server) !== undefined) ?? answering[0];
  return { primary, other: other(primary) };
});

const extend = (part: SilentPart) =>
  assign(({ context }) => ({ goals: { ...context.goals, [part]: timesOf(context, part) + Math.max(1, missingSilences(context, part)) } }));
export const extendFiltering = extend('filtering');
export const extendHairpin = extend('hairpin');
export const extendEcho = extend('echo');

export const rememberHairpin = assign(({ context, event }) => {
  assertEvent(event, 'ask');
  return { hairpinFrom: context.hairpinFrom ?? event.from, now: event.at };
});

/** A host that may bind addresses which it does not have (ip_nonlocal_bind) shows it with one that is surely not its own. */
export const bindForeign = sendTo('net', ({ context: { primary } }) => ({ type: 'udp.open', socket: 'foreign', local: { host: primary && isIPv6(primary.host) ? '2001:db8::dead:beef' : '203.0.113.254', port: 0 } }));

/** Seed 003: whoever can bind its reflexive address has no NAT. */
export const bindReflexive = sendTo('net', ({ context }) => {
  const host = context.primary && answerOf(context, observationId(context.primary))?.mapped.host;
  return { type: 'udp.open', socket: 'own', local: { host: host ?? ANYWHERE.host, port: 0 } };
});
export const rememberOwned = assign({ ownsReflexive: true });
export const rememberNotOwned = assign(({ event }) => ({ ownsReflexive: event.type === 'net.failed' && event.code === 'address-not-available' ? false : undefined }));

export const startSearch = assign(({ context }) => ({ search: newSearch(context.input.lifetimeMs ?? 0) }));
/** The sockets of a pass; those of the pass before are of no more use. */
export const openAged = enqueueActions(({ context, enqueue }) => {
  const wanted = agedSockets(context);
  for (const socket of Object.keys(context.opened)) if (socket.startsWith('age/') && !wanted.includes(socket)) enqueue.sendTo('net', { type: 'close', socket });
  for (const socket of wanted) enqueue.sendTo('net', { type: 'udp.open', socket, local: { ...wildcard(context), port: 0 } });
});
export const fallSilent = assign(({ context }) => ({ silentSince: context.now, goals: { ...context.goals, echo: SILENT_ATTEMPTS } }));
export const noteAlive = assign(({ context: { search, goals } }) => ({ search: search && tried(search, true), goals: { ...goals, echo: SILENT_ATTEMPTS } }));
export const noteDead = assign(({ context: { search, goals } }) => ({ search: search && tried(search, false), goals: { ...goals, echo: SILENT_ATTEMPTS } }));
const giveUp = (trouble: string) => assign(({ context: { search } }) => ({ search: search && { ...search, trouble } }));
export const noteSearchRefused = giveUp('the server refuses RESPONSE-PORT');
export const noteSearchIgnored = giveUp('the server ignores RESPONSE-PORT: it answers to the port that asked');
export const noteLineLost = giveUp('ordinary requests were lost too');
export const noteNotWoken = giveUp('a socket got no answer before its silence began');

/** To tell a dead server from blocked UDP. */
export const dial = enqueueActions(({ context, enqueue }) => {
  const [to] = context.input.servers;
  if (to) enqueue.sendTo('net', { type: 'tcp.connect', socket: 'tcp', to });
});
/** A connection may be to anything; STUN itself is asked for. */
export const askByTcp = enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'tcp.connected');
  const txid = identifier(context.input.seed, 'check/tcp', 1, 12);
  enqueue.assign({ tcp: { server: event.peer, answer: 'taken' } });
  enqueue.sendTo('net', { type: 'tcp.send', socket: 'tcp', message: { type: 'ask', txid } });
});
export const rememberStunByTcp = enqueueActions(({ context: { tcp }, enqueue }) => {
  enqueue.assign({ tcp: tcp && { ...tcp, answer: 'stun' } });
  enqueue.sendTo('net', { type: 'close', socket: 'tcp' });
});
export const rememberNotTaken = assign(({ context, event }) => {
  const [server] = context.input.servers;
  return { tcp: server && event.type === 'net.failed' && event.code !== 'unsupported' ? { server, answer: 'refused' as const } : undefined };
});

export const rememberUnreachable = assign(({ context, event }) => {
  assertEvent(event, 'net.failed');
  if (!event.to) return {};
  return { unreachable: { ...context.unreachable, [formatEndpoint(event.to)]: event.detail } };
});

export const countUnsent = assign(({ context: { unsent }, event }) => {
  assertEvent(event, 'net.failed');
  if (!event.to) return {};
  const flow = flowOf(event.socket, event.to);
  return { unsent: { ...unsent, [flow]: { times: (unsent[flow]?.times ?? 0) + 1, detail: event.detail } } };
});

export const judge = assign(({ context }) => ({ outcome: { kind: 'checked' as const, ...behaviourOf(samplesOf(context)) } }));
export const concludeCutOff = assign(({ context }) => ({ outcome: failed('no-network', `This host cannot send to any server: ${Object.values(context.unreachable)[0] ?? ''}`) }));

/** Bound as the servers' family asks. */
function wildcard({ input: { local, servers } }: CheckContext): Partial<Endpoint> {
  return localFor(servers[0] ?? ANYWHERE, local);
}
