/** Some random worlds of every protocol, which all keep their promises; and that a seed and a number say all of a world. */
import { describe, expect, test } from 'vitest';
import { CASTS, castOf } from './casts/index.ts';
import { draw } from './draw.ts';
import { play } from './play.ts';
import type { WorldSpec } from './spec.ts';
import { runs } from '../runs.ts';

const WORLDS = runs(20, 10);

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
