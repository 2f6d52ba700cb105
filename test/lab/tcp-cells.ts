/**
 * Cells of the TCP table: one pair of NATs, its delays and its skew, run again and again on the kernel's NATs and then in the
 * simulator. For counting and timing what came of it; claims are the tests' own.
 */
import { world } from '../../adapters/sim/world.ts';
import type { Outcome } from '../../machines/outcome.ts';
import { lateBy } from '../grid/skews.ts';
import { type Agent, buildLab, type Lab, type LabSpec } from './lab.ts';
import { Pool } from './pool.ts';
import type { Opened } from './tcp-open-agent.ts';

export interface Cell {
  readonly a: string;
  /** Or `same-nat`. */
  readonly b: string;
  /** One way from each host to the core, ms; the rendezvous is there. */
  readonly delays: readonly [a: number, b: number];
  /** How much later than agreed b starts, ms. */
  readonly lateMs: number;
}

export interface CellResult {
  readonly cell: Cell;
  readonly runs: number;
  /** Runs in which not both heard the other's words and end. */
  readonly bad: readonly (readonly [Opened, Opened])[];
  /** Of both sides of the others, sorted. */
  readonly times: readonly number[];
  readonly mostRounds: number;
  /** Sockets that the two hosts still hold after all runs. */
  readonly held: readonly number[];
  /** In the simulator, of as many worlds as connected; sorted. */
  readonly simulated: readonly number[];
}

const SERVER = { host: '198.18.0.2', port: 3478 };
const AGENT = new URL('tcp-open-agent.ts', import.meta.url);
const WORLDS = 5;

/** Some labs whose processes are started once and whose networks are built anew for every cell. */
export class Cells {
  readonly #all: Standing[] = [];
  readonly #pool = new Pool<Standing>();

  /** Resolves when `count` labs stand. */
  static async start(count: number): Promise<Cells> {
    const cells = new Cells();
    // Nine modules at once take a busy machine longer than an agent may take to start.
    for (let n = 0; n < count; n += 1) cells.#pool.add(await cells.#build());
    return cells;
  }

  /** Waits for a lab that nobody else uses. */
  async play(cell: Cell, runs: number): Promise<CellResult> {
    return this.#pool.lend((lab) => playOn(lab, cell, runs));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#all.map(({ lab }) => lab.dispose()));
  }

  async #build(): Promise<Standing> {
    const lab = await buildLab({ a: 'open' });
    const [a, b, s] = await Promise.all([lab.agent('a', AGENT), lab.agent('b', AGENT), lab.agent('s', AGENT)]);
    await s.call('serve', [SERVER]);
    const standing = { lab, a, b };
    this.#all.push(standing);
    return standing;
  }
}

/** One line of the table of which `HEAD` is the head. */
export function rowOf({ cell: { a, b, delays, lateMs }, runs, bad, times, mostRounds, simulated }: CellResult): string {
  const at = (list: readonly number[], share: number): string => (list.length === 0 ? '–' : (list[Math.floor((list.length - 1) * share)] ?? Number.NaN).toFixed(0));
  return `| ${a} × ${b} | ${delays.join(' / ')} | ${lateMs} | ${runs} | ${runs - bad.length} | ${at(times, 0.5)} | ${at(times, 1)} | ${mostRounds} | ${at(simulated, 0.5)} |`;
}

export const HEAD = [
  '| pair | ms to the core | late, ms | runs | connected | median ms | slowest ms | most rounds | simulated median ms |',
  '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
];

/** The milliseconds of both sides in the worlds in which both connected. */
export function simulate({ a, b, delays, lateMs }: Cell): readonly number[] {
  const [delayA, delayB] = delays;
  const links = { a: { latencyMs: delayA }, b: { latencyMs: b === 'same-nat' ? 0 : delayB }, s: { latencyMs: 0 } };
  const times = Array.from({ length: WORLDS }, (_, seed) => {
    const w = world({ a, b: b === 'same-nat' ? 'behind a' : b }, { seed, latencyMs: 0, links, keep: false }).run(lateBy(lateMs));
    const outcomes = [w.outcome<Outcome>('a'), w.outcome<Outcome>('b')].flatMap((outcome) => (outcome?.kind === 'connected' ? [outcome.elapsedMs] : []));
    w.stop();
    return outcomes.length === 2 ? outcomes : [];
  });
  return times.flat().toSorted((x, y) => x - y);
}

/** Of worlds that `simulate` has tried, as numbers of both sides. */
export const ALL_SIMULATED = 2 * WORLDS;

interface Standing {
  readonly lab: Lab;
  readonly a: Agent;
  readonly b: Agent;
}

async function playOn({ lab, a, b }: Standing, cell: Cell, runs: number): Promise<CellResult> {
  const spec: LabSpec = { a: cell.a, b: cell.b, delayMs: 0, delayA: cell.delays[0], delayB: cell.delays[1] };
  await lab.rebuild(spec);
  const talk = (agent: Agent, room: string, words: string, lateMs: number): Promise<Opened> =>
    agent.call<Opened>('talk', [SERVER, room, words, lateMs], { timeoutMs: 40_000 });
  const results: (readonly [Opened, Opened])[] = [];
  for (let n = 0; n < runs; n += 1) results.push(await Promise.all([talk(a, `room ${n}`, 'from a', 0), talk(b, `room ${n}`, 'from b', cell.lateMs)]));
  const isGood = ([one, other]: readonly [Opened, Opened]): boolean => one.heard === 'from b' && other.heard === 'from a';
  return {
    cell,
    runs,
    bad: results.filter((result) => !isGood(result)),
    times: results.filter(isGood).flatMap((both) => both.map(({ elapsedMs = Number.NaN }) => elapsedMs)).toSorted((x, y) => x - y),
    mostRounds: Math.max(...results.flat().map(({ rounds = 0 }) => rounds)),
    held: [await a.call<number>('held'), await b.call<number>('held')],
    simulated: simulate(cell),
  };
}
