/**
 * `npm run bench`: every measurement, one table. Figures are for comparing on one machine; the ratios travel better.
 * `npm run bench -- <group> …`: those only. `--share <0 to 1>`: so much of the work, for rough figures. `--worlds <n>`: worlds for each
 * point of the sweeps, 200 unless said. `--write`: their part of docs/benchmarks.md anew.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { amount, SHARE } from './amount.ts';
import { benchPage, type Measured } from './page.ts';
import { table } from './table.ts';
import { machineWords } from '../machine.ts';

const PAGE = join(import.meta.dirname, '../../docs/benchmarks.md');

const { values, positionals } = parseArgs({ allowPositionals: true, options: { share: { type: 'string', default: '1' }, worlds: { type: 'string' }, write: { type: 'boolean', default: false } } });
const share = Number(values.share);
if (!(share > 0 && share <= 1)) refuse(`--share: '${values.share}' is not above 0 and at most 1`);
if (values.write && share < 1) refuse('--write takes whole measurements: leave --share away');
process.env[SHARE] = values.share;
// They read it as they are loaded.
const { GROUPS } = await import('./groups.ts');
const unknown = positionals.filter((name) => !GROUPS.some((group) => group.name === name));
if (unknown.length > 0) refuse(`no group '${unknown.join("', '")}': there are ${GROUPS.map(({ name }) => name).join(', ')}`);

const load = (): number => loadavg()[0] ?? 0;
const measured: Measured[] = [];
for (const group of GROUPS.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
  process.stderr.write(`${group.name} …\n`);
  const [started, before] = [performance.now(), load()];
  const rows = await group.measure(Number(values.worlds ?? amount(200)));
  measured.push({ group, rows, load: [before, load()], seconds: (performance.now() - started) / 1000 });
}
const date = new Date().toISOString().slice(0, 10);
const machine = machineWords();

console.log(`natpunch bench, ${date}: ${machine}; load ${measured[0]?.load[0].toFixed(1)} before, ${load().toFixed(1)} after`);
if (share < 1) console.log(`Only ${values.share} of the work was done: figures are rough.`);
console.log(`Rates are by the second of processor where a core is named or nothing else is said.\n`);
console.log(table(measured.flatMap(({ rows }) => rows)));
console.log(`\n${measured.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(0)} s in all`);
if (values.write) writeFileSync(PAGE, benchPage(existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '', GROUPS, measured, { date, machine, cores: cpus().length }));

function refuse(what: string): never {
  console.error(`bench: ${what}`);
  process.exit(2);
}
