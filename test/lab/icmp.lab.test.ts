/**
 * ICMP through the kernel's NATs and through the simulator's, by name: what is asked of the one is asked of the other, and the
 * answers must be equal. What they must be is in test/sim/icmp.test.ts.
 *
 * For: finding where the simulator is wrong.
 * Never: uses the project's own protocol code.
 */
import { describe, expect, test } from 'vitest';
import { FACTS, FACTS_OF_TWO, remembered } from './icmp-facts.ts';
import { type IcmpBench, isPublicNat, kernelBench, simulatedBench } from './icmp-bench.ts';

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
  try {
    for (const [name, fact] of Object.entries(facts)) seen[name] = await fact(bench);
    return seen;
  } finally {
    await bench.dispose();
  }
}

describe('kernel and simulator answer alike', () => {
  test.each(NATS)('%s', async (nat) => {
    expect(await answers(simulatedBench(nat), nat)).toEqual(await answers(await kernelBench(nat), nat));
  });

  test('how long an echo is remembered', async () => {
    const asked = async (bench: IcmpBench): Promise<unknown> => remembered(bench).finally(() => bench.dispose());
    const seen = await asked(await kernelBench('port-restricted'));
    expect(await asked(simulatedBench('port-restricted'))).toEqual(seen);
    expect(seen).toMatchObject({ afterError: ['198.18.0.2 as 198.18.1.2 1106 answered older', '3.3.3.3 as 198.18.1.2 1106 unanswered older'] });
  });
});
