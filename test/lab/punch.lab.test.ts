/**
 * UDP punching through real Linux NATs: every pair does what the oracle and the simulator say. Prints the table of medians;
 * nothing here depends on how fast the machine is. With NATPUNCH_WRITE_FIGURES set the table becomes docs/kernel-lab.md.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { world } from '../../adapters/sim/world.ts';
import type { Outcome } from '../../machines/outcome.ts';
import { udpPunch } from '../../machines/udp-punch/index.ts';
import { canMeet, isLeftToChance, PAIRS } from '../grid/oracle.ts';
import { tellRuns } from './agreement.ts';
import { IS_FULL } from './full.ts';
import { type Agent, buildLab, type Lab, type LabSpec } from './lab.ts';
import { Pool } from './pool.ts';
import type { Punched } from './punch-agent.ts';
import { machineWords } from '../machine.ts';

const RUNS = IS_FULL ? 20 : 6;
const SERVER = { host: '198.18.0.2', port: 3478 };
const AGENT = new URL('punch-agent.ts', import.meta.url);
/** What is left to chance has a test of its own, `sweeps.lab.test.ts`. */
const ALLOWED = PAIRS.filter(([a, b]) => canMeet(a, b) && !isLeftToChance(a, b));
const FORBIDDEN = PAIRS.filter(([a, b]) => !canMeet(a, b));

const rows: string[] = [];
afterAll(() => {
  const table = ['| pair | runs | connected | median ms | slowest ms |', '| --- | --- | --- | --- | --- |', ...rows].join('\n');
  console.log(`\n${table}`);
  if (process.env['NATPUNCH_WRITE_FIGURES']) writeFileSync(join(import.meta.dirname, '../../docs/kernel-lab.md'), page(table));
});

function page(table: string): string {
  return `# UDP punching through real Linux NATs

Hosts and nftables NATs in network namespaces, every pair in both directions. Milliseconds from the first socket's opening until the peer is heard, of both sides; each run is proved by payload both ways. About 25 ms of it is the wait after the openers, which short distances get. Written by \`test/lab/punch.lab.test.ts\` on ${new Date().toISOString().slice(0, 10)}: ${machineWords()}.

For comparison, seed 001's own scripts on the same NATs: a median of 6.0 s for every pair of cones, restricted × symmetric 0 to 2 of 3, two open INPUT chains 0 of 20.

${table}
`;
}

interface Standing {
  readonly lab: Lab;
  readonly a: Agent;
  readonly b: Agent;
}

/** Labs whose processes are started once and whose networks are built anew for every pair. */
const labs = new Pool<Standing>();
const standing: Standing[] = [];
/** Pairs that cannot meet wait most of their time. */
const LABS = 4;

beforeAll(async () => {
  for (let n = 0; n < LABS; n += 1) {
    const lab = await buildLab({ a: 'open' });
    const [a, b, s] = await Promise.all([lab.agent('a', AGENT), lab.agent('b', AGENT), lab.agent('s', AGENT)]);
    await s.call('serve', [SERVER]);
    standing.push({ lab, a, b });
    labs.add({ lab, a, b });
  }
});
afterAll(() => Promise.all(standing.map(({ lab }) => lab.dispose())));

async function withHosts<T>(spec: LabSpec, use: (hosts: { readonly a: Agent; readonly b: Agent }) => Promise<T>): Promise<T> {
  return labs.lend(async ({ lab, a, b }) => {
    await lab.rebuild(spec);
    return await use({ a, b });
  });
}

async function punchOnce({ a, b }: { readonly a: Agent; readonly b: Agent }, room: string): Promise<readonly [Punched, Punched]> {
  const call = (agent: Agent, words: string): Promise<Punched> => agent.call<Punched>('punch', [SERVER, room, words], { timeoutMs: 40_000 });
  return Promise.all([call(a, 'from a'), call(b, 'from b')]);
}

/** Some punches one after the other, both ways proved by payload each time. */
async function punchAll(title: string, spec: LabSpec, runs = RUNS): Promise<number> {
  const results = await withHosts(spec, async (hosts) => {
    const all: (readonly [Punched, Punched])[] = [];
    for (let n = 0; n < runs; n += 1) all.push(await punchOnce(hosts, `${title}, room ${n}`));
    return all;
  });
  const good = results.filter(([a, b]) => a.heard === 'from b' && b.heard === 'from a');
  const times = good.flatMap(([a, b]) => [a.elapsedMs ?? 0, b.elapsedMs ?? 0]).toSorted((x, y) => x - y);
  const at = (share: number): string => (times[Math.floor((times.length - 1) * share)] ?? Number.NaN).toFixed(0);
  rows.push(`| ${title} | ${runs} | ${good.length} | ${at(0.5)} | ${at(1)} |`);
  const failures = results.filter((result) => !good.includes(result));
  expect(failures).toEqual([]);
  return good.length;
}

function simulated(a: string, b: string): boolean {
  const w = world({ a, b }, { latencyMs: 0, keep: false }).run(udpPunch);
  const both = [w.outcome<Outcome>('a'), w.outcome<Outcome>('b')].every((outcome) => outcome?.kind === 'connected');
  w.stop();
  return both;
}

describe('pairs that can meet', () => {
  test.each(ALLOWED)(`%s × %s: ${RUNS} of ${RUNS}, as in the simulator`, async (a, b) => {
    expect(simulated(a, b)).toBe(true);
    tellRuns('udp-punch', a, b, await punchAll(`${a} × ${b}`, { a, b }), RUNS);
  });
});

describe('NATs that break punches in practice', () => {
  test.each([
    ['port-restricted+linux-open', 'port-restricted+linux-open', 0],
    ['port-restricted+linux-open', 'port-restricted+linux-open', 25],
    ['port-restricted+linux-open', 'restricted', 0],
    ['port-restricted+cgn', 'port-restricted', 0],
    ['port-restricted+cgn', 'port-restricted+cgn', 0],
    ['restricted+cgn', 'full-cone', 25],
    ['port-restricted+randport', 'port-restricted+randport', 0],
  ])('%s × %s at %i ms one way', async (a, b, delayMs) => {
    expect(simulated(a, b)).toBe(true);
    await punchAll(`${a} × ${b}, ${delayMs} ms`, { a, b, delayMs });
  });

  test.each(['port-restricted', 'symmetric'])('two hosts on one LAN behind one %s NAT', async (a) => {
    await punchAll(`two hosts behind one ${a}`, { a, b: 'same-nat' });
  });
});

describe('pairs that cannot meet', () => {
  const BATCH = 7;
  const batches = Array.from({ length: Math.ceil(FORBIDDEN.length / BATCH) }, (_, n) => FORBIDDEN.slice(n * BATCH, (n + 1) * BATCH));
  test.each(batches.map((batch) => [batch.map((pair) => pair.join(' × ')).join(', '), batch] as const))('%s: an honest no, as in the simulator', async (_, batch) => {
    await Promise.all(
      batch.map(async ([a, b]) => {
        expect(simulated(a, b)).toBe(false);
        const results = await withHosts({ a, b }, (hosts) => Promise.all(['x', 'y', 'z'].map((room) => punchOnce(hosts, `${a} × ${b}, room ${room}`))));
        tellRuns('udp-punch', a, b, results.filter((both) => both.some(({ kind }) => kind === 'connected')).length, results.length);
        for (const punched of results.flat()) expect(punched).toEqual({ kind: 'failed', reason: expect.any(String), detail: expect.any(String) });
        rows.push(`| ${a} × ${b} | ${results.length} | 0 | – | – |`);
      }),
    );
  });
});
