/** Lets a run go on by itself, row by row: the playhead moves down evenly, whatever the time between. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { eventAbove, type Layout, yOf } from './layout.ts';
import type { Store } from './store.ts';
import type { View } from './view.ts';

/** So many rows pass in a second at speed 1: a guess at what can be followed. */
const ROWS_PER_SECOND = 4;
export const SPEEDS = [0.5, 1, 2, 4, 16] as const;

/** How far down the playhead is; undefined while it rests. */
export function usePlayer(store: Store<View>, layout: Layout): number | undefined {
  const [y, setY] = useState<number | undefined>(undefined);
  const { isPlaying, speed, row } = store.get();
  const latest = useRef(layout);
  latest.current = layout;
  useEffect(() => {
    if (!isPlaying) {
      setY(undefined);
      return;
    }
    let at = yOf(latest.current, store.get().cursor);
    let before: number | undefined;
    let frame = 0;
    const step = (now: number): void => {
      at += before === undefined ? 0 : (Math.min(100, now - before) / 1000) * ROWS_PER_SECOND * row * speed;
      before = now;
      const end = latest.current.depths.at(-1) ?? 0;
      const cursor = eventAbove(latest.current, at);
      if (cursor !== undefined) store.set({ cursor });
      if (at >= end) return store.set({ isPlaying: false });
      setY(at);
      frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame);
  }, [isPlaying, speed, row]);
  return isPlaying ? y : undefined;
}
