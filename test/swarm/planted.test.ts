/** The swarm finds each kind of bug that is put in on purpose, and makes the world in which it shows small. */
import { expect, test } from 'vitest';
import { PLANTED } from './planted.ts';
import { play } from './play.ts';
import { shrunk, sizeOf } from './shrink.ts';
import type { WorldSpec } from './spec.ts';

/** Much goes on, and nothing of it is the reason. */
const BUSY: WorldSpec = {
  protocol: 'udp-punch',
  seed: 'busy',
  a: [{ filtering: 'address-dependent', hairpin: true }, { rst: true }],
  b: [{ ports: { kind: 'random' }, parity: true }],
  latencyMs: 60,
  weather: { jitterMs: 20, loss: 0.05 },
  lateMs: 300,
  clocks: { a: 1.05 },
  faults: [
    { kind: 'junk', at: 100, host: 'a', count: 9, size: 40 },
    { kind: 'reboot', at: 700, host: 'b' },
    { kind: 'crash', at: 900, host: 'a', how: 'unplugged', ms: 400 },
  ],
  end: { of: 'second', how: 'killed' },
};

test.each(PLANTED)('$bug is found as $rule, and the world shrinks to the plainest in which it is', ({ rule, cast, needs = {} }) => {
  const breaks = (spec: WorldSpec): boolean => play(spec, cast).violation?.rule === rule;
  const busy = { ...BUSY, ...needs };
  expect(play(busy, cast).violation).toMatchObject({ rule });
  const least = shrunk(busy, breaks);
  expect(breaks(least)).toBe(true);
  expect(least.faults).toEqual([]);
  expect(sizeOf(least)).toBeLessThan(60);
});
