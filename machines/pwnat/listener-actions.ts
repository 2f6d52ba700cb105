/** What the pwnat listener does in its states: effects asked of net, and what is remembered. The states: `listener.ts`. */
import { assertEvent } from 'xstate';
import { ANYWHERE } from '../../effects/endpoint.ts';
import { failed, type Outcome } from '../outcome.ts';
import { type Callee, ended, helloCame, helloConfirmed, isServed, linkMessageCame, swept } from './callee.ts';
import { punched } from './callers.ts';
import { type ListenerContext, type ListenerEvent, listenerSetup } from './listener-setup.ts';
import { rearmed, timeOf } from './ticking.ts';
import * as timing from './timing.ts';
import { pieceCame, tcpDrained, tcpEnded, tunnelHeard, tunnelTicked } from './tunnel.ts';
import { HOLE, MAIN, Turn } from './turn.ts';
import { type Variant, VARIANTS } from './variants.ts';

const { assign, enqueueActions, sendTo } = listenerSetup;

export const openMain = sendTo('net', ({ context }) => {
  const { host = ANYWHERE.host, port = variantOf(context).port } = context.input.listen ?? {};
  return { type: 'udp.open', socket: MAIN, local: { host, port } };
});

export const rememberLocal = assign(({ event }) => {
  assertEvent(event, 'udp.opened');
  return { local: event.local, startedAt: event.at, now: event.at, askedAt: event.at };
});

export const openHole = sendTo('net', { type: 'icmp.open', socket: HOLE });

export const reportListening = enqueueActions(({ context, enqueue }) => {
  if (context.local) enqueue.emit({ type: 'server', what: 'listening', local: context.local });
});

/** Nobody answers; but now errors about it are let in. */
export const callNobody = sendTo('net', ({ context }) => ({ type: 'icmp.send', socket: HOLE, to: variantOf(context).nobody, message: { type: 'echo' } }));

export const reportMute = enqueueActions(({ event, enqueue }) => {
  assertEvent(event, 'net.failed');
  enqueue.assign({ isMute: true });
  enqueue.emit({ type: 'server', what: 'mute', detail: event.detail });
});

/** Takes in whatever comes of callers and of TCP connections. */
export const serve = enqueueActions(({ context, event, enqueue }) => {
  const turn = new Turn(timeOf(context, event));
  const callee = hear(context, turn, event);
  const { local } = context;
  enqueue.assign({ callee, now: turn.now });
  if (turn.commands.length > 0) enqueue.sendTo('net', { type: 'several', commands: turn.commands });
  let { deniedAt, untold } = context;
  for (const { what, from } of turn.news) {
    // Whoever asks for what is denied need not be where it says, and can ask a thousand times a second.
    if (what === 'denied' && turn.now - deniedAt < timing.DENIED_MS) {
      untold += 1;
      continue;
    }
    const detail = what === 'denied' && untold > 0 ? { detail: `and ${untold} more since the last word of it` } : {};
    if (what === 'denied') [deniedAt, untold] = [turn.now, 0];
    enqueue.emit({ type: 'server', what, from, ...detail });
    if (context.outcome || !local || what === 'denied' || what === 'refused') continue;
    const outcome: Outcome = { kind: 'connected', socket: MAIN, local, peer: from, elapsedMs: turn.now - context.startedAt };
    enqueue.assign({ outcome });
    enqueue.emit({ type: 'outcome', outcome });
    break;
  }
  enqueue.assign({ deniedAt, untold });
  const armedAt = rearmed(context, turn, callee.tunnel.dueAt, event.type === 'tick');
  if (armedAt === undefined && event.type !== 'tick') return;
  enqueue.assign({ armedAt: armedAt ?? Infinity });
  enqueue.cancel('tick');
  if (armedAt !== undefined) enqueue.raise({ type: 'tick' }, { id: 'tick', delay: armedAt - turn.now });
});

/** The NAT opens towards whoever has sent an error; pypwnat's callers wait for a word. */
export const answerCaller = enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'exceeded');
  const { callee } = context;
  const now = timeOf(context, event);
  const punch = punched(callee.callers, event.from.host, now, () => isServed(callee, event.from.host));
  enqueue.assign({ now });
  if (!punch) return;
  const variant = variantOf(context);
  const to = { host: event.from.host, port: context.local?.port ?? variant.port };
  enqueue.assign({ callee: { ...callee, callers: punch.callers } });
  enqueue.sendTo('net', { type: 'udp.send', socket: MAIN, to, message: { type: variant.name === 'pypwnat' ? 'greeting' : 'punch' }, ttl: punch.isToDie ? timing.DYING_TTL : undefined });
});

/** The timer tells no time, but so much has passed since it fired last. */
export const sweep = enqueueActions(({ context, enqueue }) => {
  const askedAt = context.askedAt + variantOf(context).echoMs;
  const turn = new Turn(Math.max(context.now, askedAt));
  enqueue.assign({ callee: swept(context.callee, turn), now: turn.now, askedAt });
  if (turn.commands.length > 0) enqueue.sendTo('net', { type: 'several', commands: turn.commands });
});

export const sayGoodbye = enqueueActions(({ context, enqueue }) => {
  const turn = new Turn(context.now);
  enqueue.assign({ callee: ended(context.callee, turn) });
  enqueue.cancel('tick');
  enqueue.sendTo('net', { type: 'several', commands: turn.commands });
});

export const concludeNobody = assign({
  outcome: ({ context }) => failed('no-peer', `No caller came within ${(context.input.waitMs ?? 0) / 1000} s. A caller has to name this host's public address, and the same port and variant.`),
});

export function variantOf({ input }: ListenerContext): Variant {
  return VARIANTS[input.variant ?? 'pwnat'];
}

function hear({ callee }: ListenerContext, turn: Turn, event: ListenerEvent): Callee {
  const { tunnel } = callee;
  switch (event.type) {
    case 'tick':
      return { ...callee, tunnel: tunnelTicked(tunnel, turn) };
    case 'hello':
      return helloCame(callee, turn, event.from, event);
    case 'helloAck':
      return helloConfirmed(callee, turn, event.from, event);
    case 'keepAlive':
    case 'data':
    case 'ack':
    case 'goodbye':
      return { ...callee, tunnel: tunnelHeard(tunnel, turn, event.from, event) };
    case 'offer':
    case 'packet':
    case 'receipt':
    case 'linkPing':
    case 'linkPong':
    case 'linkBye':
      return linkMessageCame(callee, turn, event.from, event);
    case 'piece':
      return { ...callee, tunnel: pieceCame(tunnel, turn, event.socket, event.data) };
    case 'tcp.drained':
      return { ...callee, tunnel: tcpDrained(tunnel, turn, event.socket) };
    case 'tcp.closed':
      return { ...callee, tunnel: tcpEnded(tunnel, turn, event.socket) };
    case 'net.failed':
      return { ...callee, tunnel: tcpEnded(tunnel, turn, event.socket, event.effect === 'tcp.connect' ? 'refused' : undefined) };
    default:
      return callee;
  }
}
