/** A minute of the swarm: as many worlds of each protocol as that allows, other ones than the ordinary tests play. */
import { describe, expect, test } from 'vitest';
import { CASTS } from './casts/index.ts';
import { draw } from './draw.ts';
import { play } from './play.ts';

const WORLDS = 250;

describe.each(CASTS.map((cast) => [cast.name, cast] as const))('%s', (name, cast) => {
  test(`keeps its promises in ${WORLDS} random worlds`, () => {
    for (let n = 0; n < WORLDS; n += 1) {
      const { violation } = play(draw([cast], 'slow', n), cast);
      expect(violation, `npm run swarm -- --seed slow --only ${n} --protocol ${name}`).toBeUndefined();
    }
  });
});
