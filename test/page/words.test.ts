/** How the page says what xstate and traces say in codes. */
import { expect, test } from 'vitest';
import { eventWords, leavesOf, portOf, timeWords, valueWords } from '../../cli/inspector/page/model/words.ts';

test.each([
  ['', 'always'],
  ['xstate.init', 'start'],
  ['xstate.stop', 'stop'],
  ['xstate.after.150.punching.waiting', 'after 150 ms'],
  ['xstate.after.askAgain.asking', 'after askAgain'],
  ['xstate.done.actor', 'done'],
  ['xstate.done.actor.net', 'done net'],
  ['xstate.error.actor.net', 'error net'],
  ['xstate.done.state.peer.found', 'done peer.found'],
  ['probe', 'probe'],
  ['xstate.snapshot.net', 'xstate.snapshot.net'],
])('the event %j is said as %j', (type, words) => {
  expect(eventWords(type)).toBe(words);
});

test.each([
  [0, '0 ms'],
  [0.126, '0.13 ms'],
  [40.26, '40.3 ms'],
  [612.4, '612 ms'],
  [10_049, '10.0 s'],
  [64_900, '1:04 min'],
])('%d ms are said as %s', (ms, words) => {
  expect(timeWords(ms)).toBe(words);
});

test.each([
  ['192.0.2.7:34780', ':34780'],
  ['[2001:db8::7]:34780', ':34780'],
  ['192.0.2.7', ''],
  ['2001:db8::7', ''],
])('the port of %s is %j', (endpoint, port) => {
  expect(portOf(endpoint)).toBe(port);
});

test.each([
  ['done', 'done', ['done']],
  [{ open: 'idle' }, 'open.idle', ['open.idle']],
  [{ open: {} }, 'open', ['open']],
  [{ one: 'a', other: { deep: 'b' } }, 'one.a + other.deep.b', ['one.a', 'other.deep.b']],
  [{ open: null }, 'open', ['open']],
  [{}, '', []],
  [null, '', []],
  [7, '', []],
])('the state value %j is said as %j, and its innermost states are %j', (value, words, leaves) => {
  expect(valueWords(value)).toBe(words);
  expect(leavesOf(value)).toEqual(leaves);
});
