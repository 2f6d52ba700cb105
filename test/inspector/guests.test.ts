/** Applications of others: heard as runs of their own, within bounds of depth, bytes and number. */
import { expect, test } from 'vitest';
import { guestBook } from '../../cli/inspector/guests.ts';
import { Runs } from '../../cli/inspector/runs.ts';

const ACTOR = JSON.stringify({ type: '@xstate.actor', sessionId: 'x', name: 'door' });
const DEEP = `{"type":"@xstate.snapshot","sessionId":"x","snapshot":{"value":${'{"a":'.repeat(20_000)}"b"${'}'.repeat(20_000)}}}`;

test('a guest that nests without end does no harm, is told to leave and is not heard again', () => {
  const runs = new Runs();
  const hear = guestBook(runs)();
  expect([hear(ACTOR), hear(DEEP), hear(ACTOR)]).toEqual([true, false, false]);
  expect(runs.all[0]?.read().events.length).toBe(1);
});

test('what is no message is passed over, and its sender may go on', () => {
  const hear = guestBook(new Runs())();
  expect([hear('{'), hear('1'), hear(ACTOR)]).toEqual([true, true, true]);
});

test('a guest that says more than its budget is told to leave', () => {
  const hear = guestBook(new Runs())();
  const filling = JSON.stringify({ filling: 'x'.repeat(4_000_000) });
  const answers = Array.from({ length: 10 }, () => hear(filling));
  expect(answers.indexOf(false)).toBe(8);
  expect(hear(ACTOR)).toBe(false);
});

test('of a crowd of guests sixteen become runs', () => {
  const runs = new Runs();
  const welcome = guestBook(runs);
  const answers = Array.from({ length: 20 }, () => welcome()(ACTOR));
  expect([answers.filter(Boolean).length, runs.all.length]).toEqual([16, 16]);
});
