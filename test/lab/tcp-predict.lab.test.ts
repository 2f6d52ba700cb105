/**
 * TCP opening by told ports through real Linux NATs: who counts is met at the port that comes next, quietly and among other
 * people's flows. Prints its table; nothing here depends on how fast the machine is. With NATPUNCH_FULL set each cell is run 20
 * times, and with NATPUNCH_WRITE_FIGURES the table is docs/kernel-tcp-ports.md, of the cells that were run.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TCP_DROPPING, TCP_REFUSING } from '../grid/contests.ts';
import { tellRuns } from './agreement.ts';
import { type Agent, buildLab } from './lab.ts';
import { ALL_SIMULATED, type Cell, type CellResult, Cells, HEAD, rowOf, simulate } from './tcp-cells.ts';
import type { Opened } from './tcp-open-agent.ts';
import { machineWords } from '../machine.ts';

const WRITES = Boolean(process.env['NATPUNCH_WRITE_FIGURES']);
const IS_FULL = WRITES || Boolean(process.env['NATPUNCH_FULL']);
const RUNS = IS_FULL ? 20 : 5;
/** Few enough for CI, and enough for a share. */
const NOISY_RUNS = IS_FULL ? 20 : 10;
const SERVER = { host: '198.18.0.2', port: 3478 };
/** A NAT that is busy enough looks as if it drew its ports. */
const NO: unknown = expect.stringMatching(/^no-(reply|path)$/);
const AGENT = new URL('tcp-open-agent.ts', import.meta.url);

const rows: string[] = [];
let cells: Cells;
beforeAll(async () => {
  cells = await Cells.start(1);
});
afterAll(async () => {
  await cells.stop();
  const table = [...HEAD, ...rows].join('\n');
  console.log(`\n${table}`);
  if (WRITES) writeFileSync(join(import.meta.dirname, '../../docs/kernel-tcp-ports.md'), page(table));
});

function page(table: string): string {
  return `# TCP opening by told ports through real Linux NATs

Hosts and nftables NATs in network namespaces; \`symmetric-seq\` counts its ports, by 1 or by the \`step\` that it names; \`+rst\` answers an unknown SYN by RST, the others drop it; \`noise\` is how many flows of others a second pass the NAT. Milliseconds from the connection to the rendezvous until both sides have agreed on a connection, of both sides; each run is proved by words both ways, each side ending its own first. *To the core* is one way from each host to where the rendezvous is. Beside them, what the simulator says of the same cell. Written by \`test/lab/tcp-predict.lab.test.ts\` on ${new Date().toISOString().slice(0, 10)}: ${machineWords()}.

${table}
`;
}

async function play(a: string, b: string, delayMs: number): Promise<CellResult> {
  const cell: Cell = { a, b, delays: [delayMs / 2, delayMs / 2], lateMs: 0 };
  return told(await cells.play(cell, RUNS));
}

/** No side alone, and no socket left. */
function told(result: CellResult): CellResult {
  rows.push(rowOf(result));
  expect([result.held, result.simulated.length]).toEqual([[0, 0], ALL_SIMULATED]);
  for (const [one, other] of result.bad) expect([one.kind, one.reason, other.kind, other.reason]).toEqual(['failed', NO, 'failed', NO]);
  return result;
}

describe.each([0, 25])('at %i ms one way, NATs that drop an unknown SYN', (delayMs) => {
  test.each([
    ['symmetric-seq', 'port-restricted'],
    ['port-restricted', 'symmetric-seq'],
    ['symmetric-seq', 'symmetric-seq'],
    ['symmetric-seq+step=2', 'symmetric-seq+step=-1'],
  ])(`%s × %s: ${RUNS} of ${RUNS}, as in the simulator`, async (a, b) => {
    const { bad } = await play(a, b, delayMs);
    tellRuns(TCP_DROPPING, a, b, RUNS - bad.length, RUNS);
    expect(bad).toEqual([]);
  });
});

describe('at 25 ms one way, NATs that refuse it', () => {
  test.each([
    ['symmetric-seq+rst', 'port-restricted+rst'],
    ['port-restricted+rst', 'symmetric-seq+rst'],
    ['symmetric-seq+rst', 'port-restricted'],
    ['symmetric-seq', 'port-restricted+rst'],
    ['symmetric-seq+rst', 'symmetric-seq+rst'],
  ])(`%s × %s: ${RUNS} of ${RUNS}, as in the simulator`, async (a, b) => {
    const { bad } = await play(a, b, 25);
    if ([a, b].every((name) => name.endsWith('+rst'))) tellRuns(TCP_REFUSING, a.replace('+rst', ''), b.replace('+rst', ''), RUNS - bad.length, RUNS);
    expect(bad).toEqual([]);
  });
});

/** The moment at which both are right is shorter than a busy machine is exact. */
test('symmetric-seq+rst × port-restricted without latency: all but one in ten', async () => {
  expect((await play('symmetric-seq+rst', 'port-restricted', 0)).bad.length).toBeLessThanOrEqual(RUNS / 10);
});

describe('among other flows, 25 ms one way', () => {
  test.each([
    [300, NOISY_RUNS * 0.7],
    [1_000, NOISY_RUNS * 0.6],
  ])('%i a second on both sides, and both count: at least %i', async (perSecond, least) => {
    const { bad } = told(await playApart(`symmetric-seq+noise=${perSecond}`, `symmetric-seq+noise=${perSecond}`));
    expect(NOISY_RUNS - bad.length).toBeGreaterThanOrEqual(least);
  });
});

/** In a lab of its own, for rebuilt ones have no noise. */
async function playApart(a: string, b: string): Promise<CellResult> {
  const cell: Cell = { a, b, delays: [12.5, 12.5], lateMs: 0 };
  const lab = await buildLab({ a, b, delayMs: 25 });
  try {
    const [one, other, s] = await Promise.all([lab.agent('a', AGENT), lab.agent('b', AGENT), lab.agent('s', AGENT)]);
    await s.call('serve', [SERVER]);
    const pairs: (readonly [Opened, Opened])[] = [];
    const talk = (agent: Agent, n: number, words: string): Promise<Opened> => agent.call<Opened>('talk', [SERVER, `room ${n}`, words], { timeoutMs: 40_000 });
    for (let n = 0; n < NOISY_RUNS; n += 1) pairs.push(await Promise.all([talk(one, n, 'from a'), talk(other, n, 'from b')]));
    const good = pairs.filter(([first, second]) => first.heard === 'from b' && second.heard === 'from a');
    const result = {
      cell,
      runs: NOISY_RUNS,
      bad: pairs.filter((pair) => !good.includes(pair)),
      times: good.flatMap((pair) => pair.map(({ elapsedMs = Number.NaN }) => elapsedMs)).toSorted((x, y) => x - y),
      mostRounds: Math.max(...pairs.flat().map(({ rounds = 0 }) => rounds)),
      held: [await one.call<number>('held'), await other.call<number>('held')],
      simulated: simulate(cell),
    };
    return result;
  } finally {
    await lab.dispose();
  }
}
