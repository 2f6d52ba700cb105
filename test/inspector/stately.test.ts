/** Stately's three messages: what we say is what their package says, and what others say becomes a trace. */
import { createInspector, type StatelyInspectionEvent } from '@statelyai/inspect';
import { expect, test } from 'vitest';
import { assign, createActor, fromPromise, setup } from 'xstate';
import { readTrace, writeTrace } from '../../cli/inspector/trace/format.ts';
import { StatelyListener, StatelySpeaker } from '../../cli/inspector/trace/stately.ts';
import { ofKind, traced } from './traced.ts';

const ONE = traced('port-restricted', 'restricted');

/** A foreign machine with a child and a context of its own. */
const LIGHT = setup({
  actors: { idea: fromPromise(() => Promise.resolve(1)) },
}).createMachine({
  id: 'light',
  context: { changes: 0 },
  initial: 'red',
  states: {
    red: { on: { GO: { target: 'green', actions: assign({ changes: ({ context }) => Number(context['changes']) + 1 }) } } },
    green: { initial: 'steady', states: { steady: { on: { BLINK: 'blinking' } }, blinking: {} }, invoke: { id: 'idea', src: 'idea' } },
  },
});

test('what their package says of a foreign machine becomes its statechart, its events and its states', async () => {
  const listener = new StatelyListener('foreign', '2026-01-01T00:00:00.000Z');
  for (const message of await saidByPackage()) listener.hear(message, 1);
  const trace = listener.trace();
  expect(ofKind(trace, 'machine').map(({ machine }) => machine)).toEqual(['light']);
  expect(ofKind(trace, 'actor').map(({ actor, parent }) => [actor, parent])).toContainEqual([expect.stringMatching(/\/idea$/), ofKind(trace, 'actor')[0]?.actor]);
  expect(ofKind(trace, 'event').map(({ type }) => type)).toEqual(expect.arrayContaining(['GO', 'BLINK']));
  const states = ofKind(trace, 'snapshot').filter(({ value }) => value !== null);
  expect(states.find(({ steps }) => steps[0]?.event === 'BLINK')).toMatchObject({ value: { green: 'blinking' }, context: { changes: 1 }, steps: [{ source: 'green.steady', targets: ['green.blinking'], event: 'BLINK' }] });
});

test('an actor that is introduced with its state, and no snapshot of it, stands there when its first event comes', () => {
  const listener = new StatelyListener('by hand', '2026-01-01T00:00:00.000Z');
  listener.hear({ type: '@xstate.actor', sessionId: 'x', name: 'door', snapshot: { value: 'open', context: {} } }, 0);
  listener.hear({ type: '@xstate.event', sessionId: 'x', event: { type: 'SHUT' } }, 1);
  expect(listener.trace().events.map(({ kind }) => kind)).toEqual(['actor', 'snapshot', 'event']);
});

test('such a trace is a trace like any other: it is written and read', async () => {
  const listener = new StatelyListener('foreign', '2026-01-01T00:00:00.000Z');
  for (const message of await saidByPackage()) listener.hear(message, 1);
  expect(readTrace(writeTrace(listener.trace()))).toEqual(listener.trace());
});

test('our messages have the fields of theirs', async () => {
  const theirs = new Map((await saidByPackage()).map((message) => [message.type, Object.keys(JSON.parse(JSON.stringify(message)) as object)]));
  const speaker = new StatelySpeaker(ONE.header);
  const ours = ONE.events.flatMap((event) => speaker.say(event) ?? []);
  for (const message of ours) expect(Object.keys(message)).toEqual(expect.arrayContaining((theirs.get(message.type) ?? []).filter((name) => !OPTIONAL.includes(name))));
  expect(new Set(ours.map(({ type }) => type))).toEqual(new Set(['@xstate.actor', '@xstate.event', '@xstate.snapshot']));
});

test('said and heard again, a run has the same states in the same order', () => {
  const speaker = new StatelySpeaker(ONE.header);
  const listener = new StatelyListener('again', '2026-01-01T00:00:00.000Z');
  for (const event of ONE.events) {
    const message = speaker.say(event);
    if (message) expect(listener.hear(JSON.parse(JSON.stringify(message)), event.at)).toBe(true);
  }
  const states = (trace: typeof ONE): string[] => ofKind(trace, 'snapshot').map(({ actor, value, at }) => `${at} ${actor} ${JSON.stringify(value)}`);
  expect(states(listener.trace())).toEqual(states(ONE));
});

test('an effect is said as the event that asked for it', () => {
  const [effect] = ofKind(ONE, 'effect').filter(({ type }) => type === 'udp.send');
  const message = new StatelySpeaker(ONE.header).say(effect!);
  expect(message).toMatchObject({ type: '@xstate.event', sourceId: 'a', sessionId: 'a/net', event: { type: 'udp.send', socket: 'r1', message: { type: 'register' } } });
});

test.each([
  ['nothing', undefined],
  ['text', 'hello'],
  ['no session', { type: '@xstate.actor' }],
  ['an event without its type', { type: '@xstate.event', sessionId: 'x', event: {} }],
  ['a snapshot of nothing', { type: '@xstate.snapshot', sessionId: 'x', snapshot: null }],
  ['something else', { type: '@statelyai.connected', sessionId: 'x' }],
])('%s is passed over', (_, message) => {
  const listener = new StatelyListener('hostile', '2026-01-01T00:00:00.000Z');
  expect(listener.hear(message, 0)).toBe(false);
});

