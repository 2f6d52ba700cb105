/** docs/benchmarks.md, from what was measured. */
import type { Group } from './groups.ts';
import { type Row, table } from './table.ts';

export interface Measured {
  readonly group: Pick<Group, 'name' | 'title' | 'means'>;
  readonly rows: readonly Row[];
}

export interface Circumstances {
  /** As ISO 8601. */
  readonly date: string;
  /** Processor, system and Node. */
  readonly machine: string;
  readonly cores: number;
  /** Processes that wanted to run, over a minute: before and after. */
  readonly before: number;
  readonly after: number;
  readonly seconds: number;
}

/** Of load that others make, as much for each core as disturbs little. */
const IDLE = 0.25;

export function benchPage(measured: readonly Measured[], { date, machine, cores, before, after, seconds }: Circumstances): string {
  const sections = measured.map(({ group, rows }) => `## ${group.title}\n\n${group.means} \`npm run bench -- ${group.name}\`\n\n${table(rows)}`);
  return `# Benchmarks

Written by \`npm run bench -- --write\` on ${date}, in ${Math.ceil(seconds / 60)} minutes: ${machine}. ${before > IDLE * cores ? 'The machine was not idle' : 'The machine was idle'}: its load was ${before.toFixed(1)} before and ${after.toFixed(1)} after, on ${cores} cores.

*Ratio* is our figure by the baseline's, both measured in this run, in turns; it travels to other machines, the figures do not. Rates are by the second of processor, of all threads of the process that is named, unless the line says *on this machine*: then by the wall's clock. What counts round trips, packets or worlds is simulated, and the same everywhere.

${sections.join('\n\n')}
`;
}
