/** What the playground can play: every protocol of `sim`, and the NAT checks, of which one host is enough. */
import type { Scenario } from '../../../../effects/scenario.ts';
import { natCheckText, stunCheck } from '../../../../machines/nat-check/index.ts';
import { PROTOCOLS } from '../../../scenarios.ts';

export interface Cast {
  readonly name: string;
  readonly scenario: Scenario;
  readonly hosts: readonly string[];
  readonly servers: readonly string[];
}

export const CASTS: readonly Cast[] = [
  ...PROTOCOLS.map(({ name, scenario }): Cast => ({ name, scenario, hosts: ['a', 'b'], servers: ['s'] })),
  { name: 'stun-check', scenario: stunCheck, hosts: ['a'], servers: ['s'] },
  { name: 'nat-check', scenario: natCheckText, hosts: ['a'], servers: ['s', 'assist'] },
];

export function castOf(name: string): Cast {
  return CASTS.find((cast) => cast.name === name) ?? CASTS[0]!;
}