test('a state value, a context and a definition of any shape do no harm', () => {
  const listener = new StatelyListener('hostile', '2026-01-01T00:00:00.000Z');
  const circle: Record<string, unknown> = { type: 'deep' };
  circle['self'] = circle;
  listener.hear({ type: '@xstate.actor', sessionId: 'x', name: 7, definition: '{"states":', snapshot: { value: 9 } }, 0);
  listener.hear({ type: '@xstate.snapshot', sessionId: 'x', snapshot: { value: { a: [] }, context: circle, tags: [{}], status: 'odd' }, event: 5 }, 1);
  listener.hear({ type: '@xstate.event', sessionId: 'y', sourceId: {}, event: circle }, 0);
  expect(JSON.stringify(listener.trace())).toContain('a circle');
  expect(ofKind(listener.trace(), 'snapshot').length).toBe(1);
  expect(ofKind(listener.trace(), 'snapshot').every(({ value, status }) => value === null && status === 'active')).toBe(true);
});

test('whoever introduces actors without end is not listened to for ever', () => {
  const listener = new StatelyListener('hostile', '2026-01-01T00:00:00.000Z');
  for (let i = 0; i < 5_000; i += 1) listener.hear({ type: '@xstate.actor', sessionId: `x:${i}`, name: 'a' }, 0);
  expect(listener.trace().events.length).toBe(2_000);
});

test('an actor is introduced once, however often it is told, and one of a machine without a name has its own', () => {
  const listener = new StatelyListener('by hand', '2026-01-01T00:00:00.000Z');
  const door = { type: '@xstate.actor', sessionId: 'x', name: 'door', definition: { states: { open: {} } } };
  expect([listener.hear(door, 0), listener.hear(door, 1)]).toEqual([true, true]);
  listener.hear({ type: '@xstate.actor', sessionId: 'y', name: 'shop', definition: { id: 'shop' } }, 2);
  listener.hear({ type: '@xstate.actor', sessionId: 'z', name: 'till', definition: '7' }, 3);
  expect(ofKind(listener.trace(), 'machine').map(({ machine }) => machine)).toEqual(['door']);
  expect(ofKind(listener.trace(), 'actor').map(({ actor, machine }) => [actor, machine])).toEqual([['door', 'door'], ['shop', undefined], ['till', undefined]]);
});

test('how an actor failed is told in words, and a state without children as itself', () => {
  const listener = new StatelyListener('by hand', '2026-01-01T00:00:00.000Z');
  const snapshot = (fields: object): void => void listener.hear({ type: '@xstate.snapshot', sessionId: 'x', snapshot: fields }, 0);
  snapshot({ value: { open: {} }, error: 'it fell' });
  snapshot({ value: { shut: {} }, error: { code: 7 }, status: 'error', output: 1 });
  expect(ofKind(listener.trace(), 'snapshot').map(({ error, steps }) => [error, steps.map(({ source, targets }) => [source, ...targets])])).toEqual([['it fell', []], ['{"code":7}', [['open', 'shut']]]]);
});

test('a state deeper than any statechart is none', () => {
  const listener = new StatelyListener('hostile', '2026-01-01T00:00:00.000Z');
  let value: unknown = 'deep';
  for (let depth = 0; depth < 100; depth += 1) value = { value };
  listener.hear({ type: '@xstate.snapshot', sessionId: 'x', snapshot: { value } }, 0);
  expect(ofKind(listener.trace(), 'snapshot').map((one) => one.value)).toEqual([null]);
});

test('of more actors than are kept apart, the others are one', () => {
  const listener = new StatelyListener('hostile', '2026-01-01T00:00:00.000Z');
  for (let i = 0; i < 2_001; i += 1) listener.hear({ type: '@xstate.event', sessionId: `x:${i}`, event: { type: 'GO' } }, 0);
  expect(ofKind(listener.trace(), 'event').at(-1)?.actor).toBe('others');
});

test('an actor of a machine that was not told is said by its name, and an end with what came of it', () => {
  const speaker = new StatelySpeaker(ONE.header);
  expect(speaker.say({ n: 0, at: 0, kind: 'actor', actor: 'a', machine: 'door' })?.definition).toBe('{"id":"door"}');
  expect(speaker.say({ n: 1, at: 0, kind: 'snapshot', actor: 'a', status: 'error', value: null, context: 1, steps: [], output: 2, error: 'it fell' })?.snapshot).toEqual({ status: 'error', context: 1, tags: [], output: 2, error: 'it fell' });
});

/** Not in every one of theirs. */
const OPTIONAL = ['parentId', 'sourceId', 'name', 'definition'];

async function saidByPackage(): Promise<readonly StatelyInspectionEvent[]> {
  const said: StatelyInspectionEvent[] = [];
  const inspector = createInspector({ send: (message: StatelyInspectionEvent) => void said.push(message) });
  const actor = createActor(LIGHT, { inspect: inspector.inspect });
  actor.start();
  actor.send({ type: 'GO' });
  actor.send({ type: 'BLINK' });
  // The package says everything in an idle moment.
  while (!said.some((message) => message.type === '@xstate.snapshot' && JSON.stringify(message.snapshot).includes('blinking'))) await new Promise(setImmediate);
  return said;
}
