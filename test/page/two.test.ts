/** Two runs beside each other: what differs, where each stands, and what is said of both. */
import { expect, test } from 'vitest';
import type { Run } from '../../cli/inspector/page/model/run.ts';
import { Beside, type TwoPanel } from '../../cli/inspector/page/two/beside.tsx';
import { differenceOf } from '../../cli/inspector/page/two/difference.ts';
import { actorAt, compared, packetAt, startOf } from '../../cli/inspector/page/two/place.ts';
import { TwoRuns } from '../../cli/inspector/page/two/two-runs.tsx';
import type { Plain, StateValue } from '../../cli/inspector/trace/trace.ts';
import { runOf, type Untold } from './pictures.ts';
import { textOf } from './rendered.ts';

const HOST: Untold = { kind: 'place', name: 'a', type: 'host', side: 'a', depth: 1, addresses: ['10.0.0.7'] };
const MACHINE: Untold = { kind: 'machine', machine: 'door', definition: { id: 'door', initial: 'closed', states: { closed: {}, open: {} } } };
const DOOR: Untold = { kind: 'actor', actor: 'a', machine: 'door', place: 'a' };
const BELOW: Untold = { kind: 'actor', actor: 'a/net', parent: 'a' };
const at = (value: StateValue | null, context: Plain = {}): Untold => ({ kind: 'snapshot', actor: 'a', status: 'active', value, context, steps: [] });
const packet = (what: 'sent' | 'dropped', more: object = {}): Untold => ({ kind: 'packet', what, packet: 0, place: 'a', src: '10.0.0.7:1', dst: '10.0.0.8:2', ...more });

test.each<readonly [Plain | undefined, Plain | undefined, readonly string[], readonly string[]]>([
  [{ a: 1, b: { c: 2 } }, { a: 1, b: { c: 3 } }, ['b.c'], ['a']],
  [{ a: 1 }, { a: 1, d: 4 }, ['d'], ['a']],
  [undefined, { a: 1 }, [''], []],
  [7, 'seven', [''], []],
  [undefined, undefined, [], []],
])('%j and %j differ in %j and are the same in %j', (one, other, differing, same) => {
  const found = differenceOf(one, other);
  expect([found.differing.map(({ path }) => path), found.same]).toEqual([differing, same]);
});

const startIn = (left: Run, right: Run) => startOf(left, right, compared(left, right).divergence);

test('runs that are the same open at their ends, and others where they first differ', () => {
  const run = runOf(HOST, DOOR, at('closed'));
  expect(startIn(run, run)).toEqual([{ cursor: 2, packet: undefined }, { cursor: 2, packet: undefined }]);
  expect(startIn(runOf(HOST, DOOR, at('closed')), runOf(HOST, DOOR, at('open')))).toEqual([{ cursor: 2, packet: undefined }, { cursor: 2, packet: undefined }]);
});

test('where only one goes on, the other stands where it was at that time', () => {
  const [short, long] = [runOf(HOST, packet('sent')), runOf(HOST, packet('sent'), { ...packet('dropped', { reason: 'full' }), at: 40 })];
  expect(startIn(short, long)).toEqual([{ cursor: 1, packet: undefined }, { cursor: 2, packet: 0 }]);
  expect(startIn(long, short)).toEqual([{ cursor: 2, packet: 0 }, { cursor: 1, packet: undefined }]);
});

test('a difference is about its actor, about whom that belongs to, or about who is on the side of its place', () => {
  const run = runOf(HOST, MACHINE, DOOR, BELOW, at('closed'), { kind: 'event', actor: 'a/net', type: 'send', fields: {} }, packet('sent'), { kind: 'packet', what: 'sent', packet: 1, place: 'nowhere', src: '10.0.0.9:1', dst: '10.0.0.8:2' });
  expect([4, 5, 6, 7, 1, 99, undefined].map((n) => actorAt(run, n))).toEqual(['a', 'a', 'a', undefined, undefined, undefined, undefined]);
  expect([6, 4, undefined].map((n) => packetAt(run, n))).toEqual([0, undefined, undefined]);
});

interface Standing {
  readonly panel: TwoPanel;
  readonly actor?: string | undefined;
  readonly cursors?: readonly [number, number];
  readonly packet?: number;
}

