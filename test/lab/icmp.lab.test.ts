/**
 * ICMP through the kernel's NATs and through the simulator's, by name: what is asked of the one is asked of the other, and the
 * answers must be equal. What they must be is in test/sim/icmp.test.ts.
 *
 * For: finding where the simulator is wrong.
 * Never: uses the project's own protocol code.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FACTS, FACTS_OF_TWO, remembered } from './icmp-facts.ts';
import { type IcmpBench, isPublicNat, type KernelBenches, kernelBenches, simulatedBench } from './icmp-bench.ts';

const NATS = [
  'open',
  'firewall',
  'firewall+no-icmp',
  'full-cone',
  'restricted',
  'port-restricted',
  'symmetric',
  'symmetric-seq',
  'udp-blocked',
  'restricted+icmp-errors',
  'port-restricted+icmp-errors+cgn',
  'port-restricted+no-icmp',
  'port-restricted+linux-open',
  'port-restricted+cgn',
  'port-restricted+hairpin',
  'symmetric-open',
];

async function answers(bench: IcmpBench, nat: string): Promise<Record<string, unknown>> {
  const facts = { ...FACTS, ...(isPublicNat(nat) ? {} : FACTS_OF_TWO) };
  const seen: Record<string, unknown> = {};
  for (const [name, fact] of Object.entries(facts)) seen[name] = await fact(bench);
  return seen;
}

describe('kernel and simulator answer alike', () => {
  let kernel: KernelBenches | undefined;
  beforeAll(async () => {
    kernel = await kernelBenches();
  });
  afterAll(() => kernel?.dispose());

  const behind = (nat: string): Promise<IcmpBench> => {
    if (!kernel) throw new Error('the lab is there only while its tests run');
    return kernel.behind(nat);
  };

  test.each(NATS)('%s', async (nat) => {
    expect(await answers(simulatedBench(nat), nat)).toEqual(await answers(await behind(nat), nat));
  });

  test('how long an echo is remembered', async () => {
    const seen = await remembered(await behind('port-restricted'));
    expect(await remembered(simulatedBench('port-restricted'))).toEqual(seen);
    expect(seen).toMatchObject({ afterError: ['198.18.0.2 as 198.18.1.2 1106 answered older', '3.3.3.3 as 198.18.1.2 1106 unanswered older'] });
  });
});
