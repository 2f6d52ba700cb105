/** The three-role check in worlds of its own: what every kind of NAT comes to, with losses, and with many clients at once. */
import { describe, expect, test } from 'vitest';
import { FIREWALL, type NatChoice, world, type WorldOptions } from '../../adapters/sim/index.ts';
import type { Checked, CheckOutcome } from '../../machines/nat-check/text-check.ts';
import { natCheckText } from '../../machines/nat-check/text-scenario.ts';
import type { Verdict } from '../../machines/nat-check/verdict.ts';

const SERVERS = ['s', 'assist'];
const LOSSY: WorldOptions = { loss: 0.1, jitterMs: 10, duplicate: 0.02 };
const TRUTH: readonly (readonly [string, NatChoice, Verdict])[] = [
  ['open', 'open', 'open'],
  ['firewall', FIREWALL, 'firewalled'],
  ['restricted firewall', { ...FIREWALL, filtering: 'address-dependent' }, 'firewalled'],
  ['full-cone', 'full-cone', 'full-cone'],
  ['full-cone+randport', 'full-cone+randport', 'full-cone'],
  ['restricted', 'restricted', 'restricted'],
  ['restricted+linux-open', 'restricted+linux-open', 'restricted'],
  ['port-restricted', 'port-restricted', 'port-restricted'],
  ['port-restricted+hairpin', 'port-restricted+hairpin', 'port-restricted'],
  ['full-cone+cgn', 'full-cone+cgn', 'port-restricted'],
  ['restricted+cgn', 'restricted+cgn', 'port-restricted'],
  ['symmetric', 'symmetric', 'symmetric'],
  ['symmetric-seq', 'symmetric-seq', 'symmetric'],
  ['symmetric+cgn', 'symmetric+cgn', 'symmetric'],
];

const said = (outcome: CheckOutcome | undefined): string => (outcome?.kind === 'checked' ? outcome.verdict : (outcome?.reason ?? 'nothing'));

describe('every kind of NAT is called by its name', () => {
  test.each(TRUTH)('%s', (_name, place, verdict) => {
    const w = world({ a: place }, { servers: SERVERS, latencyMs: 20 }).run(natCheckText);
    expect(said(w.outcome('a'))).toBe(verdict);
    expect(w.outcomes('a')).toHaveLength(1);
    const { elapsedMs } = w.outcome<Checked>('a')!;
    expect(elapsedMs).toBe(w.outcomes('a')[0]!.at);
    expect(w.stop().leaks()).toEqual([]);
  });
});

test('a blocked UDP is a server that does not answer, and no verdict', () => {
  const w = world({ a: 'udp-blocked' }, { servers: SERVERS }).run(natCheckText);
  expect(w.outcome('a')).toMatchObject({ kind: 'failed', reason: 'no-server' });
  expect(w.outcomes('a')[0]?.at).toBe(7_500);
});

test('at 10 % loss no verdict is wrong, and hardly a check is without one', () => {
  const runs = 100;
  const counts = new Map<string, number>();
  const wrong: string[] = [];
  for (const [name, place, verdict] of TRUTH) {
    for (let seed = 1; seed <= runs; seed += 1) {
      const outcome = world({ a: place }, { ...LOSSY, servers: SERVERS, seed: `${name} ${seed}`, keep: false }).run(natCheckText, { settleMs: 0 }).outcome<CheckOutcome>('a');
      const words = said(outcome);
      const row = `${name.padEnd(24)} ${words}`;
      counts.set(row, (counts.get(row) ?? 0) + 1);
      if (outcome?.kind === 'checked' && words !== verdict) wrong.push(`${name} seed ${seed}: ${words}`);
    }
  }
  console.log([...counts].map(([row, count]) => `${row.padEnd(56)} ${count}`).join('\n'));
  expect(wrong).toEqual([]);
});
