/** What a run of the swarm covered, as the page docs/swarm.md. */
import { cpus } from 'node:os';
import { type Counts, type Tally, worldsOf } from './tally.ts';

export interface SwarmRun {
  readonly tally: Tally;
  readonly seed: string;
  readonly seconds: number;
  readonly workers: number;
}

export function page({ tally, seed, seconds, workers }: SwarmRun): string {
  const worlds = worldsOf(tally);
  const rows = Object.entries(tally.protocols).toSorted(([one], [other]) => one.localeCompare(other));
  const cpuS = rows.reduce((sum, [, { cpuMs }]) => sum + cpuMs, 0) / 1_000;
  const broken = tally.violations.length === 0 ? 'No promise was broken.' : `${number(tally.violations.length)} of them broke a promise.`;
  return `# The swarm

${number(worlds)} random worlds of seed ${seed}. ${broken} Written by \`npm run swarm -- --worlds ${worlds} --seed ${seed} --write\` on ${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus()[0]?.model.trim() ?? 'an unknown processor'}: ${number(Math.round(seconds))} s with ${workers} processes, ${number(Math.round(worlds / seconds))} worlds a second; ${number(Math.round(worlds / cpuS))} for each second of processor time.

In each world one protocol is played behind random NATs while things go wrong: see the tables. Then all is calm; whoever has failed is started anew, as a user would; whoever is connected talks; one side ends; and all is closed. What must hold is in [CONTRIBUTING.md](../CONTRIBUTING.md).

| protocol | worlds | met | had to meet | the slowest of these, from calm on | worlds a second of a processor |
| --- | ---: | ---: | ---: | ---: | ---: |
${rows.map(([name, counts]) => protocolRow(name, counts)).join('\n')}

| what went wrong | worlds |
| --- | ---: |
${counted(tally.faults)}

| behind what | worlds |
| --- | ---: |
${counted(tally.nats)}
`;
}

function protocolRow(name: string, { worlds, met, hadToMeet, slowestMs, cpuMs }: Counts): string {
  return `| ${name} | ${number(worlds)} | ${number(met)} | ${number(hadToMeet)} | ${(slowestMs / 1_000).toFixed(1)} s | ${number(Math.round((1_000 * worlds) / cpuMs))} |`;
}

function counted(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .toSorted(([one, n], [other, m]) => m - n || one.localeCompare(other))
    .map(([name, n]) => `| ${name} | ${number(n)} |`)
    .join('\n');
}

function number(n: number): string {
  return n.toLocaleString('en');
}
