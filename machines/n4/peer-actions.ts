/** What the n4 peer does in its states: effects asked of net, and what is remembered. The states: `peer.ts`. */
import { assertEvent } from 'xstate';
import { sameEndpoint } from '../../effects/endpoint.ts';
import { FELL_SILENT, type Outcome } from '../outcome.ts';
import { localToward, type Path, payloadRoute, socketOf } from '../udp-paths.ts';
import { explainLose, explainNoPeer, explainNoServer, explainTurnedAway } from './explain.ts';
import { peerSetup } from './peer-setup.ts';
import { FRESH, type N4PeerContext, poolLabel, serverLabel, sourcePort, targetOf, withHeard } from './session.ts';
import { CHUNK, EXCHANGES, VOLLEY } from './timing.ts';

const { assign, enqueueActions, sendTo } = peerSetup;

// ---- the pool

export const openPool = enqueueActions(({ context, enqueue }) => {
  for (let n = 0; n < context.input.count; n += 1) {
    enqueue.sendTo('net', { type: 'udp.open', socket: poolLabel(context.range, n), local: { port: sourcePort(context, n) } });
  }
});

export const rememberSocket = assign(({ context, event }) => {
  assertEvent(event, 'udp.opened');
  return { pool: [...context.pool, socketOf(event)], startedAt: context.startedAt ?? event.at };
});

/** Also those that have not opened yet. */
export const closePool = enqueueActions(({ context, enqueue }) => {
  for (let n = 0; n < context.input.count; n += 1) enqueue.sendTo('net', { type: 'close', socket: poolLabel(context.range, n) });
});

export const nextRange = assign(({ context: { range } }) => ({ ...FRESH, range: range + 1 }));
/** What was reported of an earlier round holds no longer. */
export const nextRound = assign(({ context: { range, round } }) => ({ ...FRESH, range: range + 1, round: round + 1, outcome: undefined }));

export const noteTrouble = assign(({ event }) => {
  assertEvent(event, 'net.failed');
  return { trouble: event.detail };
});

// ---- the server

export const connectServer = enqueueActions(({ context, enqueue }) => {
  const connections = context.connections + 1;
  enqueue.assign({ connections });
  enqueue.sendTo('net', { type: 'tcp.connect', socket: serverLabel({ ...context, connections }), to: context.input.server });
});

export const greet = enqueueActions(({ context, enqueue }) => {
  enqueue.assign({ greetings: context.greetings + 1 });
  enqueue.sendTo('net', { type: 'tcp.send', socket: serverLabel(context), message: { type: 'hello', ident: context.input.ident } });
});

export const leaveServer = sendTo('net', ({ context }) => ({ type: 'close', socket: serverLabel(context) }));
export const countRetry = assign({ retries: ({ context }) => context.retries + 1 });

/** From the first socket: the port that its NAT shows is what the partner counts from. */
export const exchange = sendTo('net', ({ context }) => ({
  type: 'udp.send',
  socket: poolLabel(context.range, 0),
  to: context.input.server,
  message: { type: 'exchange', ident: context.input.ident },
}));

export const exchangeFirst = enqueueActions(({ enqueue }) => {
  for (let n = 0; n < EXCHANGES; n += 1) enqueue(exchange);
});

export const rememberPeer = assign(({ context, event }) => {
  assertEvent(event, 'peerinfo');
  return { peer: event.peer, peerPorts: [...context.peerPorts, event.peer.port], burst: 0 };
});

// ---- the partner

/** The next of the burst: each pass once through the pool, in the order of its ports. */
export const sweep = enqueueActions(({ context, enqueue }) => {
  const { input, range, peer, burst } = context;
  if (!peer) return;
  const to = targetOf(context, peer);
  const size = Math.min(CHUNK, input.count - (burst % input.count));
  for (let n = burst; n < burst + size; n += 1) {
    enqueue.sendTo('net', { type: 'udp.send', socket: poolLabel(range, n % input.count), to, message: { type: 'punch', ident: input.ident } });
  }
  enqueue.assign({ burst: burst + size });
});

export const noteHeard = assign(({ context, event }) => {
  assertEvent(event, 'punch');
  return { heard: withHeard(context, event) };
});

/** To the observed source, whatever was aimed at. */
export const takePath = assign(({ event }) => {
  assertEvent(event, 'punch');
  return { path: { socket: event.socket, peer: event.from }, attempt: 0 };
});

export const punch = enqueueActions(({ context, enqueue }) => {
  if (context.path) enqueue.sendTo('net', answer(context, context.path));
});

export const volley = enqueueActions(({ enqueue }) => {
  for (let n = 0; n < VOLLEY; n += 1) enqueue(punch);
});

export const answerPunch = sendTo('net', ({ context, event }) => {
  assertEvent(event, 'punch');
  return answer(context, { socket: event.socket, peer: event.from });
});

/** The partner may use another of the paths on which it was heard, and its payload comes along that one. */
export const routePayload = enqueueActions(({ context, enqueue }) => {
  if (context.path) enqueue.sendTo('net', payloadRoute(context.path, context.heard.map(({ peer }) => peer)));
});

/** All but those on which the partner was heard, of which it may use any; behind symmetric NATs that is one. */
export const closeOthers = enqueueActions(({ context, enqueue }) => {
  const isUsed = (label: string): boolean => context.heard.some(({ socket }) => socket === label);
  for (const { label } of context.pool) if (!isUsed(label)) enqueue.sendTo('net', { type: 'close', socket: label });
  enqueue.assign({ pool: context.pool.filter(({ label }) => isUsed(label)) });
});

export const countSilence = assign({ silences: ({ context }) => (context.silences === undefined ? undefined : context.silences + 1) });
/** Only a peer of ours says PUNCH so long after the hole was opened; n4.py is gone, and whatever took its port is silent. */
export const noteSpeaking = assign({ silences: 0 });

// ---- the outcome

/** Again when the way has changed. */
export const reportConnected = enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'punch');
  const { path, pool, outcome: before, startedAt = event.at } = context;
  const socket = pool.find(({ label }) => label === path?.socket);
  if (!path || !socket) return;
  const isKnown = before?.kind === 'connected';
  if (isKnown && before.socket === path.socket && sameEndpoint(before.peer, path.peer)) return;
  const outcome: Outcome = { kind: 'connected', ...path, local: localToward(socket, path.peer), elapsedMs: isKnown ? before.elapsedMs : event.at - startedAt };
  enqueue.assign({ outcome });
  enqueue.emit({ type: 'outcome', outcome });
});

// How this ends, remembered on the way to `failed`, where it is reported.
export const concludeLose = assign({ outcome: ({ context }) => explainLose(context) });
export const concludeNoPeer = assign({ outcome: ({ context }) => explainNoPeer(context) });
export const concludeNoServer = assign({ outcome: ({ context }) => explainNoServer(context) });
export const concludeTurnedAway = assign({ outcome: ({ context }) => explainTurnedAway(context) });
export const concludeLost = assign({ outcome: () => FELL_SILENT });

// ---- counting

export const resetAttempts = assign({ attempt: 0 });
export const countAttempt = assign({ attempt: ({ context }) => context.attempt + 1 });

function answer({ input }: N4PeerContext, { socket, peer: to }: Path) {
  return { type: 'udp.send', socket, to, message: { type: 'punch', ident: input.ident } } as const;
}
