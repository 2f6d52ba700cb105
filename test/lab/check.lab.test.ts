/**
 * The STUN check through real Linux NATs, our client with our server: right about everything, and of one mind with the
 * simulator. Prints how long it took; nothing here depends on how fast the machine is. With NATPUNCH_WRITE_FIGURES set the
 * tables become docs/kernel-check.md.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseNatName } from '../../adapters/sim/nat-name.ts';
import { world } from '../../adapters/sim/world.ts';
import type { Failed } from '../../machines/outcome.ts';
import { stunCheck } from '../../machines/nat-check/stun-scenario.ts';
import type { Checked } from '../../machines/nat-check/stun-session.ts';
import { tell } from './agreement.ts';
import type { Timed } from './check-agent.ts';
import { behindEach, type Bench, loseUdp, SERVER } from './check-benches.ts';
import { IS_FULL } from './full.ts';
import { portraitOf, truthOf } from './nat-truth.ts';
import { machineWords } from '../machine.ts';

const RUNS = IS_FULL ? 5 : 2;
const LOSSY_RUNS = IS_FULL ? 8 : 4;
const LOSS_PERCENT = 10;
const DELAY_MS = 25;

/** Two neighbours share a lab. */
const NATS = [
  'udp-blocked', 'udp-blocked+cgn', 'open', 'firewall', 'full-cone', 'restricted', 'port-restricted', 'symmetric', 'symmetric-seq', 'symmetric-seq+step=2', 'symmetric-seq+step=-1',
  'symmetric-addr', 'symmetric-open', 'firewall+lifetime=30', 'full-cone+hairpin', 'restricted+hairpin', 'port-restricted+hairpin', 'symmetric+hairpin', 'symmetric-seq+hairpin',
  'symmetric-addr+hairpin', 'symmetric-open+hairpin', 'full-cone+randport', 'restricted+randport', 'port-restricted+randport+hairpin', 'full-cone+block=512', 'port-restricted+block=128',
  'symmetric+block=2048', 'symmetric-addr+block=512', 'symmetric-open+block=128+cgn', 'full-cone+cgn', 'restricted+randport+hairpin+cgn', 'symmetric+cgn', 'symmetric-seq+step=-7+hairpin+cgn',
  'full-cone+linux-open', 'port-restricted+linux-open', 'restricted+linux-open+hairpin', 'symmetric+linux-open', 'port-restricted+noise=300', 'symmetric-seq+noise=1000', 'symmetric-seq+step=2+noise=300',
];
const FAR_NATS = ['open', 'firewall', 'full-cone+hairpin', 'restricted', 'port-restricted+linux-open', 'symmetric', 'symmetric-seq+step=2', 'restricted+cgn'];
const LOSSY_NATS = ['firewall', 'full-cone+hairpin', 'full-cone', 'restricted', 'port-restricted', 'symmetric-seq+step=2'];

async function checks({ agent }: Bench, runs: number): Promise<Timed[]> {
  const all: Timed[] = [];
  for (let run = 0; run < runs; run += 1) all.push(await agent.call<Timed>('check', [[SERVER]], { timeoutMs: 40_000 }));
  return all;
}

interface Simulated {
  readonly outcome: Checked | Failed | undefined;
  readonly elapsedMs: number;
}

/** Started later than its server, as in the lab. */
function simulated(name: string, latencyMs: number): Simulated {
  const w = world({ a: name }, { latencyMs, startMs: { a: 1 }, keep: false }).run(stunCheck, { settleMs: 0 });
  const [first] = w.outcomes<Checked | Failed>('a');
  w.stop();
  return { outcome: first?.outcome, elapsedMs: (first?.at ?? 0) - 1 };
}

const rows: Record<'near' | 'far' | 'lossy', string[]> = { near: [], far: [], lossy: [] };

function row(name: string, results: readonly Timed[], simulatedMs?: number): string {
  const times = results.map(({ elapsedMs }) => elapsedMs).toSorted((one, other) => one - other);
  const at = (share: number): string => (times[Math.floor((times.length - 1) * share)] ?? Number.NaN).toFixed(0);
  const right = results.filter(({ outcome }) => JSON.stringify(portraitOf(outcome)) === JSON.stringify(truthOf(name))).length;
  const { verdict, mapping, filtering, hairpin, allocation } = truthOf(name);
  const cells = [name, verdict, mapping, filtering, hairpin, allocation].map((cell) => cell ?? '–');
  return `| ${cells.join(' | ')} | ${right} of ${results.length} | ${at(0.5)} | ${at(1)} |${simulatedMs === undefined ? '' : ` ${simulatedMs.toFixed(0)} |`}`;
}

