/** What the udp-punch peer says to the rendezvous, and remembers of its answers. The states: `peer.ts`. */
import { assertEvent } from 'xstate';
import type { Endpoint } from '../../effects/endpoint.ts';
import { CANDIDATE_LIMIT } from '../rendezvous/bytes.ts';
import { mappingOf, reachable } from '../rendezvous/mapping.ts';
import type { Register } from './messages.ts';
import { forecastToTell, ownForecast, withFlows, withSighting } from './own-ports.ts';
import { peerSetup } from './peer-setup.ts';
import { type PeerContext, socketLabel } from './session.ts';
import { owesForecast, packetsOf } from './sweep-actions.ts';
import { registerInterval, REPEAT_REGISTRATION_AT, REPEAT_TO_SEEKER } from './timing.ts';

const { assign, enqueueActions } = peerSetup;

export const register = enqueueActions(({ context, enqueue }) => {
  const [socket, to] = [socketLabel(context.round), context.input.server];
  const told = forecastToTell(context);
  const message = registration({ ...context, told });
  enqueue.assign({ told, flows: withFlows(context, [{ socket, to }]) });
  enqueue.sendTo('net', { type: 'udp.send', socket, to, message });
});

/** From the last repetition on the round trip is at least what is measured; so short a one only makes us more careful. */
export const noteRepetition = assign({
  askedAt: ({ context }) => (context.askedAt === undefined ? undefined : context.askedAt + registerInterval(context.attempt)),
});

/** What the peer must know of us before it can sweep. */
export const reportForecast = enqueueActions(({ context, enqueue }) => {
  if (owesForecast(context)) enqueue(register);
});

export const repeatRegistration = enqueueActions(({ context, enqueue }) => {
  if (REPEAT_REGISTRATION_AT.includes(context.attempt)) enqueue(register);
});

/** A peer whose introduction was lost does not seek, and chance has to be tried by both at one time. */
export const repeatToSeeker = enqueueActions(({ context: { mapping, sweep }, enqueue }) => {
  if (mapping === 'varies' && sweep?.kind === 'birthday' && (sweep.sent % REPEAT_TO_SEEKER === REPEAT_TO_SEEKER / 2 || sweep.sent >= packetsOf(sweep))) enqueue(register);
});

export const rememberNonce = assign(({ event }) => {
  assertEvent(event, 'challenged');
  return { nonce: event.nonce, askedAt: event.at };
});

export const rememberAddress = assign(({ context, event }) => {
  assertEvent(event, ['mapped', 'introduced']);
  return {
    mapped: event.mapped,
    known: event.known ?? 'unknown',
    seen: withSighting(context, event.socket, event.from, event.mapped, event.at),
    alternate: event.alternate && reachable(event.alternate, context.input.server),
    rttMs: context.askedAt === undefined ? context.rttMs : Math.max(0, event.at - context.askedAt),
    askedAt: undefined,
  };
});

export const rememberKnown = assign(({ event }) => {
  assertEvent(event, 'introduced');
  return { known: event.known ?? 'unknown' };
});

export const rememberPeer = assign(({ context, event }) => {
  assertEvent(event, 'introduced');
  return { peer: event.peer, introductions: context.introductions + 1 };
});

/** Asks the rendezvous's other port for our address, while it is not known whether our mapping varies. */
export const observeMapping = enqueueActions(({ context, enqueue }) => {
  if (context.mapping === 'unknown' && context.observedIn !== context.round) enqueue(observe);
});
/** The first answer may have been lost. */
export const observeAgain = enqueueActions(({ context, enqueue }) => {
  if (context.mapping === 'unknown' && context.attempt > 1) enqueue(observe);
});

export const observe = enqueueActions(({ context, enqueue }) => {
  if (context.alternate === undefined) return;
  const socket = socketLabel(context.round);
  enqueue.assign({ observedIn: context.round, flows: withFlows(context, [{ socket, to: context.alternate }]) });
  enqueue.sendTo('net', { type: 'udp.send', socket, to: context.alternate, message: { type: 'observe', txid: context.ids.observe, peer: context.id } });
});

export const compareMapping = assign(({ context, event }) => {
  assertEvent(event, 'mapped');
  const seen = withSighting(context, event.socket, event.from, event.mapped, event.at);
  if (context.mapped === undefined || context.mapping !== 'unknown') return { seen };
  return { seen, mapping: mappingOf(event.mapped, context.mapped) };
});

/** From whichever socket is open. Said again where it was said before, it does no harm. */
export const leaveRoom = enqueueActions(({ context, enqueue }) => {
  const socket = context.path?.socket ?? context.sockets.at(-1)?.label;
  if (socket === undefined) return;
  enqueue.sendTo('net', { type: 'udp.send', socket, to: context.input.server, message: { type: 'leave', txid: context.ids.register, peer: context.id } });
});

function registration(context: PeerContext): Register {
  const { id: peer, ids, round, mapping, nonce } = context;
  const candidates: readonly Endpoint[] = context.sockets.at(-1)?.addresses.slice(0, CANDIDATE_LIMIT) ?? [];
  return { type: 'register', txid: ids.register, peer, round, candidates, mapping, forecast: ownForecast(context), nonce };
}
