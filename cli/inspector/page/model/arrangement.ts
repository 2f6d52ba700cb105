/** A picture as it stands on the page: what passes the filters, folded and laid out. Made in steps, for a long run. */
import { useMemo } from 'preact/hooks';
import { bundling, type Drawn, foldMarks } from './bundles.ts';
import { type Filters, filtering } from './filters.ts';
import { type Layout, layingOut } from './layout.ts';
import type { Picture } from './picture.ts';
import { type InFrames, type Steps, useInFrames } from './steps.ts';

export interface Arranged {
  readonly picture: Picture;
  readonly drawn: readonly Drawn[];
  readonly layout: Layout;
}

export interface Arrangement {
  readonly filters: Filters;
  /** Bundles whose members are drawn one by one. */
  readonly opened: ReadonlySet<string>;
  /** Height of a row in px. */
  readonly row: number;
  /** There is room beside the outermost lanes. */
  readonly hasMargin: boolean;
  /** The index of a packet that is in no bundle. */
  readonly apart?: number | undefined;
}

export function* arranging(picture: Picture, { filters, opened, row, hasMargin, apart }: Arrangement): Steps<Arranged> {
  const shown = yield* filtering(picture, filters);
  const drawn = yield* bundling(shown.packets, picture.marks, opened, apart);
  const marks = opened.size > 0 ? shown.marks : foldMarks(shown.marks);
  const outer = new Set(hasMargin ? [0, picture.lanes.length - 1] : []);
  yield;
  const layout = yield* layingOut(picture.order, drawn, marks, { row, outer });
  return { picture, drawn, layout };
}

/** So many stops and marks are laid out within a frame. */
const SHORT = 3_000;

export function useArranged(picture: Picture, arrangement: Arrangement): InFrames<Arranged> {
  const { filters, opened, row, hasMargin, apart } = arrangement;
  // With other lanes what stood before would stand in the wrong place.
  const lanes = useMemo(() => ({ before: picture.lanes }), []);
  const isShort = picture.order.ats.length <= SHORT || lanes.before !== picture.lanes;
  lanes.before = picture.lanes;
  return useInFrames(() => arranging(picture, arrangement), [picture, filters, opened, row, hasMargin, apart], isShort);
}
