/**
 * `npm run bench`: every measurement, one table. Figures are for comparing on one machine; the ratios travel better.
 * `npm run bench -- <group> …`: those only. `--worlds <n>`: worlds for each point of the sweeps, 200 unless said.
 * `--write`: docs/benchmarks.md anew, of all groups.
 */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg, platform, release } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { GROUPS } from './groups.ts';
import { benchPage, type Measured } from './page.ts';
import { table } from './table.ts';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { worlds: { type: 'string', default: '200' }, write: { type: 'boolean', default: false } } });
const unknown = positionals.filter((name) => !GROUPS.some((group) => group.name === name));
if (unknown.length > 0) throw new Error(`no group '${unknown.join("', '")}': there are ${GROUPS.map(({ name }) => name).join(', ')}`);
if (values.write && positionals.length > 0) throw new Error('the page has all groups: choose none');

const started = performance.now();
const before = loadavg()[0] ?? 0;
const measured: Measured[] = [];
for (const group of GROUPS.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
  process.stderr.write(`${group.name} …\n`);
  measured.push({ group, rows: await group.measure(Number(values.worlds)) });
}
const after = loadavg()[0] ?? 0;
const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'cpu'}, ${platform()} ${release()}, Node ${process.version}`;
const seconds = (performance.now() - started) / 1000;

console.log(`natpunch bench, ${new Date().toISOString().slice(0, 10)}: ${machine}; load ${before.toFixed(1)} before, ${after.toFixed(1)} after`);
console.log(`Rates are by the second of processor where a core is named or nothing else is said.\n`);
console.log(table(measured.flatMap(({ rows }) => rows)));
console.log(`\n${seconds.toFixed(0)} s in all`);
if (values.write) writeFileSync(join(import.meta.dirname, '../../docs/benchmarks.md'), benchPage(measured, { date: new Date().toISOString().slice(0, 10), machine, cores: cpus().length, before, after, seconds }));
