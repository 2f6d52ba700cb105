/** Two counts of one file as one. Pure. */
import type { FileCoverage } from './uncovered.ts';

type Branch = FileCoverage['branchMap'][string];

/**
 * As `one` knows the file, with what `other` counted too. Two compilers keep a branch's kind, its ways and where it starts, but not
 * always where each way does, nor where anything ends. What is not found without doubt is not counted.
 */
export function merged(one: FileCoverage, other: FileCoverage): FileCoverage {
  const found = NAMES.map((name) => byName(other, name));
  const own = NAMES.map((name) => byName(one, name));
  const counts = Object.entries(one.branchMap).map(([id, branch]): [string, readonly number[]] => {
    const ways = one.b[id] ?? [];
    for (const [nth, name] of NAMES.entries()) {
      const same = found[nth]?.get(name(branch)) ?? [];
      if (same.length === 1 && own[nth]?.get(name(branch))?.length === 1) return [id, ways.map((times, way) => times + (other.b[same[0] ?? '']?.[way] ?? 0))];
    }
    return [id, ways];
  });
  return { branchMap: one.branchMap, b: Object.fromEntries(counts) };
}

/** From what is sure to what is enough where only one branch has that name. */
const NAMES: readonly ((branch: Branch) => string)[] = [
  ({ type, locations }) => `${type} ${locations.map(({ start }) => `${start.line}:${start.column}`).join(' ')}`,
  ({ type, locations, loc }) => `${type} ${locations.length} ${loc.start.line}:${loc.start.column}`,
  ({ type, locations, loc }) => `${type} ${locations.length} ${loc.start.line}`,
];

function byName({ branchMap }: FileCoverage, name: (branch: Branch) => string): ReadonlyMap<string, readonly string[]> {
  const named = new Map<string, string[]>();
  for (const [id, branch] of Object.entries(branchMap)) named.set(name(branch), [...(named.get(name(branch)) ?? []), id]);
  return named;
}
