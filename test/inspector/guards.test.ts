/** A machine's definition as a trace carries it: what has a name by its name, what has none as what it is. */
import { and, createMachine, fromPromise, not } from 'xstate';
import { expect, test } from 'vitest';
import { definitionOf, guardName } from '../../cli/inspector/trace/statechart.ts';

test.each([
  ['isFresh', 'isFresh'],
  [function isOpen() {}, 'isOpen'],
  [(() => () => true)(), 'guard'],
  [not('isLast'), 'not(isLast)'],
  [and(['isOpen', not('isFresh')]), 'and(isOpen, not(isFresh))'],
  [{ type: 'isFromPeer', params: {} }, 'isFromPeer'],
  [{ type: 7 }, 'guard'],
  [null, 'guard'],
])('a guard %# is called by its name', (guard, name) => {
  expect(guardName(guard)).toBe(name);
});

test('actions, actors and descriptions are told, and no code', () => {
  const machine = createMachine({
    id: 'shop',
    description: 'sells',
    entry: ['greet', function bow() {}, (() => () => undefined)(), { type: 'open' }],
    invoke: [{ id: 'clock', src: 'clock' }, { id: 'own', src: fromPromise(() => Promise.resolve()) }],
  });
  expect(definitionOf(machine)).toMatchObject({ description: 'sells', entry: ['greet', 'bow', 'action', 'open'], invoke: [{ id: 'clock', src: 'clock' }, { id: 'own', src: 'xstate.invoke.1.shop' }] });
});
