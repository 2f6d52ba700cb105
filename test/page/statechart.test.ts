/** Definitions as charts: from what an author writes and from what xstate makes of it, the same arrows. */
import { createMachine } from 'xstate';
import { expect, test } from 'vitest';
import { activePaths, readStatechart } from '../../cli/inspector/page/chart/statechart.ts';
import { definitionOf } from '../../cli/inspector/trace/statechart.ts';
import { everyMachine } from './machines.ts';

const DOOR = createMachine({
  id: 'door',
  initial: 'closed',
  on: { BREAK: '.broken' },
  states: {
    closed: { on: { OPEN: { target: 'open', guard: 'isUnlocked' }, KNOCK: { actions: 'answer' } }, after: { 500: '#wedged' } },
    open: { initial: 'wide', always: { target: 'closed', guard: 'isWindy' }, states: { wide: { on: { PUSH: { target: 'wide', reenter: true } } }, ajar: { id: 'wedged' } } },
    broken: { type: 'final' },
  },
});

const said = (definition: unknown): string[] =>
  (readStatechart(definition)?.arrows ?? []).map(({ from, to, labels }) => `${from || 'door'} → ${to}: ${labels.map(({ event, guard }) => (guard ? `${event} [${guard}]` : event)).join(', ')}`).sort();

const ARROWS = ['closed → open.ajar: after 500 ms', 'closed → open: OPEN [isUnlocked]', 'door → broken: BREAK', 'open → closed: always [isWindy]', 'open.wide → open.wide: PUSH'];

test('arrows of an author’s config', () => {
  expect(said(DOOR.config)).toEqual(ARROWS);
});

test('arrows of the definition that a trace carries', () => {
  expect(said(definitionOf(DOOR))).toEqual(ARROWS);
});

test('what a state answers without leaving is told at the state', () => {
  const closed = readStatechart(DOOR.config)?.root.children.find(({ key }) => key === 'closed');
  expect(closed?.inner).toEqual(['KNOCK']);
});

test('every machine of this project can be drawn, with a beginning', () => {
  for (const machine of everyMachine) {
    const chart = readStatechart(definitionOf(machine));
    expect(chart?.root.initial ?? chart?.root.kind, machine.id).toBeDefined();
    expect(chart?.arrows.length, machine.id).toBeGreaterThan(1);
  }
});

test('a value lights every state around it, of parallel states each', () => {
  expect([...activePaths({ open: 'wide' })]).toEqual(['', 'open', 'open.wide']);
  expect([...activePaths({ left: 'up', right: { turned: 'far' } })]).toEqual(['', 'left', 'left.up', 'right', 'right.turned', 'right.turned.far']);
});

test('nonsense is no chart, and never an error', () => {
  for (const given of [null, 7, 'states', [], {}, { states: 3 }, { states: {} }]) expect(() => readStatechart(given)).not.toThrow();
  expect(readStatechart({ id: 'x', states: { a: { on: { GO: { target: 'nowhere' } } } } })?.arrows).toEqual([]);
  const looped: Record<string, unknown> = { states: {} };
  (looped['states'] as Record<string, unknown>)['again'] = looped;
  expect(readStatechart(looped)?.root.children.length).toBe(1);
});

test('a target is found by an id of a state, by one with dots of its own, and by a path below one', () => {
  const config = {
    id: 'shop',
    initial: { target: 'shut' },
    on: { CLOSE: 'shut', FLEE: '#nobody.there' },
    states: { shut: { on: { OPEN: '#shop.open.wide' } }, open: { id: 'my.open', initial: { target: '#my.open.wide' }, states: { wide: {}, ajar: { on: { PUSH: '#my.open.wide' } } } } },
  };
  expect(said(config)).toEqual(['door → shut: CLOSE', 'open.ajar → open.wide: PUSH', 'shut → open.wide: OPEN']);
  const root = readStatechart(config)?.root;
  expect([root?.initial, root?.children.find(({ key }) => key === 'open')?.initial]).toEqual(['shut', 'open.wide']);
});

test('arrows of what a state invokes are called as xstate calls them', () => {
  const config = {
    id: 'shop',
    states: {
      asking: { onDone: 'told', invoke: { id: 'clerk', onDone: 'told', onError: 'lost' } },
      told: { invoke: [{ src: 'till', onDone: 'lost' }, { src: 'door', onError: 'lost' }] },
      lost: { invoke: { onDone: 'told', onError: 'asking' } },
    },
  };
  expect(said(config)).toEqual(['asking → lost: error clerk', 'asking → told: done, done clerk', 'lost → asking: error', 'lost → told: done', 'told → lost: done till, error door']);
});

test('a guard without a name is a guard all the same, and no guard is none', () => {
  const guards = [{ type: 'isOpen' }, { type: '' }, {}, 7, null];
  const config = { states: { a: { on: { GO: guards.map((guard, index) => ({ target: `b${index}`, guard })) } }, ...Object.fromEntries(guards.map((_, index) => [`b${index}`, index === 0 ? null : {}])) } };
  expect(said(config)).toEqual(['a → b0: GO [isOpen]', 'a → b1: GO [guard]', 'a → b2: GO [guard]', 'a → b3: GO [guard]', 'a → b4: GO']);
});