function beside(left: Run, right: Run, { panel, actor, cursors = [left.told.last, right.told.last], packet: chosen }: Standing): string {
  const [one, other] = cursors;
  return textOf(Beside, { runs: [left, right], places: [{ cursor: one, packet: chosen }, { cursor: other, packet: undefined }], actor, actors: ['a'], panel, onActor: () => {}, onPanel: () => {}, onPick: () => {} }).replace(/^Details Statecharts Context NAT tables of a /, '');
}

test('contexts of both say what differs and how much is the same', () => {
  const context = (one: Untold, other: Untold): string => beside(runOf(DOOR, one), runOf(DOOR, other), { panel: 'context', actor: 'a' });
  expect(context(at('closed', { knocks: 1, key: 'k' }), at('open', { knocks: 2, key: 'k' }))).toBe('a left right state closed open knocks 1 2 1 field is the same: key');
  expect(context(at('closed', { one: 1, two: 2 }), at('closed', { one: 1, two: 2 }))).toBe('a left right state closed closed They remember the same. 2 fields are the same: one, two');
  expect(context(at(null, 7), at(null, 8))).toBe('a left right state active active context 7 8');
  expect(context(at('closed', { 'a room of many letters and more': 1 }), at('closed', {}))).toBe('a left right state closed closed context a room of many letters and more: 1 {}');
  expect(context(at('closed', { knocks: 1, rooms: { 'a room of many letters and more': 1 } }), at('closed', { knocks: 1, rooms: { 'a room of many letters and more': 2 } }))).toContain('rooms.a room…more 1 2');
});

test('of many differing fields a hundred stand there', () => {
  const many = (value: number): Untold => at('closed', Object.fromEntries(Array.from({ length: 104 }, (_, index) => [`field ${index}`, value])));
  expect(beside(runOf(DOOR, many(1)), runOf(DOOR, many(2)), { panel: 'context', actor: 'a' })).toContain('field 99 1 2 and 4 more');
});

test('who has not started, is in one run only, or has no statechart, is said to be so', () => {
  const [early, late] = [runOf(DOOR), runOf(MACHINE, DOOR, at('closed'))];
  expect(beside(early, early, { panel: 'context', actor: 'a' })).toBe('a has started in neither run yet.');
  expect(beside(early, late, { panel: 'context', actor: 'a' })).toMatch(/^a left right state has not started yet closed/);
  expect(beside(early, early, { panel: 'context' })).toBe('No actor is chosen.');
  expect(beside(runOf(), late, { panel: 'chart', actor: 'a' })).toBe('a has not started yet There is no a in this run. a closed, since 2 ms Laying out door…');
  expect(beside(runOf(MACHINE, DOOR), late, { panel: 'chart', actor: 'a' })).toMatch(/^a has not started yet Laying out door…/);
  expect(beside(early, early, { panel: 'chart' })).toBe('No actor has a statechart. No actor has a statechart.');
  expect(beside(runOf(DOOR, at(null)), runOf(DOOR, at(null)), { panel: 'tables', actor: 'a' })).toMatch(/^a active, since 1 ms No NAT/);
});

test('at its end a run is summed up, before that its moment is told', () => {
  const run = runOf(HOST, packet('sent'));
  expect(beside(run, run, { panel: 'details', actor: 'a', cursors: [1, 0] })).toMatch(/^a run 1 packets .* a host, 0 ms/);
  expect(beside(run, run, { panel: 'details', actor: 'a', packet: 0 })).toMatch(/^packet fate not seen/);
  expect(beside(runOf(), runOf(), { panel: 'tables' })).toMatch(/^No NAT is seen/);
});

const two = (left: Run, right: Run, notice?: string): string => textOf(TwoRuns, { left, right, notice, onClose: () => {}, onCommands: () => {} });

test('two runs that are the same are said to be so, two that differ where they do', () => {
  const run = runOf(HOST, MACHINE, DOOR, at('closed'));
  expect(two(run, run)).toContain('The two runs are the same, to the byte.');
  expect(two(run, runOf(HOST, MACHINE, DOOR, at('open')), 'one was cut')).toMatch(/^one was cut They first differ here, left \/ right: a: is closed.* \/ is open/);
  expect(two(runOf(), runOf())).toContain('both runs');
  expect(two(runOf(HOST, { kind: 'note', actor: 'b', type: 'said', fields: {} }), run)).toContain('Only the left one');
});
