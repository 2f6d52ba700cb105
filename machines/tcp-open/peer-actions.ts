/** What the tcp-open peer does in its states: effects asked of net, and what is remembered. The states: `peer.ts`. */
import { assertEvent } from 'xstate';
import { explainSocket, type Outcome } from '../outcome.ts';
import { anew } from './attempts.ts';
import { explainNoPeer, explainNoRendezvous, explainRefused, explainRendezvousLost, explainSilence } from './explain.ts';
import { peerSetup } from './peer-setup.ts';
import { afterFailure, isControlling, isRepeat, isSilent, mayDial, type Met, metAt, type OpenPeerContext, ownEnd, SERVER, targetsOf, txidOf } from './session.ts';
import { AGREEMENT_TICKS, PROOF_TICKS, UNPROVED } from './timing.ts';

const { assign, enqueueActions } = peerSetup;

// ---- the rounds

export const chooseTargets = assign(({ context }) => ({ targets: targetsOf(context) }));

/** All connects first and the listener last, for none can connect from a port on which somebody listens. */
export const dial = enqueueActions(({ context, enqueue }) => {
  const round = context.round + 1;
  const local = ownEnd(context);
  let { made, spent, repeats } = context;
  if (context.round > 0) enqueue.sendTo('net', { type: 'close', socket: listenerLabel(context.round) });
  const targets = context.targets.map((target, n) => {
    if (!mayDial(target, repeats)) return target;
    const socket = `c${round}/${n}`;
    if (!target.isMapped) made += 1;
    if (isRepeat(target)) repeats += 1;
    else if (target.known === 'foretold') spent += 1;
    enqueue.sendTo('net', { type: 'tcp.connect', socket, to: target.endpoint, local: target.isFresh ? { ...local, port: 0 } : local });
    return { ...target, socket, isMapped: true };
  });
  enqueue.sendTo('net', { type: 'tcp.listen', socket: listenerLabel(round), local, limit: 4 * UNPROVED });
  enqueue.assign({ round, targets, made, spent, repeats, calls: 'free' });
});

/** Who is silent is called anew. */
export const hangUp = enqueueActions(({ context, enqueue }) => {
  for (const target of context.targets) {
    if (isSilent(context, target) && target.socket !== undefined) enqueue.sendTo('net', { type: 'close', socket: target.socket });
  }
  enqueue.assign({ hangUps: context.hangUps + 1, targets: context.targets.map((target) => (isSilent(context, target) ? { ...target, socket: undefined } : target)) });
});

/** A connection broke, or could not be made, or a listener could not. */
export const noteFailure = assign(({ context, event }) => {
  assertEvent(event, 'net.failed');
  const { socket, code, detail } = event;
  // That the peer's address at home cannot be reached from here is no news.
  const isAtHome = context.targets.some((target) => target.socket === socket && target.known === 'offered');
  const isNew = !isAtHome && code !== 'refused' && code !== 'reset' && code !== 'timed-out' && code !== 'address-in-use';
  return {
    targets: context.targets.map((target) => (target.socket === socket ? afterFailure(target, code) : target)),
    ...(isNew || socket === listenerLabel(context.round) ? { trouble: detail } : {}),
    ...without(context, socket, 'broken'),
  };
});

export const noteEnd = assign(({ context, event }) => {
  assertEvent(event, 'tcp.closed');
  const { socket } = event;
  const known = metAt(context, socket);
  // Whoever proved nothing and hangs up, or breaks the protocol, is a stranger.
  const how = known && !known.isProved && known.theirs === undefined ? 'strangers' : 'broken';
  return {
    targets: context.targets.map((target) => (target.socket === socket ? { ...target, socket: undefined, strangers: target.strangers + 1 } : target)),
    ...without(context, socket, how),
  };
});

