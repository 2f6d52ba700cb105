/** What the pwnat caller does in its states: effects asked of net, and what is remembered. The states: `caller.ts`. */
import { assertEvent } from 'xstate';
import { ANYWHERE } from '../../effects/endpoint.ts';
import { identifier } from '../../effects/seed.ts';
import type { Outcome } from '../outcome.ts';
import { askedOnce, helloOf, isProbe, wantsAnswer } from './caller-probe.ts';
import { type CallerContext, type CallerEvent, callerSetup } from './caller-setup.ts';
import * as calling from './calls.ts';
import type { Calls } from './calls.ts';
import { type Attempt, explainDenied, explainLost, explainNoAnswer, type Sightings } from './explain.ts';
import { rearmed, timeOf } from './ticking.ts';
import { pieceCame, tcpDrained, tcpEnded, tunnelHeard } from './tunnel.ts';
import { DOOR, HOLE, MAIN, Turn } from './turn.ts';

const { assign, enqueueActions, sendTo } = callerSetup;

// ---- the sockets

export const openMain = sendTo('net', ({ context: { input } }) => {
  const { host = ANYWHERE.host, port = input.server.port } = input.local ?? {};
  return { type: 'udp.open', socket: MAIN, local: { host, port } };
});

export const openHole = sendTo('net', { type: 'icmp.open', socket: HOLE });

export const openDoor = sendTo('net', ({ context: { input } }) => ({ type: 'tcp.listen', socket: DOOR, local: input.listen ?? { host: '127.0.0.1', port: 0 } }));

export const rememberLocal = assign(({ context, event }) => {
  assertEvent(event, 'udp.opened');
  return { local: event.local, startedAt: event.at, now: event.at, seen: { ...context.seen, addresses: event.addresses } };
});

export const rememberDoor = assign(({ event }) => {
  assertEvent(event, 'tcp.listening');
  return { door: event.local };
});

export const reportListening = enqueueActions(({ context, enqueue }) => {
  if (context.door) enqueue.emit({ type: 'server', what: 'listening', local: context.door, transport: 'tcp' });
});

// ---- the hole

/** Tells the listener where we are. */
export const forgeError = enqueueActions(({ context, enqueue }) => {
  const turn = new Turn(context.now);
  calling.forge(turn, context.input.server);
  enqueue.sendTo('net', { type: 'several', commands: turn.commands });
});

/** Asks whoever listens to speak, in each of the ways that it may. */
export const knock = enqueueActions(({ context, enqueue }) => {
  const { input: { server, authenticated, stun, seed }, calls, knocks, probe } = context;
  const turn = new Turn(context.now);
  turn.send(server, { type: 'offer', caller: calls.self });
  if (!authenticated) turn.send(server, attempt(context).variant === 'pypwnat' ? { type: 'greeting' } : helloOf(context));
  if (stun && !context.seen.mapped) turn.send(stun, { type: 'ask', txid: identifier(seed, 'stun', knocks, 12) });
  // An echo, for whoever wonders later why nothing came.
  const pings = knocks === PING_AT;
  if (pings) turn.ask({ type: 'icmp.send', socket: HOLE, to: server.host, message: { type: 'ping', id: probe } });
  enqueue.assign({ knocks: knocks + 1, refusal: askedOnce(context), seen: pings ? { ...context.seen, pinged: true } : context.seen });
  enqueue.sendTo('net', { type: 'several', commands: turn.commands });
});

/** Asks for the destination alone, of a listener that has accepted the offer. */
export const askAgain = enqueueActions(({ context, enqueue }) => {
  enqueue.sendTo('net', { type: 'udp.send', socket: MAIN, to: context.input.server, message: helloOf(context) });
  enqueue.assign({ refusal: askedOnce(context) });
});

export const noteRefusal = assign({ refusal: ({ context: { refusal } }) => (refusal === 'none' ? 'heard' : refusal === 'asked' ? 'again' : refusal) });

/** A listener that is looked for anew is asked anew. */
export const forgetRefusal = assign({ refusal: () => 'none' as const });

export const noteMapped = assign(({ context, event }) => {
  assertEvent(event, 'mapped');
  return { seen: { ...context.seen, mapped: event.mapped } };
});

export const notePong = saw({ pong: true });

export const notePunch = saw({ punched: true });

export const noteGreeting = assign(({ context, event }) => {
  assertEvent(event, 'greeting');
  return { seen: { ...context.seen, greeted: true }, now: Math.max(context.now, event.at) };
});

