/** Two plain values field by field: what differs, by its path, and how much is the same. */
import type { Plain } from '../../trace/trace.ts';
import { entriesOf, isSame } from '../panels/tree.tsx';

export interface Differing {
  /** Names from the outside in, joined by dots. */
  readonly path: string;
  /** Undefined where only the other has it. */
  readonly one: Plain | undefined;
  readonly other: Plain | undefined;
}

export interface Difference {
  readonly differing: readonly Differing[];
  /** Of the outermost fields. */
  readonly same: readonly string[];
}

/** More is counted, not shown. */
export const SHOWN = 100;

export function differenceOf(one: Plain | undefined, other: Plain | undefined): Difference {
  const differing: Differing[] = [];
  const walk = (left: Plain | undefined, right: Plain | undefined, path: string): void => {
    if (isSame(left, right)) return;
    const [ours, theirs] = [left, right].map((value) => (value === undefined ? undefined : entriesOf(value)));
    // Of a field that only one has, or that is no structure in both, the whole is the difference.
    if (ours === undefined || theirs === undefined || ours.length === 0 || theirs.length === 0) {
      differing.push({ path, one: left, other: right });
      return;
    }
    const [mine, yours] = [new Map(ours), new Map(theirs)];
    for (const key of new Set([...mine.keys(), ...yours.keys()])) walk(mine.get(key), yours.get(key), path === '' ? key : `${path}.${key}`);
  };
  walk(one, other, '');
  const [mine, yours] = [one, other].map((value) => new Map(value === undefined ? [] : (entriesOf(value) ?? [])));
  return { differing, same: [...mine!.keys()].filter((key) => yours!.has(key) && isSame(mine!.get(key), yours!.get(key))) };
}
