/** Where two runs first differ: not at all when they are the same, at what happened when they are not. */
import { expect, test } from 'vitest';
import { firstDivergence } from '../../cli/inspector/trace/compare.ts';
import type { Trace, TraceEvent } from '../../cli/inspector/trace/trace.ts';
import { ofKind, traced } from './traced.ts';

const ONE = traced('port-restricted', 'restricted');

test('a run and the same run again do not differ, not even in a byte', () => {
  expect(firstDivergence(ONE, traced('port-restricted', 'restricted'), 'everything')).toBeUndefined();
});

test('two seeds without chance do the same, but draw other identifiers', () => {
  const other = traced('port-restricted', 'restricted', { seed: 2 });
  expect(firstDivergence(ONE, other)).toBeUndefined();
  expect(firstDivergence(ONE, other, 'everything')).toBeDefined();
});

test('another NAT shows where it first does something else', () => {
  const other = traced('symmetric', 'restricted');
  const divergence = firstDivergence(ONE, other);
  const first = ONE.events[divergence?.one ?? -1];
  expect(divergence?.words).toMatch(/ \/ /);
  // Until then both did the same.
  const before = (trace: Trace, n: number): string[] => ofKind({ ...trace, events: trace.events.slice(0, n) }, 'snapshot').map(({ actor, value }) => `${actor} ${JSON.stringify(value)}`);
  expect(before(ONE, first!.n)).toEqual(before(other, divergence!.other!));
});

test('one packet lost is found at its place', () => {
  const lossy = changed(({ events }) => events.filter((event) => !(event.kind === 'packet' && event.packet === 4 && event.what === 'delivered')));
  expect(firstDivergence(ONE, lossy)?.words).toMatch(/^packets at a: delivered \/ /);
});

test('a run that stops early ends where the other goes on', () => {
  const short = changed(({ events }) => events.slice(0, 100));
  expect(firstDivergence(ONE, short)).toMatchObject({ other: undefined, words: expect.stringContaining('nothing more') });
});

test('what only one of them tells, as a log without states, is no difference', () => {
  const log = changed(({ events }) => events.filter(({ kind }) => kind === 'effect' || kind === 'heard'));
  expect(firstDivergence(ONE, log, 'everything')).toBeUndefined();
});

test('two seeds are told apart by a field that says how, not by what they started with', () => {
  const words = firstDivergence(ONE, traced('port-restricted', 'restricted', { seed: 2 }), 'everything')?.words;
  expect(words).toMatch(/, with \S+ .+ \/ .+$/);
  expect(words).not.toContain('xstate.init');
});

test('a state is told as its path', () => {
  const cut = changed(({ events }) => events.filter(({ kind }) => kind === 'snapshot').slice(0, 8));
  expect(firstDivergence(cut, changed(() => ofKind(ONE, 'snapshot')))?.words).toMatch(/ \/ is [a-z]+[\w.]*, /i);
});

const told = (events: readonly Told[]): Trace => ({ ...ONE, events: events.map((event, n) => ({ n, at: n, ...event }) as TraceEvent) });
const is = (value: unknown, context: unknown = null): Told => ({ kind: 'snapshot', actor: 'a', status: 'active', value, context, steps: [] });

test.each([
  ['another state', [is('one')], [is({ two: { deep: {} } })], 'a: is one, by nothing / is two.deep, by nothing'],
  ['an actor without states', [is(null)], [is('one')], 'a: is there, by nothing / is one, by nothing'],
  ['one that is over', [is('one')], [{ ...is('one'), status: 'done' }], 'a: is one, by nothing / is one, done, by nothing'],
  ['parallel states', [is({ x: 'off', y: 'off' })], [is({ x: 'on', y: 'off' })], 'a: is x.off + y.off, by nothing / is x.on + y.off, by nothing'],
  ['another context', [is('one', { a: { b: 1 } })], [is('one', { a: { b: 2 } })], 'a: is one, by nothing, with context.a.b 1 / 2'],
  ['a field that only one has', [is('one', { a: 1 })], [is('one', { a: 1, b: 'x'.repeat(50) })], `a: is one, by nothing, with context.b nothing / ${'x'.repeat(40)}…`],
])('%s is told by where the two differ', (_, one, other, words) => {
  expect(firstDivergence(told(one), told(other), 'everything')?.words).toBe(words);
});

test('of differences at once the one is told that was told first, and of inner ones the first', () => {
  const asks = (actor: string, type: string): Told => ({ kind: 'effect', actor, type, socket: 's', fields: {}, at: 5 });
  expect(firstDivergence(told([asks('a', 'x'), asks('b', 'x')]), told([asks('a', 'y'), asks('b', 'y')]))?.words).toBe('a: asks x / asks y');
  expect(firstDivergence(told([asks('b', 'x'), asks('a', 'x')]), told([asks('a', 'y'), asks('b', 'y')]))?.words).toBe('b: asks x / asks y');
  const [start, more, other] = [asks('b', 'x'), asks('b', 'y'), asks('c', 'p')];
  const long = [start, more, asks('c', 'q')];
  expect(firstDivergence(told([start, other]), told(long))?.words).toBe('b: nothing more / asks y');
  expect(firstDivergence(told(long), told([start, other]))?.words).toBe('b: asks y / nothing more');
  const both = (context: number): readonly Told[] => [{ ...is('one', context), actor: 'b' }, is('one', context)];
  expect(firstDivergence(told(both(1)), told(both(2)), 'everything')?.words).toBe('b: is one, by nothing, with context 1 / 2');
});

test('what only the other does, and timers of which only the firing is told, are compared too', () => {
  const timer = (what: string): Told => ({ kind: 'timer', actor: 'a', what, timer: 1 });
  expect(firstDivergence(told([is('one')]), told([is('one'), { ...is('one'), actor: 'b' }]), 'everything')?.words).toBe('b: nothing more / is one, by nothing');
  expect(firstDivergence(told([timer('fired')]), told([timer('set'), timer('cancelled')]))?.words).toBe('a: timer 1 fired / nothing more');
  const late = (actor: string): Told => ({ ...is('one'), actor, at: 0 });
  expect(firstDivergence(told([late('a'), late('b')]), told([]), 'everything')?.words).toBeUndefined();
  expect(firstDivergence(told([{ ...timer('fired'), at: 0 }]), told([{ ...timer('fired'), actor: 'b', at: 0 }]))?.words).toBe('a: timer 1 fired / nothing more');
});

type Told = Omit<Partial<TraceEvent>, 'value' | 'context' | 'kind' | 'fields'> & Readonly<Record<string, unknown>>;

function changed(change: (trace: Trace) => readonly TraceEvent[]): Trace {
  return { ...ONE, events: change(ONE) };
}
