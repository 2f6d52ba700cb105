/**
 * pwnat through real Linux NATs: our listener and our caller meet where the definitions say, as in the simulator, and where they
 * cannot the caller says why. A NAT is built anew for every run. Prints the table; nothing here depends on how fast the machine is.
 *
 * Some runs of each pair; with NATPUNCH_FULL set 20 of each, and every pair that cannot meet.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { world } from '../../adapters/sim/world.ts';
import type { Outcome } from '../../machines/outcome.ts';
import { pwnat, pypwnat, type VariantName, VARIANTS } from '../../machines/pwnat/index.ts';
import { canMeet, sideOf } from '../pwnat/oracle.ts';
import type { Agent } from './agent.ts';
import { IS_FULL } from './full.ts';
import { buildLab, type Lab } from './lab.ts';
import type { Called } from './pwnat-agent.ts';

const RUNS = IS_FULL ? 20 : 5;
const AGENT = new URL('pwnat-agent.ts', import.meta.url);

const LISTENERS = ['open', 'full-cone', 'restricted', 'port-restricted'];
const CALLERS = ['open', 'port-restricted+icmp-errors'];
const MEETING = LISTENERS.flatMap((a) => CALLERS.map((b) => [a, b] as const));
/** Each waits for nine seconds. The first is what most homes have on both sides. */
const HOPELESS = [
  ['port-restricted', 'port-restricted'],
  ...(IS_FULL ? [['full-cone', 'port-restricted'], ['restricted', 'symmetric'], ['port-restricted', 'symmetric+icmp-errors'], ['symmetric', 'open'], ['port-restricted+no-icmp', 'open'], ['port-restricted', 'firewall+no-icmp']] : []),
].map(([a = '', b = '']) => [a, b] as const);

const rows: string[] = [];
let lab: Lab;
let [listener, caller]: Agent[] = [];

beforeAll(async () => {
  lab = await buildLab({ a: 'open' });
  [listener, caller] = await Promise.all([lab.agent('a', AGENT), lab.agent('b', AGENT)]);
  await listener.call('echo');
});
afterAll(async () => {
  await lab?.dispose();
  console.log(['| listener × caller | variant | runs | met | first byte, median ms | slowest ms | most packets of the caller | simulated ms |', '| --- | --- | --- | --- | --- | --- | --- | --- |', ...rows].join('\n'));
});

async function play(a: string, b: string, variant: VariantName, given: { readonly secret?: string } = {}): Promise<Called> {
  // What it sends while there is no network makes the kernel wait a second for the next one's gateway.
  await listener?.call('rest');
  await lab.rebuild({ a, b });
  await listener?.call('listen', [variant, given]);
  const server = { host: lab.hosts.a.publicAddress, port: VARIANTS[variant].port };
  const called = await caller?.call<Called>('call', [server, variant, 'words', given], { timeoutMs: 25_000 });
  if (!called) throw new Error('no lab');
  return called;
}

/** The ms until the caller knows in the simulator, without latency; undefined where it does not meet. */
function simulated(a: string, b: string, variant: VariantName = 'pwnat'): number | undefined {
  const w = world({ a, b }, { latencyMs: 0, keep: false }).run(variant === 'pwnat' ? pwnat : pypwnat);
  const outcomes = [w.outcome<Outcome>('a'), w.outcome<Outcome>('b')];
  w.stop();
  expect(new Set(outcomes.map((outcome) => outcome?.kind)).size).toBe(1);
  const [, known] = outcomes;
  return known?.kind === 'connected' ? known.elapsedMs : undefined;
}

async function meets(a: string, b: string, variant: VariantName, given: { readonly secret?: string } = {}, runs = RUNS): Promise<void> {
  const calls: Called[] = [];
  for (let n = 0; n < runs; n += 1) calls.push(await play(a, b, variant, given));
  const good = calls.filter(({ heard }) => heard === 'words');
  const times = good.map(({ firstByteMs = Number.NaN }) => firstByteMs).toSorted((x, y) => x - y);
  const at = (share: number): string => (times[Math.floor((times.length - 1) * share)] ?? Number.NaN).toFixed(0);
  const inTheory = simulated(a, b, variant);
  rows.push(`| ${a} × ${b} | ${variant}${given.secret === undefined ? '' : ', with a secret'} | ${runs} | ${good.length} | ${at(0.5)} | ${at(1)} | ${Math.max(...calls.map(({ packets }) => packets))} | ${inTheory?.toFixed(0)} |`);
  expect(calls.filter((call) => !good.includes(call))).toEqual([]);
  expect(inTheory).toBeLessThan(1_000);
}

describe('who can meet', () => {
  test.each(MEETING)(`a listener behind %s, a caller behind %s: ${RUNS} of ${RUNS}, as in the simulator`, async (a, b) => {
    expect(canMeet(sideOf(b), sideOf(a))).toBe(true);
    await meets(a, b, 'pwnat');
  });

  test('with a secret', () => meets('port-restricted', 'port-restricted+icmp-errors', 'pwnat', { secret: 'correct horse battery staple' }));
  test('by the ICMP of pypwnat', () => meets('port-restricted', 'open', 'pypwnat'));
});

describe('who cannot', () => {
  test.each(HOPELESS)('a listener behind %s, a caller behind %s: it says why within 10 s, as in the simulator', async (a, b) => {
    expect([canMeet(sideOf(b), sideOf(a)), simulated(a, b)]).toEqual([false, undefined]);
    const { kind, reason, detail = '', knownMs, packets } = await play(a, b, 'pwnat');
    rows.push(`| ${a} × ${b} | pwnat | 1 | 0 | ${knownMs.toFixed(0)} until it knew | – | ${packets} | – |`);
    expect([kind, reason]).toEqual(['failed', expect.stringMatching(/^no-(reply|path)$/)]);
    const likeliest = /the likeliest first: ([^;]*)/.exec(detail)?.[1] ?? detail;
    if (b === 'port-restricted' || b === 'symmetric') expect(likeliest).toContain('the NAT in front of this host does not translate the forged ICMP error');
    else expect(detail).toMatch(/firewall|rewrites|listener/);
  });

  test('somebody with another secret', async () => {
    await lab.rebuild({ a: 'port-restricted', b: 'open' });
    await listener?.call('listen', ['pwnat', { secret: 'one secret' }]);
    const called = await caller?.call<Called>('call', [{ host: lab.hosts.a.publicAddress, port: 2222 }, 'pwnat', 'words', { secret: 'another' }], { timeoutMs: 25_000 });
    expect(called).toMatchObject({ kind: 'failed', reason: 'no-reply', detail: expect.stringContaining('secret') });
  });
});
