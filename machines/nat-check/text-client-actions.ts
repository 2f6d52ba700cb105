/** What the three-role client does in its states: effects asked of net, what is remembered, and how it ends. The states: `text-client.ts`. */
import { assertEvent } from 'xstate';
import type { Endpoint } from '../../effects/endpoint.ts';
import { type CheckContext, conclude as conclusion, noReport, noServer, outOfStep, sameHost } from './text-check.ts';
import { assistInterval, chain, firstAnswers, fullConeInterval, listen, nextInterval, pause, quiet, registerInterval } from './text-client-delays.ts';
import { clientSetup, CONE, FIRST, TESTS } from './text-client-setup.ts';
import type { TextMessage } from './text.ts';

const { assign, enqueueActions, sendTo } = clientSetup;
type Delay = (where: { readonly context: CheckContext }) => number;

// ---- sockets and datagrams

export const openFirst = sendTo('net', ({ context }) => ({ type: 'udp.open', socket: FIRST, local: context.input.local }));
export const openOthers = enqueueActions(({ context, enqueue }) => {
  const { host } = context.input.local ?? {};
  const local = host === undefined ? undefined : { host };
  enqueue.sendTo('net', { type: 'udp.open', socket: TESTS, local });
  enqueue.sendTo('net', { type: 'udp.open', socket: CONE, local });
});
export const askServer = say(FIRST, 'server', 'register');
export const askAssist = say(FIRST, 'assist', 'register');
export const introduceTests = say(TESTS, 'server', 'register');
export const askFullCone = say(CONE, 'assist', 'register');
export const sayNext = say(TESTS, 'server', 'next');

export const countAttempt = assign({ attempt: ({ context }) => context.attempt + 1 });
export const resetAttempts = assign({ attempt: 0, repeated: ({ context }) => context.repeated + context.attempt - 1 });
export const countFullCone = assign({ asked: ({ context }) => context.asked + 1 });
export const countNext = assign({ nexts: ({ context }) => context.nexts + 1 });

// ---- time, as far as it can be known

export const passRegisterInterval = passing(registerInterval);
export const passQuiet = passing(quiet);
export const passAssistInterval = passing(assistInterval);
export const passPause = passing(pause);
export const passChain = passing(chain);
export const passFirstAnswers = waiting('cone', firstAnswers);
export const passFullConeInterval = waiting('cone', fullConeInterval);
export const passConeListening = waiting('cone', listen);
export const passNextInterval = waiting('next', nextInterval);
export const passPauseForAnswers = waiting('next', pause);
export const passNextListening = waiting('next', listen);

// ---- what was heard

export const begin = assign(({ event }) => {
  assertEvent(event, 'udp.opened');
  return { startedAt: event.at, now: event.at, addresses: event.addresses };
});
export const noteOpened = assign(({ event }) => {
  assertEvent(event, 'udp.opened');
  return { now: event.at };
});
export const noteReflexive = assign(({ context, event }) => {
  assertEvent(event, 'mapped');
  return { reflexive: event.endpoint, rttMs: Math.max(0, event.at - context.now), now: event.at };
});
export const noteReported = assign(({ context, event }) => {
  assertEvent(event, 'mapped');
  return { reported: event.endpoint, chainMs: Math.max(0, event.at - context.now), now: event.at, waited: { cone: 0, next: 0 } };
});
export const noteFullCone = assign(({ context, event }) => {
  assertEvent(event, 'test');
  return { heard: { ...context.heard, fullCone: true as const }, now: event.at, waited: { cone: 0, next: 0 } };
});
export const noteRestricted = assign(({ context, event }) => {
  assertEvent(event, 'test');
  return { heard: { ...context.heard, restricted: event.from.port }, waited: until(context, event.at) };
});
export const noteLastTest = assign(({ context, event }) => {
  assertEvent(event, 'test');
  return { heard: { ...context.heard, portRestricted: context.nexts - underWay(context) }, waited: until(context, event.at) };
});
export const noteTrouble = assign(({ event }) => {
  assertEvent(event, 'net.failed');
  return { trouble: event.detail };
});

// ---- ends

export const conclude = assign({ outcome: ({ context }) => conclusion(context) });
export const concludeNoServer = assign({ outcome: ({ context }) => noServer(context) });
export const concludeNoReport = assign({ outcome: ({ context }) => noReport(context) });
export const concludeOutOfStep = assign({ outcome: ({ context }) => outOfStep(context) });
export const concludeSameHost = assign({ outcome: ({ context }) => sameHost(context) });

function say(socket: string, whom: 'server' | 'assist', type: 'register' | 'next') {
  return sendTo('net', ({ context }): { type: 'udp.send'; socket: string; to: Endpoint; message: TextMessage } => ({ type: 'udp.send', socket, to: context.input[whom], message: { type } }));
}

function passing(delay: Delay) {
  return assign({ now: (where) => where.context.now + delay(where) });
}

function waiting(loop: 'cone' | 'next', delay: Delay) {
  return assign({ waited: (where) => ({ ...where.context.waited, [loop]: where.context.waited[loop] + delay(where) }) });
}

/** NEXT that were said after the one that was answered, if that took a little less than a round trip. */
function underWay(context: CheckContext): number {
  return Math.max(0, Math.ceil((0.9 * context.rttMs) / nextInterval({ context })) - 1);
}

function until({ waited, now }: CheckContext, at: number): CheckContext['waited'] {
  return { ...waited, next: Math.max(0, at - now) };
}
