/** Sweeps meet as often as their closed forms say. `npm run bench -- sweeps --worlds 10000` plays as many for each point; here are a few hundred. */
import { expect, test } from 'vitest';
import { isInside, measurePoint, POINTS } from '../bench/sweep-points.ts';
import { pointName } from '../bench/sweeps.ts';

/** Of so few worlds a band is wide, so those that cost most are fewer. */
const worldsOf = (point: (typeof POINTS)[number]): number => (point.a === 'symmetric' ? 60 : 200);

test.each(POINTS.map((point) => [pointName(point), point] as const))('%s', { timeout: 30_000 }, (_, point) => {
  const worlds = worldsOf(point);
  const measured = measurePoint(point, worlds);
  expect(measured.worlds).toBeGreaterThan(0.97 * worlds);
  expect(isInside(measured), `${measured.met} of ${measured.worlds} met; the closed form says ${measured.closed.toFixed(3)}, within ${measured.band.map((one) => one.toFixed(3)).join(' to ')}`).toBe(true);
});
