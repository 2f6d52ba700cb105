/** What the udp-punch peer does in its states: effects asked of net, and what is remembered. The states: `peer.ts`. */
import { assertEvent } from 'xstate';
import { localFor } from '../../effects/endpoint.ts';
import { failed, type Outcome } from '../outcome.ts';
import { type OpenSocket, type Path, payloadRoute, socketOf } from '../udp-paths.ts';
import { explainLost, explainNoPeer, explainNoRendezvous, explainRefused, explainSilence } from './explain.ts';
import type { Probe } from './messages.ts';
import { withFlows } from './own-ports.ts';
import { peerSetup } from './peer-setup.ts';
import { checkId, heardFrom, localOf, type PeerContext, probe, roundIds, socketLabel, withSource } from './session.ts';
import { openerTtl } from './timing.ts';

const { assign, enqueueActions, sendTo } = peerSetup;

// ---- sockets

/** Of the rendezvous's address family, unless told otherwise. */
export const openSocket = sendTo('net', ({ context: { round, input } }) => ({
  type: 'udp.open',
  socket: socketLabel(round),
  local: { ...localFor(input.server, input.local), ...(round > 1 ? { port: 0 } : {}) },
}));

export const rememberSocket = assign(({ context, event }) => {
  assertEvent(event, 'udp.opened');
  return { sockets: [...context.sockets, socketOf(event)], startedAt: context.startedAt ?? event.at, askedAt: event.at };
});

/** A socket of a round that is no longer needed has opened too late. */
export const closeLateSocket = enqueueActions(({ event, enqueue }) => {
  assertEvent(event, 'udp.opened');
  enqueue.sendTo('net', { type: 'close', socket: event.socket });
});

/** Once a path is chosen the sockets of other rounds are of no more use. */
export const closeOtherSockets = enqueueActions(({ context, enqueue }) => {
  const isUsed = ({ label }: OpenSocket): boolean => label === context.path?.socket || label === context.candidate?.socket;
  const all = [...context.sockets, ...context.sweepers];
  for (const socket of all) {
    if (!isUsed(socket)) enqueue.sendTo('net', { type: 'close', socket: socket.label });
  }
  enqueue.assign({ sockets: all.filter(isUsed), sweepers: [] });
});

export const noteTrouble = assign(({ event }) => {
  assertEvent(event, 'net.failed');
  return { trouble: event.detail };
});

// ---- the peer

/** Openers make our NAT expect the peer, and die before they reach the peer's. */
export const sendOpeners = probeAll((context) => openerTtl(context.round));
export const sendProbes = probeAll(() => undefined);

export const probePath = ask(({ path }) => path, probe);
export const newCheck = assign({ checks: ({ context }) => context.checks + 1 });
/** Keepalives say along which path we send. */
export const checkPath = ask(({ path }) => path, (context) => ({ ...probe(context), txid: checkId(context), nominate: true }));
export const challengeCandidate = ask(({ candidate }) => candidate, (context) => ({ ...probe(context), txid: checkId(context), nominate: false }));

/** To the observed source, whatever address was signalled. */
export const answerProbe = sendTo('net', ({ context, event }) => {
  assertEvent(event, 'probe');
  const { txid, sender, socket, from } = event;
  return { type: 'udp.send', socket, to: from, message: { type: 'confirm', txid, sender: context.id, receiver: sender, observed: from } };
});

export const sayBye = enqueueActions(({ context, enqueue }) => {
  if (context.path === undefined || context.peer === undefined) return;
  const message = { type: 'bye', txid: context.ids.probe, sender: context.id, receiver: context.peer.id } as const;
  enqueue.sendTo('net', { type: 'udp.send', socket: context.path.socket, to: context.path.peer, message });
});

/** A probe shows a path, and only its confirmation proves it. */
export const takePath = assign(({ context, event }) => {
  assertEvent(event, ['probe', 'confirm']);
  const proof = event.type === 'confirm' ? withSource(context, event.from) : {};
  return { ...heardFrom(context, event), ...proof, candidate: undefined, challenges: 0, attempt: 0 };
});

/** The path is as the peer has just confirmed it. */
export const keepPath = assign(({ context, event }) => {
  assertEvent(event, 'confirm');
  return { ...withSource(context, event.from), candidate: undefined, challenges: 0, attempt: 0 };
});

/** The peer is there too. The path stays as long as it answers. */
export const noteSource = assign(({ context, event }) => {
  assertEvent(event, 'confirm');
  return withSource(context, event.from);
});

export const takeCandidate = assign(({ context }) => ({ path: context.candidate, candidate: undefined, attempt: 0 }));

/** Nothing is sent elsewhere on the word of one datagram: whoever is there must answer first (as RFC 9000 §8.2). */
export const noteCandidate = assign(({ context, event }) => {
  assertEvent(event, 'probe');
  return { candidate: { socket: event.socket, peer: event.from }, challenges: context.challenges + 1 };
});

/** Tells the net actor where payload goes, and that it is taken from there and from whoever has proved to be the peer. */
export const routePayload = enqueueActions(({ context, enqueue }) => {
  if (context.path) enqueue.sendTo('net', payloadRoute(context.path, context.sources));
});

// ---- the outcome

export const reportConnected = enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, ['probe', 'confirm']);
  const outcome: Outcome = {
    kind: 'connected',
    socket: event.socket,
    local: localOf(context, event.socket, event.from),
    peer: event.from,
    elapsedMs: event.at - (context.startedAt ?? event.at),
  };
  enqueue.assign({ outcome });
  enqueue.emit({ type: 'outcome', outcome });
});

// How this ends, remembered on the way to `failed`, where it is reported.
export const concludeSilence = assign({ outcome: ({ context }) => explainSilence(context) });
export const concludeNoRendezvous = assign({ outcome: ({ context }) => explainNoRendezvous(context) });
export const concludeNoPeer = assign({ outcome: ({ context }) => explainNoPeer(context) });
export const concludeUnconfirmed = assign({ outcome: () => explainLost(false) });
export const concludeLost = assign({ outcome: () => explainLost(true) });
export const concludeClosedByPeer = assign({ outcome: () => failed('peer-closed', 'The peer heard this side, and closed before anything of it was heard here.') });
export const concludeRefused = assign(({ context, event }) => {
  assertEvent(event, 'refused');
  return { outcome: explainRefused(event, context) };
});

// ---- counting

export const resetAttempts = assign({ attempt: 0 });
export const countAttempt = assign({ attempt: ({ context }) => context.attempt + 1 });
/** What was reported of an earlier round holds no longer. */
export const nextRound = assign(({ context: { input, round, probeIds } }) => ({
  attempt: 0,
  path: undefined,
  outcome: undefined,
  round: round + 1,
  ...roundIds(input, round + 1, probeIds),
}));

function ask(where: (context: PeerContext) => Path | undefined, message: (context: PeerContext) => Probe) {
  return enqueueActions(({ context, enqueue }) => {
    const path = where(context);
    if (path) enqueue.sendTo('net', { type: 'udp.send', socket: path.socket, to: path.peer, message: message(context) });
  });
}

function probeAll(ttlOf: (context: PeerContext) => number | undefined) {
  return enqueueActions(({ context, enqueue }) => {
    const message = probe(context);
    const [socket, targets] = [socketLabel(context.round), context.peer?.endpoints ?? []];
    enqueue.assign({ flows: withFlows(context, targets.map((to) => ({ socket, to }))) });
    for (const to of targets) enqueue.sendTo('net', { type: 'udp.send', socket, to, message, ttl: ttlOf(context) });
  });
}
