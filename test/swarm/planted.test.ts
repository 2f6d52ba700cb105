/** The swarm finds each kind of bug that is put in on purpose, and makes the world in which it shows small. */
import { expect, test } from 'vitest';
import { udpPunch } from './casts/udp-punch.ts';
import { PLANTED, SHORT_LIVED } from './planted.ts';
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

/** World 55867 of seed 1, shrunk: one side has asked in vain all the while, and gives up when payload has just come again. */
const cut = (ms: number): WorldSpec => ({
  protocol: 'udp-punch',
  seed: '1/55867',
  a: [],
  b: [],
  latencyMs: 6,
  weather: { loss: 0.298 },
  faults: [{ kind: 'partition', at: 709, host: 'a', ms }],
  end: { of: 'first', how: 'close' },
});

test('a connection that a fault has cut may be given up in calm, and that of those who begin anew may not', () => {
  expect(play(cut(11_642), udpPunch)).toMatchObject({ violation: undefined, verdict: 'met' });
  expect(play(cut(10_500), SHORT_LIVED).violation).toMatchObject({ rule: 'one-sided' });
});