export const dropStranger = enqueueActions(({ context, event, enqueue }) => {
  if (!('socket' in event)) return;
  const { socket } = event;
  enqueue.sendTo('net', { type: 'close', socket });
  enqueue.assign({
    targets: context.targets.map((target) => (target.socket === socket ? { ...target, socket: undefined, strangers: target.strangers + 1 } : target)),
    ...without(context, socket, 'strangers'),
  });
});

export const closeIt = enqueueActions(({ event, enqueue }) => {
  if ('socket' in event) enqueue.sendTo('net', { type: 'close', socket: event.socket });
});

// ---- the proof

/** A connection of ours is up. Whoever dialled speaks first. */
export const meet = enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'tcp.connected');
  const { socket, local, peer } = event;
  const asked = txidOf(context, context.serial);
  enqueue.assign({ serial: context.serial + 1, met: [...context.met, { ...NEWLY_MET, socket, how: 'connected', local, peer, asked }] });
  enqueue.sendTo('net', { type: 'tcp.send', socket, message: { type: 'probe', txid: asked, ...between(context) } });
});

/** Somebody has connected to us. They hear nothing before they have spoken as the peer would. */
export const meetCaller = assign(({ context, event }) => {
  assertEvent(event, 'tcp.accepted');
  const { socket, local, peer } = event;
  return { met: [...context.met, { ...NEWLY_MET, socket, how: 'accepted', local, peer }] };
});

/** Our own question goes before the answer: who has the answer may hand the connection over, and needs our number for it. */
export const answerProbe = enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'probe');
  const { socket, txid } = event;
  const known = metAt(context, socket);
  if (!known) return;
  const asked = known.asked ?? txidOf(context, context.serial);
  if (known.asked === undefined) {
    enqueue.assign({ serial: context.serial + 1 });
    enqueue.sendTo('net', { type: 'tcp.send', socket, message: { type: 'probe', txid: asked, ...between(context) } });
  }
  enqueue.sendTo('net', { type: 'tcp.send', socket, message: { type: 'confirm', txid, ...between(context) } });
  enqueue.assign({ met: replaced(context, { ...known, asked, theirs: txid }) });
});

export const noteProof = assign(({ context, event }) => {
  assertEvent(event, 'confirm');
  const known = metAt(context, event.socket);
  return known ? { met: replaced(context, { ...known, isProved: true }) } : {};
});

/** The controlling side chooses the first connection on which both are proved. */
export const nominate = enqueueActions(({ context, enqueue }) => {
  if (!isControlling(context) || context.nominated !== undefined) return;
  const best = context.met.find(({ isProved, theirs }) => isProved && theirs !== undefined);
  if (best?.theirs === undefined) return;
  enqueue.assign({ nominated: best.socket, met: replaced(context, { ...best, ticks: 0 }) });
  enqueue.sendTo('net', { type: 'tcp.send', socket: best.socket, message: { type: 'handover', txid: best.theirs, ...between(context) } });
});

/** The other side answers the choice by the same word. */
export const agree = enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'handover');
  const { socket } = event;
  const theirs = metAt(context, socket)?.theirs;
  if (isControlling(context) || theirs === undefined) return;
  enqueue.assign({ nominated: socket });
  enqueue.sendTo('net', { type: 'tcp.send', socket, message: { type: 'handover', txid: theirs, ...between(context) } });
});

/** Time passes: whoever has not proved itself by now will not, and whoever has not agreed is gone. */
export const age = enqueueActions(({ context, enqueue }) => {
  const isLate = ({ socket, isProved, ticks }: Met): boolean => (isProved ? socket === context.nominated && ticks >= AGREEMENT_TICKS : ticks >= PROOF_TICKS);
  const late = context.met.filter(isLate);
  for (const { socket } of late) enqueue.sendTo('net', { type: 'close', socket });
  const isOver = (socket: string | undefined): boolean => late.some((one) => one.socket === socket);
  enqueue.assign({
    met: context.met.filter((one) => !isLate(one)).map((one) => ({ ...one, ticks: one.ticks + 1 })),
    nominated: isOver(context.nominated) ? undefined : context.nominated,
    strangers: context.strangers + late.filter(({ isProved }) => !isProved).length,
    broken: context.broken + late.filter(({ isProved }) => isProved).length,
    targets: context.targets.map((target) => (isOver(target.socket) ? { ...target, socket: undefined, strangers: target.strangers + 1 } : target)),
  });
});