function table(lines: readonly string[], simulatedToo = true): string {
  const head = ['NAT', 'verdict', 'mapping', 'filtering', 'hairpin', 'ports', 'right', 'median ms', 'slowest ms', ...(simulatedToo ? ['simulator ms'] : [])];
  return [`| ${head.join(' | ')} |`, `|${' --- |'.repeat(head.length)}`, ...lines].join('\n');
}

afterAll(() => {
  const text = page();
  console.log(`\n${text}`);
  if (process.env['NATPUNCH_WRITE_FIGURES']) writeFileSync(join(import.meta.dirname, '../../docs/kernel-check.md'), text);
});

function page(): string {
  return `# The STUN check through real Linux NATs

Hosts and nftables NATs in network namespaces; our client, and our server on two addresses and two ports. Milliseconds from the start of a check until its sockets are closed. A check is right when everything in its row is: verdict, mapping, filtering, hairpin, how ports are given, and whether there is a NAT at all. The simulator, asked the same, says the same. Written by \`test/lab/check.lab.test.ts\` on ${new Date().toISOString().slice(0, 10)}: ${machineWords()}.

## No latency

${table(rows.near)}

## ${DELAY_MS} ms one way

${table(rows.far)}

## ${LOSS_PERCENT} % of packets lost, each way

${table(rows.lossy, false)}
`;
}

/** What all checks of one kind came to; a lab that broke is thrown where its NAT is asked for. */
function gathered(names: readonly string[], runs: number, options: Parameters<typeof behindEach>[2]): (name: string) => readonly Timed[] {
  let results: ReadonlyMap<string, readonly Timed[]> | undefined;
  beforeAll(async () => {
    results = await behindEach(names, (bench) => checks(bench, runs), options);
  }, 180_000);
  return (name) => {
    const found = results?.get(name);
    if (!found) throw new Error(`nothing was heard of ${name}`);
    return found;
  };
}

describe('every NAT is seen as it is, and as the simulator sees it', () => {
  const of = gathered(NATS, RUNS, {});
  test.each(NATS)('%s', (name) => {
    const { outcome, elapsedMs } = simulated(name, 0);
    rows.near.push(row(name, of(name), elapsedMs));
    for (const { outcome: real } of of(name)) tell('stun-check', name, '', real.kind === 'checked' ? (real.verdict ?? '?') : real.reason);
    for (const { outcome: real } of of(name)) expect(portraitOf(real)).toEqual(truthOf(name));
    expect(portraitOf(outcome)).toEqual(truthOf(name));
    // In virtual time, which no machine slows down.
    expect(elapsedMs).toBeLessThan(name.startsWith('udp-blocked') ? 3_000 : 1_200);
  });

  test.each(NATS.filter((name) => name.includes('+block=')))('%s: the block is estimated from inside', (name) => {
    const size = parseNatName(name).block ?? 0;
    for (const { outcome } of of(name)) {
      const block = outcome.kind === 'checked' && outcome.allocation?.kind === 'block' ? outcome.allocation : undefined;
      expect(block && block.last - block.first).toBeLessThan(size);
      expect(block?.size).toBeGreaterThan(size / 4);
    }
  });
});

test('a second socket that gets no port from a full block is not waited for, and no reason to guess', async () => {
  // The sockets of one check are 13.
  const name = 'port-restricted+block=12';
  const expected = { ...truthOf(name), hairpin: null };
  const results = await behindEach([name], (bench) => checks(bench, 1));
  for (const { outcome } of results.get(name) ?? []) expect(portraitOf(outcome)).toEqual(expected);
  const { outcome, elapsedMs } = simulated(name, 0);
  expect(portraitOf(outcome)).toEqual(expected);
  expect(elapsedMs).toBeLessThan(1_200);
});

describe(`${DELAY_MS} ms away nothing is seen differently`, () => {
  const of = gathered(FAR_NATS, RUNS, { delayMs: DELAY_MS });
  test.each(FAR_NATS)('%s', (name) => {
    const { outcome, elapsedMs } = simulated(name, DELAY_MS);
    rows.far.push(row(name, of(name), elapsedMs));
    for (const { outcome: real } of of(name)) expect(portraitOf(real)).toEqual(truthOf(name));
    expect(portraitOf(outcome)).toEqual(truthOf(name));
  });
});

describe(`with ${LOSS_PERCENT} % of packets lost each way nothing is seen differently`, () => {
  const of = gathered(LOSSY_NATS, LOSSY_RUNS, { prepare: (lab) => loseUdp(lab, LOSS_PERCENT) });
  test.each(LOSSY_NATS)('%s', (name) => {
    rows.lossy.push(row(name, of(name)));
    for (const { outcome } of of(name)) expect(portraitOf(outcome)).toEqual(truthOf(name));
  });
});
