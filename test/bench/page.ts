/** docs/benchmarks.md, from what was measured: a group anew, the others as they were. */
import type { Group } from './groups.ts';
import { type Row, table } from './table.ts';

export interface Measured {
  readonly group: Pick<Group, 'name' | 'title' | 'means'>;
  readonly rows: readonly Row[];
  /** Processes that wanted to run, over a minute: before and after. */
  readonly load: readonly [before: number, after: number];
  readonly seconds: number;
}

export interface Circumstances {
  /** As ISO 8601. */
  readonly date: string;
  /** Processor, system and Node. */
  readonly machine: string;
  readonly cores: number;
}

/** Of load that others make, as much for each core as disturbs little. */
const IDLE = 0.25;

const HEAD = `# Benchmarks

Written by \`npm run bench -- --write\`, or one group of it by \`npm run bench -- <group> --write\`; each says when and where.

*Ratio* is our figure by the baseline's, both measured in one run, in turns: the median of the turns' ratios, which need not be the ratio of the medians beside it; it travels to other machines, the figures do not. Rates are by the second of processor, of all threads of the process that is named, unless the line says *on this machine*: then by the wall's clock. What counts round trips, packets or worlds is simulated, and the same everywhere.`;

/** `before`: the page as it was, if there is one. */
export function benchPage(before: string, groups: readonly Measured['group'][], measured: readonly Measured[], circumstances: Circumstances): string {
  const parts = new Map([...before.matchAll(/<!-- made: (\S+) -->\n([\s\S]*?)\n<!-- \/made -->/g)].map(([, name = '', part = '']) => [name, part]));
  for (const one of measured) parts.set(one.group.name, sectionOf(one, circumstances));
  const sections = groups.map(({ name, title, means }) => `## ${title}\n\n${means} \`npm run bench -- ${name}\`\n\n<!-- made: ${name} -->\n${parts.get(name) ?? 'Not measured yet.'}\n<!-- /made -->`);
  return `${HEAD}\n\n${sections.join('\n\n')}\n`;
}

function sectionOf({ rows, load: [before, after], seconds }: Measured, { date, machine, cores }: Circumstances): string {
  const idle = before > IDLE * cores ? `not idle: load ${before.toFixed(0)} before, ${after.toFixed(0)} after, on ${cores} cores` : 'idle before';
  return `${table(rows)}\n\n${date}, ${Math.ceil(seconds)} s, ${machine}; ${idle}.`;
}
