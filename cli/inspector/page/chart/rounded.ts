/** A path through corners that are rounded off. */
import type { Point } from './place.ts';

export function rounded(points: readonly Point[], radius: number): string {
  const parts = points.map((point, index) => {
    const [before, next] = [points[index - 1], points[index + 1]];
    if (!before || !next) return `${before ? 'L' : 'M'}${point.x} ${point.y}`;
    const into = toward(point, before, radius);
    const out = toward(point, next, radius);
    return `L${into.x} ${into.y}Q${point.x} ${point.y} ${out.x} ${out.y}`;
  });
  return parts.join('');
}

/** So far from one point on the way to the other, at most half of it. */
function toward(from: Point, to: Point, distance: number): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  if (length === 0) return from;
  const share = Math.min(distance, length / 2) / length;
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}
