/**
 * `npm run bench`: every measurement, one table. Figures are for comparing on one machine; the ratios travel better.
 * `npm run bench -- sweeps [worlds]`: sweeps against their closed forms only, 10,000 worlds a point unless said, in a quarter of an hour.
 */
import { cpus, platform, release } from 'node:os';
import { datagramRows } from './datagrams.ts';
import { inspectionRows } from './inspections.ts';
import { openRows } from './opens.ts';
import { punchRows } from './punches.ts';
import { rendezvousRows } from './rendezvous.ts';
import { replayRows } from './replays.ts';
import { sessionRows } from './sessions.ts';
import { stunRows } from './stun.ts';
import { stunServerRows } from './stun-server.ts';
import { sweepRows } from './sweeps.ts';
import { table } from './table.ts';

const [only, worlds] = process.argv.slice(2);
const MEASUREMENTS =
  only === 'sweeps'
    ? [() => sweepRows(worlds === undefined ? 10_000 : Number(worlds))]
    : [rendezvousRows, stunServerRows, sessionRows, punchRows, openRows, datagramRows, replayRows, inspectionRows, stunRows, () => sweepRows(200)];

const started = performance.now();
const rows = [];
for (const measure of MEASUREMENTS) rows.push(...(await measure()));

const [cpu] = cpus();
console.log(`natpunch bench, ${new Date().toISOString().slice(0, 10)}: ${cpus().length} × ${cpu?.model.trim() ?? 'cpu'}, ${platform()} ${release()}, Node ${process.version}`);
console.log(`Rates are by the second of processor where a core is named or nothing else is said.\n`);
console.log(table(rows));
console.log(`\n${((performance.now() - started) / 1000).toFixed(0)} s in all`);
