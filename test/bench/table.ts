/** The one table of the bench, in markdown. */

export interface Row {
  readonly what: string;
  readonly figure: string;
  /** What the same work costs without natpunch, by name, with its own figure and ours as a fraction of it. */
  readonly baseline?: Baseline;
  readonly note?: string;
}

export interface Baseline {
  readonly name: string;
  readonly figure: string;
  /** Ours ÷ the baseline's, of the same run. */
  readonly ratio: number;
}

export function table(rows: readonly Row[]): string {
  const cells = rows.map(({ what, figure, baseline, note }) => [
    what,
    figure,
    baseline ? `${baseline.name}: ${baseline.figure}` : '',
    baseline ? significant(baseline.ratio) : '',
    note ?? '',
  ]);
  const all = [['measurement', 'figure', 'baseline', 'ratio', 'note'], ...cells];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  return [line(all[0]!), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n');
}

/** `12,300/s` */
export function perSecond(rate: number): string {
  return `${count(Number(rate.toPrecision(3)))}/s`;
}

export function count(n: number): string {
  return Math.round(n).toLocaleString('en-US');
}

/** Two digits that mean something. */
export function significant(n: number): string {
  return String(Number(n.toPrecision(2)));
}
