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