// ---- the end

export const release = enqueueActions(({ context, enqueue }) => {
  if (context.nominated !== undefined) enqueue.sendTo('net', { type: 'tcp.release', socket: context.nominated });
});

/** The rendezvous too: with a path in use, its connection holds no mapping that is needed. */
export const closeOthers = enqueueActions(({ context, enqueue }) => {
  for (const socket of socketsOf(context)) if (socket !== context.nominated) enqueue.sendTo('net', { type: 'close', socket });
});

/** What was tried is over, and said in words for the case that nothing comes of the next attempt. */
export const beginAnew = enqueueActions(({ context, enqueue }) => {
  for (const socket of socketsOf(context)) enqueue.sendTo('net', { type: 'close', socket });
  enqueue.assign({ ...anew(context), before: explainSilence(context) });
});

export const reportConnected = enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'handover');
  const known = metAt(context, event.socket);
  if (!known) return;
  const { socket, local, peer } = known;
  const outcome: Outcome = { kind: 'connected', socket, local, peer, elapsedMs: event.at - (context.startedAt ?? event.at) };
  enqueue.assign({ outcome });
  enqueue.emit({ type: 'outcome', outcome });
});

export const concludeSilence = assign({ outcome: ({ context }) => explainSilence(context) });
// Before a later attempt has begun, what was said of the first stands.
export const concludeNoPeer = assign({ outcome: ({ context }) => context.before ?? explainNoPeer(context) });
export const concludeNoRendezvous = assign({ outcome: ({ context }) => context.before ?? explainNoRendezvous(context) });
export const concludeRendezvousLost = assign({ outcome: ({ context, event }) => context.before ?? explainRendezvousLost(context, { isEnded: event.type === 'tcp.closed' }) });
export const concludeRefused = assign(({ context, event }) => {
  assertEvent(event, 'refused');
  return { outcome: context.before ?? explainRefused(event, context) };
});
/** The connection to the rendezvous could not be made. */
export const concludeNotConnected = assign(({ context, event }) => {
  assertEvent(event, 'net.failed');
  const own = explainSocket(event);
  return { outcome: context.before ?? (own.reason === 'socket-failed' ? explainNoRendezvous({ ...context, trouble: event.detail }) : own) };
});

const NEWLY_MET = { asked: undefined, theirs: undefined, isProved: false, ticks: 0 } as const;

/** Everything that may be open. */
function socketsOf({ round, targets, met, samplers }: OpenPeerContext): ReadonlySet<string> {
  return new Set([SERVER, listenerLabel(round), ...samplers.map(({ socket }) => socket), ...targets.flatMap(({ socket }) => socket ?? []), ...met.map(({ socket }) => socket)]);
}

function listenerLabel(round: number): string {
  return `l${round}`;
}

function between({ self, peer }: OpenPeerContext): { readonly sender: string; readonly receiver: string } {
  return { sender: self, receiver: peer?.id ?? '' };
}

function replaced({ met }: OpenPeerContext, changed: Met): readonly Met[] {
  return met.map((one) => (one.socket === changed.socket ? changed : one));
}

/** One connection less, if it was one, and the count of such. */
function without(context: OpenPeerContext, socket: string, how: 'strangers' | 'broken'): Partial<OpenPeerContext> {
  const { met, nominated } = context;
  if (!metAt(context, socket)) return {};
  return { met: met.filter((one) => one.socket !== socket), nominated: nominated === socket ? undefined : nominated, [how]: context[how] + 1 };
}
