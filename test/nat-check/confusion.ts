/** Counts what checks said against what was true, and prints it. */
import type { Expected } from './oracle.ts';
import { type Claim, CLAIMS, type Mark, marks, type Played } from './play.ts';

export class Confusion {
  readonly #cells = new Map<string, Map<string, number>>();
  readonly #marks = new Map<Claim, Record<Mark, number>>(CLAIMS.map((claim) => [claim, { right: 0, wrong: 0, unknown: 0, missed: 0 }]));
  readonly #times: number[] = [];
  readonly #packets: number[] = [];
  readonly faults: string[] = [];

  /** `truth` is what the home is, `expected` what this server lets the check say of it. */
  add(truth: Expected, expected: Expected, played: Played, faults: readonly string[]): void {
    const { outcome, ms, sent } = played;
    this.faults.push(...faults);
    this.#times.push(ms);
    this.#packets.push([...sent.values()].reduce((sum, count) => sum + count, 0));
    const said = outcome?.kind === 'checked' ? (outcome.verdict ?? 'unknown') : 'failed';
    const row = this.#cells.get(String(truth.verdict)) ?? new Map<string, number>();
    this.#cells.set(String(truth.verdict), row.set(said, (row.get(said) ?? 0) + 1));
    if (outcome?.kind !== 'checked') return;
    for (const [claim, mark] of Object.entries(marks(outcome, expected)) as [Claim, Mark][]) {
      const counts = this.#marks.get(claim);
      if (counts) counts[mark] += 1;
    }
  }

  get checks(): number {
    return this.#times.length;
  }

  count(claim: Claim, mark: Mark): number {
    return this.#marks.get(claim)?.[mark] ?? 0;
  }

  print(title: string): string {
    const columns = [...new Set([...this.#cells.values()].flatMap((row) => [...row.keys()]))].toSorted();
    const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] => {
      const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]?.length ?? 0)));
      return [head, ...rows].map((row) => `  ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ')}`);
    };
    const cells = [...this.#cells].toSorted().map(([truth, row]) => [truth, ...columns.map((column) => String(row.get(column) ?? '.'))]);
    const claims = [...this.#marks].map(([claim, { right, wrong, unknown, missed }]) => [claim, ...[right, wrong, unknown, missed].map(String)]);
    return [
      `${title}: ${this.checks} checks`,
      ...table(['is \\ said', ...columns], cells),
      ...table(['claim', 'right', 'wrong', 'rightly unknown', 'missed'], claims),
      `  virtual time: median ${quantile(this.#times, 0.5)} ms, 99 % ${quantile(this.#times, 0.99)} ms, most ${quantile(this.#times, 1)} ms`,
      `  datagrams sent: median ${quantile(this.#packets, 0.5)}, most ${quantile(this.#packets, 1)}`,
    ].join('\n');
  }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return Math.round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0);
}
