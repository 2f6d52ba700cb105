/**
 * How much later than agreed one side may start, and how far apart the two may be, by kinds of pairs: whoever could meet does so
 * soon at every skew and every round trip of the table, so the rounds of both sides lock into no losing step. Prints the tables.
 */
import { expect, test } from 'vitest';
import { printed, skewTable, tooSlow } from './skews.ts';

test.each([
  ['port-restricted+rst', 'port-restricted+rst'],
  ['port-restricted', 'port-restricted'],
  ['open', 'open'],
  ['open', 'port-restricted+rst'],
  ['port-restricted+rst', 'open'],
  ['open', 'symmetric+rst'],
  ['symmetric+rst', 'open'],
  ['restricted+rst', 'restricted+rst'],
  ['restricted+rst', 'symmetric+rst'],
  ['restricted', 'symmetric'],
])('%s × %s: no skew and no round trip of a 20 × 20 table keeps them apart', (a, b) => {
  const table = skewTable(a, b, 20);
  console.log(printed(`${a} × ${b}`, table));
  expect(tooSlow(table)).toEqual([]);
});
