/** No skew and no length of the line keeps two apart who could meet: a few of each. All of a 20 × 20 table: `tcp-open-skew.slow.ts`. */
import { expect, test } from 'vitest';
import { skewTable, tooSlow } from './skews.ts';

test.each([
  ['open', 'open'],
  ['port-restricted+rst', 'port-restricted+rst'],
  ['symmetric+rst', 'open'],
  ['port-restricted', 'port-restricted'],
])('%s × %s open soon at every skew and every round trip', (a, b) => {
  expect(tooSlow(skewTable(a, b, 5))).toEqual([]);
});
