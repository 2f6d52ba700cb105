/** n4's adaptive strategy: what the classic one never meets, because ports fall, or because others take more of them than the offset allows for. */
import { expect, test } from 'vitest';
import { world } from '../../adapters/sim/world.ts';
import type { Scenario } from '../../effects/scenario.ts';
import { n4 } from '../../machines/n4/index.ts';
import type { N4PeerInput } from '../../machines/n4/session.ts';
import type { Outcome } from '../../machines/outcome.ts';

const playing = (strategy: N4PeerInput['strategy']): Scenario => ({
  ...n4,
  part: (host, stage) => {
    const part = n4.part(host, stage);
    return part && host !== 's' ? { ...part, input: { ...(part.input as N4PeerInput), strategy } } : part;
  },
});

function meets(nat: string, strategy: N4PeerInput['strategy'], seed: number): boolean {
  const w = world({ a: nat, b: nat }, { seed, latencyMs: 20, keep: false, maxMs: 300_000 }).run(playing(strategy), { settleMs: 0 });
  const both = [w.outcome<Outcome>('a'), w.outcome<Outcome>('b')].every((outcome) => outcome?.kind === 'connected');
  expect(w.stop().leaks()).toEqual([]);
  return both;
}

const SEEDS = [1, 2, 3, 4, 5];

test('NATs that count down', () => {
  expect(SEEDS.map((seed) => meets('symmetric-seq+step=-1', 'classic', seed))).toEqual(SEEDS.map(() => false));
  expect(SEEDS.map((seed) => meets('symmetric-seq+step=-1', 'adaptive', seed))).toEqual(SEEDS.map(() => true));
});

test('NATs that count up are met in the first round, as by the classic one', () => {
  expect(SEEDS.map((seed) => meets('symmetric-seq', 'adaptive', seed))).toEqual(SEEDS.map(() => true));
});