export const noteRejected = assign(({ context, event }) => {
  assertEvent(event, 'rejected');
  return { seen: { ...context.seen, rejected: event.why } };
});

export const noteTrouble = assign(({ context, event }) => {
  assertEvent(event, 'net.failed');
  return { seen: { ...context.seen, trouble: event.detail } };
});

// ---- the tunnel

/** Takes in whatever comes of the listener and of TCP connections, in any state. */
export const carry = enqueueActions(({ context, event, enqueue }) => {
  const turn = new Turn(timeOf(context, event));
  const isHeard = 'from' in event && event.socket === MAIN;
  const calls = hear(context, isHeard ? { ...context.calls, heardAt: turn.now } : context.calls, turn, event);
  enqueue.assign({ calls, now: turn.now });
  if (turn.commands.length > 0) enqueue.sendTo('net', { type: 'several', commands: turn.commands });
  for (const { what, from } of turn.news) enqueue.emit({ type: 'server', what, from });
  const armedAt = rearmed(context, turn, calling.dueAt(calls), event.type === 'tick');
  if (armedAt === undefined && event.type !== 'tick') return;
  enqueue.assign({ armedAt: armedAt ?? Infinity });
  enqueue.cancel('tick');
  if (armedAt !== undefined) enqueue.raise({ type: 'tick' }, { id: 'tick', delay: armedAt - turn.now });
});

export const reportConnected = reports(() => true);

/** The offer is accepted. Who takes no TCP connection in waits for the word on the destination, too. */
export const reportAccepted = reports((context) => !wantsAnswer(context));
export const reportAnswered = reports((context) => wantsAnswer(context) && context.outcome === undefined);

// ---- the end

export const sayGoodbye = enqueueActions(({ context, enqueue }) => {
  const turn = new Turn(context.now);
  enqueue.assign({ calls: calling.ended(context.calls, turn) });
  enqueue.cancel('tick');
  enqueue.sendTo('net', { type: 'several', commands: turn.commands });
});

export const concludeNoAnswer = assign({
  outcome: ({ context }) => (context.outcome?.kind === 'connected' ? explainLost(attempt(context)) : explainNoAnswer(attempt(context), context.seen)),
});
export const concludeDenied = assign({ outcome: ({ context }) => explainDenied(attempt(context)) });

/** The third knock: who answers at all has done so by then. */
const PING_AT = 2;

function attempt({ input, local }: CallerContext): Attempt {
  const { server, to, variant = 'pwnat', authenticated = false, stun } = input;
  return { server, to, variant, authenticated, stun, local };
}

function reports(isMet: (context: CallerContext) => boolean) {
  return enqueueActions(({ context, enqueue }) => {
    const { local, input, startedAt, now } = context;
    if (!local || !isMet(context)) return;
    const outcome: Outcome = { kind: 'connected', socket: MAIN, local, peer: input.server, elapsedMs: now - startedAt };
    enqueue.assign({ outcome });
    enqueue.emit({ type: 'outcome', outcome });
  });
}

function saw(what: Partial<Sightings>) {
  return assign(({ context }) => ({ seen: { ...context.seen, ...what } }));
}

function hear(context: CallerContext, calls: Calls, turn: Turn, event: CallerEvent): Calls {
  const { tunnel, server } = calls;
  switch (event.type) {
    case 'tick':
      return calling.ticked(calls, turn);
    case 'accept':
      return calling.accepted(calls, turn, event.pair);
    case 'helloAck': {
      const after = calling.helloAcknowledged(calls, turn, event);
      return isProbe(context, event.request) ? calling.spokenPlainly(after, turn) : after;
    }
    case 'data':
    case 'ack':
    case 'goodbye':
      return { ...calls, tunnel: tunnelHeard(tunnel, turn, server, event) };
    case 'packet':
    case 'receipt':
    case 'linkPong':
    case 'linkBye':
      return calling.linkMessageCame(calls, turn, event);
    case 'piece':
      return { ...calls, tunnel: pieceCame(tunnel, turn, event.socket, event.data) };
    case 'tcp.accepted':
      return calling.tcpCame(calls, turn, event.socket);
    case 'tcp.drained':
      return { ...calls, tunnel: tcpDrained(tunnel, turn, event.socket) };
    case 'tcp.closed':
    case 'net.failed':
      return { ...calling.tcpGone(calls, event.socket), tunnel: tcpEnded(tunnel, turn, event.socket) };
    default:
      return calls;
  }
}
