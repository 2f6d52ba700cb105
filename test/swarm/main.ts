/** `npm run swarm`: plays random worlds of every protocol and says what they break. See `--help`. */
import { fork } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { CASTS, castOf } from './casts/index.ts';
import { draw } from './draw.ts';
import { play } from './play.ts';
import { page } from './page.ts';
import { shrunk } from './shrink.ts';
import type { WorldSpec } from './spec.ts';
import { addTally, type Broken, newTally, type Tally, worldsOf } from './tally.ts';
import { told } from './timeline.ts';
import type { Share } from './worker.ts';

interface Options {
  readonly worlds: number;
  readonly seed: string;
  readonly workers: number;
  readonly from: number;
  readonly protocol: readonly string[];
  readonly only?: number;
  readonly world?: string;
  readonly trace?: true;
  readonly write?: true;
}

/** Violations after which nobody learns anything new. */
const ENOUGH = 20;

const command = new Command('swarm')
  .description('Plays random worlds on the simulated internet: any protocol, any NATs, and whatever goes wrong. Ends with 1 if a promise is broken.')
  .option('--worlds <n>', 'how many', atLeast(1), 1000)
  .option('--seed <text>', 'the same seed and number give the same world', '1')
  .option('--from <n>', 'the first world', atLeast(0), 0)
  .option('--workers <n>', 'processes', atLeast(1), availableParallelism())
  .option('--protocol <name>', `only this one, may be said again: ${CASTS.map(({ name }) => name).join(', ')}`, protocolOf, [])
  .option('--only <n>', 'plays this world alone, and shrinks it if it breaks a promise', atLeast(0))
  .option('--world <json>', 'plays the world that is described, or that a file describes')
  .option('--trace', 'with --only or --world: prints every packet, and each change of state of the peers')
  .option('--write', 'writes docs/swarm.md')
  .addHelpText('after', '\nExample: npm run swarm -- --worlds 100000 --seed 7 --write')
  .parse();

process.exitCode = await main(command.opts<Options>());

function atLeast(least: number): (text: string) => number {
  return (text) => {
    if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text);
    throw new InvalidArgumentError(`Not a whole number of at least ${least}.`);
  };
}

function protocolOf(name: string, all: readonly string[]): readonly string[] {
  if (CASTS.some((cast) => cast.name === name)) return [...all, name];
  throw new InvalidArgumentError(`There are ${CASTS.map((cast) => cast.name).join(', ')}.`);
}

async function main(options: Options): Promise<number> {
  if (options.world !== undefined) return playOne(JSON.parse(options.world.startsWith('{') ? options.world : readFileSync(options.world, 'utf8')) as WorldSpec, false, options.trace);
  const drawn = CASTS.filter(({ name }) => options.protocol.length === 0 || options.protocol.includes(name));
  if (options.only !== undefined) return playOne(draw(drawn, options.seed, options.only), true, options.trace);

  const { from, worlds, workers } = options;
  const startedAt = performance.now();
  const sum = newTally();
  const shares = Array.from({ length: workers }, (_, n): Share => ({ seed: options.seed, from: from + n, to: from + worlds, step: workers, protocols: options.protocol }));
  const inTime = (): number => (performance.now() - startedAt) / 1_000;
  await Promise.all(
    shares.map((share) =>
      apart(share, (tally) => {
        addTally(sum, tally);
        for (const { world, violation } of tally.violations) process.stderr.write(`world ${world}: ${violation.rule}: ${violation.what}\n`);
        process.stderr.write(process.stderr.isTTY ? `\r${worldsOf(sum)} worlds, ${(worldsOf(sum) / inTime()).toFixed(0)} a second, ${sum.violations.length} violations ` : '');
        return sum.violations.length < ENOUGH;
      }),
    ),
  );
  if (process.stderr.isTTY) process.stderr.write('\n');
  for (const broken of sum.violations.slice(0, 3)) report(broken, options);
  const run = { tally: sum, seed: options.seed, seconds: inTime(), workers };
  if (options.write) writeFileSync(new URL('../../docs/swarm.md', import.meta.url), page(run));
  console.log(page(run));
  return sum.violations.length > 0 || worldsOf(sum) < worlds ? 1 : 0;
}

/** A process of its own; it is ended when `tell` wants no more. What a world leaves behind is young: with room for it a tenth of the time is saved. */
function apart(share: Share, tell: (tally: Tally) => boolean): Promise<void> {
  const child = fork(new URL('./worker.ts', import.meta.url), { execArgv: ['--max-semi-space-size=64', '--import', 'tsx'] });
  return new Promise((resolve, reject) => {
    child.on('message', (tally: Tally) => {
      if (!tell(tally)) child.kill();
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => (code === 0 || signal === 'SIGTERM' ? resolve() : reject(new Error(`a worker ended with ${code ?? signal}`))));
    child.send(share);
  });
}

function report({ world, violation, spec }: Broken, { seed, protocol }: Options): void {
  console.log(`World ${world} of seed ${seed} breaks a promise: ${violation.rule} at ${Math.round(violation.at)} ms: ${violation.what}`);
  console.log(`Again: npm run swarm -- --seed ${seed} --only ${world}${protocol.map((name) => ` --protocol ${name}`).join('')}`);
  printShrunk(spec, violation.rule);
}

function printShrunk(spec: WorldSpec, rule: string): void {
  const cast = castOf(spec.protocol);
  const least = shrunk(spec, (smaller) => play(smaller, cast).violation?.rule === rule);
  const { violation } = play(least, cast);
  console.log(`Shrunk: ${violation?.rule} at ${Math.round(violation?.at ?? 0)} ms: ${violation?.what}`);
  console.log(`npm run swarm -- --world '${JSON.stringify(least)}'\n`);
}

function playOne(spec: WorldSpec, shrinks: boolean, traces = false): number {
  const { played, lines } = traces ? told(spec, castOf(spec.protocol)) : { played: play(spec, castOf(spec.protocol)), lines: [] };
  for (const line of lines) console.log(line);
  console.log(JSON.stringify(spec));
  console.log(JSON.stringify(played));
  if (played.violation && shrinks) printShrunk(spec, played.violation.rule);
  return played.violation ? 1 : 0;
}
