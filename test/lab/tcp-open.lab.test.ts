/**
 * TCP opening through real Linux NATs: every pair does what the oracle and the simulator say, whether NATs drop an unknown SYN or
 * refuse it. Prints the table of medians; nothing here depends on how fast the machine is.
 *
 * A few runs of each pair, and of some of them with delays and skews. With NATPUNCH_FULL set, or NATPUNCH_WRITE_FIGURES, which
 * also makes the table docs/kernel-tcp.md: 20 runs of every pair at no, equal and unequal delays, and with each skew.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canMeetPlainly, PAIRS_OF_TCP, refusing } from '../grid/oracle.ts';
import { TCP_DROPPING, TCP_REFUSING } from '../grid/contests.ts';
import { tellRuns } from './agreement.ts';
import { IS_FULL } from './full.ts';
import { ALL_SIMULATED, type Cell, type CellResult, Cells, HEAD, rowOf, simulate } from './tcp-cells.ts';
import { machineWords } from '../machine.ts';

const WRITES = Boolean(process.env['NATPUNCH_WRITE_FIGURES']);
const RUNS = IS_FULL ? 20 : 3;
const LATE_RUNS = IS_FULL ? 20 : 2;
/** Cells that wait most of the time are run side by side. Vitest starts five at once; more would only wait here. */
const LABS = IS_FULL ? 4 : 3;

const PLAIN = PAIRS_OF_TCP.filter(([a, b]) => canMeetPlainly(a, b));
/** Neither as they are nor by telling ports: one of the two draws them at random. */
const HOPELESS = PAIRS_OF_TCP.filter(([a, b]) => !canMeetPlainly(a, b) && [a, b].includes('symmetric'));

const dropping = (name: string): string => name;

const rows: string[] = [];
let cells: Cells;
beforeAll(async () => {
  cells = await Cells.start(LABS);
});
afterAll(async () => {
  await cells.stop();
  const table = [...HEAD, ...rows].join('\n');
  console.log(`\n${table}`);
  if (WRITES) writeFileSync(join(import.meta.dirname, '../../docs/kernel-tcp.md'), page(table));
});

function page(table: string): string {
  return `# TCP opening through real Linux NATs

Hosts and nftables NATs in network namespaces, every pair in both directions; \`+rst\` answers an unknown SYN by RST, the others drop it. Milliseconds from the connection to the rendezvous until both sides have agreed on a connection, of both sides; each run is proved by words both ways, each side ending its own first. *To the core* is one way from each host to where the rendezvous is; *late* is how much later than agreed b starts. Beside them, what the simulator says of the same cell. Written by \`test/lab/tcp-open.lab.test.ts\` on ${new Date().toISOString().slice(0, 10)}: ${machineWords()}.

${table}
`;
}

/** All runs connect, on the kernel and in the simulator, and leave no socket. */
async function opensAlways(cell: Cell, runs = RUNS): Promise<CellResult> {
  const result = await cells.play(cell, runs);
  rows.push(rowOf(result));
  expect([result.bad, result.held, result.simulated.length]).toEqual([[], [0, 0], ALL_SIMULATED]);
  return result;
}

describe.each([
  [TCP_DROPPING, dropping],
  [TCP_REFUSING, refusing],
])('%s', (contest, flavour) => {
  test.each(PLAIN)(`%s × %s: ${RUNS} of ${RUNS}, as in the simulator`, async (a, b) => {
    const { bad, runs } = await opensAlways({ a: flavour(a), b: flavour(b), delays: [0, 0], lateMs: 0 });
    tellRuns(contest, a, b, runs - bad.length, runs);
  });
});

test.each(['port-restricted', 'symmetric'])('two hosts on one LAN behind one %s NAT', async (a) => {
  await opensAlways({ a, b: 'same-nat', delays: [0, 0], lateMs: 0 }, LATE_RUNS);
});

describe.concurrent('with time to wait', () => {
  const isChosen = ([a, b]: readonly string[]): boolean => IS_FULL || (a === 'port-restricted' && b !== 'full-cone') || (a === 'symmetric' && b === 'restricted');
  const far = ([[12.5, 12.5], [5, 60]] as const).flatMap((delays) =>
    [dropping, refusing].flatMap((flavour) => PLAIN.filter(isChosen).map(([a, b]): Cell => ({ a: flavour(a), b: flavour(b), delays, lateMs: 0 }))),
  );
  test.each(far)(`$a × $b at $delays ms: ${RUNS} of ${RUNS}, as in the simulator`, async (cell) => {
    await opensAlways(cell);
  });

  const latePairs = IS_FULL
    ? [dropping, refusing].flatMap((flavour) => PLAIN.map(([a, b]) => [flavour(a), flavour(b)] as const))
    : ['port-restricted', 'port-restricted+rst'].flatMap((a) => ['port-restricted', 'port-restricted+rst'].map((b) => [a, b] as const));
  const late = [...(IS_FULL ? [20] : []), 300, 1_500].flatMap((lateMs) =>
    latePairs.map(([a, b]): Cell => ({ a, b, lateMs, delays: lateMs === 300 ? [2.5, 2.5] : [12.5, 12.5] })),
  );
  test.each(late)('$a × $b, one side $lateMs ms later than agreed, $delays ms from the core', async (cell) => {
    await opensAlways(cell, LATE_RUNS);
  });

  const hopeless = HOPELESS.flatMap(([a, b]) => [[a, b, TCP_DROPPING, { a, b, delays: [0, 0], lateMs: 0 }], [a, b, TCP_REFUSING, { a: refusing(a), b: refusing(b), delays: [12.5, 12.5], lateMs: 0 }]] as [string, string, string, Cell][]);
  test.each(hopeless)('%s × %s, %s: an honest no, as in the simulator, and no socket is left', async (a, b, contest, cell) => {
    const runs = IS_FULL ? 3 : 1;
    expect(simulate(cell)).toEqual([]);
    const result = await cells.play(cell, runs);
    rows.push(rowOf(result));
    tellRuns(contest, a, b, runs - result.bad.length, runs);
    for (const opened of result.bad.flat()) expect(opened).toEqual({ kind: 'failed', reason: expect.stringMatching(/^no-(path|reply)$/), detail: expect.any(String) });
    expect([result.bad.length, result.held]).toEqual([runs, [0, 0]]);
  });
});
