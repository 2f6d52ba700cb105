/** Which branches a run of the tests did not take, from what istanbul's `json` reporter writes. Pure. */

interface Place {
  readonly line?: number;
  readonly column?: number;
}

interface Range {
  readonly start: Place;
}

/** One file, as `coverage-final.json` has it. */
export interface FileCoverage {
  readonly branchMap: Readonly<Record<string, { readonly type: string; readonly loc: Range; readonly locations: readonly Range[] }>>;
  /** How often each way of each branch was taken. */
  readonly b: Readonly<Record<string, readonly number[]>>;
}

/** A way that no test went, named by the text of the line where it starts, which outlives its number. */
export interface Uncovered {
  readonly file: string;
  readonly line: number;
  readonly text: string;
  /** As much of it as stands before the way. */
  readonly before: string;
  /** Of the branch: `if`, `cond-expr`, `binary-expr`, `switch`, `default-arg`; and which of its ways. */
  readonly way: string;
}

/** Of a file with this text. An `else` that is not written starts where its `if` does. */
export function uncovered(file: string, source: string, { branchMap, b }: FileCoverage): Uncovered[] {
  const lines = source.split('\n');
  return Object.entries(branchMap).flatMap(([id, { type, loc, locations }]) =>
    locations.flatMap(({ start }, way) => {
      if ((b[id]?.[way] ?? 0) > 0) return [];
      const line = start.line ?? loc.start.line ?? 1;
      const source = lines[line - 1] ?? '';
      return [{ file, line, text: source.trim(), before: source.slice(0, start.column ?? loc.start.column).trimStart(), way: type === 'if' ? ['if', 'else'][way] ?? type : `${type} ${way + 1}` }];
    }),
  );
}
