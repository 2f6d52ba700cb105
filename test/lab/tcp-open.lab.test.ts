/**
 * TCP opening through real Linux NATs: every pair does what the oracle and the simulator say, whether NATs drop an unknown SYN or
 * refuse it. Prints the table of medians; nothing here depends on how fast the machine is. With NATPUNCH_WRITE_FIGURES set the
 * table becomes docs/kernel-tcp.md.
 */
import { writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { world } from '../../adapters/sim/world.ts';
import type { Outcome } from '../../machines/outcome.ts';
import { tcpOpen } from '../../machines/tcp-open/index.ts';
import { canMeet, PAIRS } from '../grid/oracle.ts';
import { type Agent, buildLab, type LabSpec } from './lab.ts';
import type { Opened } from './tcp-open-agent.ts';

const RUNS = Number(process.env['NATPUNCH_RUNS'] ?? 20);
const SERVER = { host: '198.18.0.2', port: 3478 };
const AGENT = new URL('tcp-open-agent.ts', import.meta.url);
/** UDP's oracle serves for TCP, where mapping and filtering are the same (RFC 5382 REQ-1, REQ-3). */
const OF_TCP = PAIRS.filter((pair) => !pair.includes('udp-blocked'));
const ALLOWED = OF_TCP.filter(([a, b]) => canMeet(a, b));
const FORBIDDEN = OF_TCP.filter(([a, b]) => !canMeet(a, b));

const rows: string[] = [];
afterAll(() => {
  const table = ['| pair | one way, ms | late, ms | runs | connected | median ms | slowest ms | most rounds |', '| --- | --- | --- | --- | --- | --- | --- | --- |', ...rows].join('\n');
  console.log(`\n${table}`);
  if (process.env['NATPUNCH_WRITE_FIGURES']) writeFileSync(join(import.meta.dirname, '../../docs/kernel-tcp.md'), page(table));
});

function page(table: string): string {
  return `# TCP opening through real Linux NATs

Hosts and nftables NATs in network namespaces, every pair in both directions; \`+rst\` answers an unknown SYN by RST, the others drop it. Milliseconds from the connection to the rendezvous until both sides have agreed on a connection, of both sides; each run is proved by words both ways, each side ending its own first. *Late* is how much later than agreed one side starts. Written by \`test/lab/tcp-open.lab.test.ts\` on ${new Date().toISOString().slice(0, 10)}: Linux ${release()}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}.

${table}
`;
}

type Hosts = Readonly<Record<'a' | 'b' | 's', Agent>>;

async function withHosts<T>(spec: LabSpec, use: (hosts: Hosts) => Promise<T>): Promise<T> {
  const lab = await buildLab(spec);
  try {
    const [a, b, s] = await Promise.all([lab.agent('a', AGENT), lab.agent('b', AGENT), lab.agent('s', AGENT)]);
    await s.call('serve', [SERVER]);
    return await use({ a, b, s });
  } finally {
    await lab.dispose();
  }
}

async function talk({ a, b }: Hosts, room: string, lateMs = 0): Promise<readonly [Opened, Opened]> {
  const call = (agent: Agent, words: string, late: number): Promise<Opened> => agent.call<Opened>('talk', [SERVER, room, words, late], { timeoutMs: 40_000 });
  return Promise.all([call(a, 'from a', 0), call(b, 'from b', lateMs)]);
}

async function openAll({ a, b, delayMs = 0, lateMs = 0 }: { a: string; b: string; delayMs?: number; lateMs?: number }, runs = RUNS): Promise<void> {
  const { results, held } = await withHosts({ a, b, delayMs }, async (hosts) => {
    const all: (readonly [Opened, Opened])[] = [];
    for (let n = 0; n < runs; n += 1) all.push(await talk(hosts, `room ${n}`, lateMs));
    return { results: all, held: [await hosts.a.call('held'), await hosts.b.call('held')] };
  });
  const good = results.filter(([one, other]) => one.heard === 'from b' && other.heard === 'from a');
  const times = good.flatMap(([one, other]) => [one.elapsedMs ?? 0, other.elapsedMs ?? 0]).toSorted((x, y) => x - y);
  const at = (share: number): string => (times[Math.floor((times.length - 1) * share)] ?? Number.NaN).toFixed(0);
  const rounds = Math.max(...results.flat().map((one) => one.rounds ?? 0));
  rows.push(`| ${a} × ${b} | ${delayMs} | ${lateMs} | ${runs} | ${good.length} | ${at(0.5)} | ${at(1)} | ${rounds} |`);
  expect([results.filter((result) => !good.includes(result)), held]).toEqual([[], [0, 0]]);
}

function simulated(a: string, b: string): boolean {
  const w = world({ a, b }, { latencyMs: 0, keep: false }).run(tcpOpen);
  const both = [w.outcome<Outcome>('a'), w.outcome<Outcome>('b')].every((outcome) => outcome?.kind === 'connected');
  w.stop();
  return both;
}

const refusing = (name: string): string => (name === 'open' ? name : `${name}+rst`);

describe.each([
  ['that drop', (name: string) => name, 0],
  ['that drop', (name: string) => name, 25],
  ['that refuse', refusing, 0],
  ['that refuse', refusing, 25],
] as const)('NATs %s an unknown SYN', (_, flavour, delayMs) => {
  test.each(ALLOWED)(`%s × %s at ${delayMs} ms: ${RUNS} of ${RUNS}, as in the simulator`, async (a, b) => {
    expect(simulated(flavour(a), flavour(b))).toBe(true);
    await openAll({ a: flavour(a), b: flavour(b), delayMs });
  });
});

describe('one side later than agreed', () => {
  const late = [300, 1_500].flatMap((lateMs) =>
    (['port-restricted', 'port-restricted+rst'] as const).flatMap((a) =>
      (['port-restricted', 'port-restricted+rst', 'restricted+rst', 'open'] as const).map((b) => ({ a, b, lateMs, delayMs: lateMs === 300 ? 5 : 25 })),
    ),
  );
  test.each(late)('$a × $b, $lateMs ms late at $delayMs ms', async (spec) => {
    await openAll(spec, 10);
  });
});

test.each(['port-restricted', 'symmetric'])('two hosts on one LAN behind one %s NAT', async (a) => {
  await openAll({ a, b: 'same-nat' }, 10);
});

test('pairs that cannot meet: an honest no, as in the simulator, and no socket is left', async () => {
  await Promise.all(
    FORBIDDEN.map(async ([a, b]) => {
      expect(simulated(a, b)).toBe(false);
      const [results, held] = await withHosts({ a, b }, async (hosts) => [await Promise.all(['x', 'y', 'z'].map((room) => talk(hosts, room))), [await hosts.a.call('held'), await hosts.b.call('held')]] as const);
      for (const opened of results.flat()) expect(opened).toEqual({ kind: 'failed', reason: 'no-reply', detail: expect.any(String) });
      expect(held).toEqual([0, 0]);
      rows.push(`| ${a} × ${b} | 0 | 0 | ${results.length} | 0 | – | – | – |`);
    }),
  );
});
