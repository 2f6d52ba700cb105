/** A few hundred worlds of the swarm; and that the swarm is one: it repeats itself, finds bugs that are planted, and makes them small. */
import { describe, expect, test } from 'vitest';
import { CASTS, castOf } from './casts/index.ts';
import { draw } from './draw.ts';
import { PLANTED } from './planted.ts';
import { play } from './play.ts';
import { shrunk, sizeOf } from './shrink.ts';
import type { WorldSpec } from './spec.ts';

const WORLDS = 20;

describe.each(CASTS.map((cast) => [cast.name, cast] as const))('%s', (name, cast) => {
  test(`keeps its promises in ${WORLDS} random worlds`, () => {
    for (let n = 0; n < WORLDS; n += 1) {
      const { violation } = play(draw([cast], 'tests', n), cast);
      expect(violation, `npm run swarm -- --seed tests --only ${n} --protocol ${name}`).toBeUndefined();
    }
  });

  test('the same seed and number give the same world, and the same run', () => {
    const runs = [1, 2].map(() => {
      const spec = draw([cast], 'again', 3);
      return { spec, played: play(spec, cast) };
    });
    expect(runs[1]).toEqual(runs[0]);
    expect(play(JSON.parse(JSON.stringify(runs[0]?.spec)) as WorldSpec, cast)).toEqual(runs[0]?.played);
  });
});

test('other numbers give other worlds, of every protocol', () => {
  const worlds = Array.from({ length: 300 }, (_, n) => draw(CASTS, 'numbers', n));
  expect(new Set(worlds.map((spec) => JSON.stringify(spec))).size).toBe(300);
  expect(new Set(worlds.map(({ protocol }) => protocol))).toEqual(new Set(CASTS.map(({ name }) => name)));
});

test('a world of a protocol that there is not is a mistake', () => {
  expect(() => castOf('gopher')).toThrow("no protocol 'gopher': there are udp-punch");
});

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
  expect(sizeOf(least)).toBeLessThan(sizeOf(busy) / 10);
  expect(least).toMatchObject({ faults: [], a: [], b: [], ...needs });
  expect(least.weather ?? least.clocks ?? least.lateMs).toBeUndefined();
});
