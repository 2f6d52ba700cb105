/**
 * The homes that a check is proved on: every mapping × filtering × allocation × hairpin, alone and below a carrier, firewalls and no
 * NAT at all. Each is said twice: as the oracle reads it, and as the simulator builds it.
 */
import { type Allocation, FIREWALL, LINUX_NAT, type NatBehaviour } from '../../adapters/sim/behaviour.ts';
import { BLOCKED, DEPENDENCES, type Device, expected, type Expected, type Sight } from './oracle.ts';

export interface Home {
  readonly name: string;
  /** The nearest first, as the simulator builds them; none is a host with a public address. */
  readonly built: readonly NatBehaviour[];
  readonly expected: (sight: Sight) => Expected;
}

/** How ports are given, and what a check must call it. */
export const ALLOCATIONS: Readonly<Record<string, readonly [called: string, built: Allocation]>> = {
  preserve: ['preserved', { kind: 'preserve', clash: 'random' }],
  'preserve, next': ['preserved', { kind: 'preserve', clash: 'next' }],
  '+1': ['sequential 1', { kind: 'sequential', step: 1, noisePerSecond: 0 }],
  '+2': ['sequential 2', { kind: 'sequential', step: 2, noisePerSecond: 0 }],
  '-1': ['sequential -1', { kind: 'sequential', step: -1, noisePerSecond: 0 }],
  'past the end': ['sequential 1', { kind: 'sequential', step: 1, noisePerSecond: 0, first: 65_529 }],
  random: ['random', { kind: 'random' }],
  'block 64': ['block', { kind: 'block', size: 64 }],
  'block 1024': ['block', { kind: 'block', size: 1024 }],
  'block 4096': ['block', { kind: 'block', size: 4096 }],
};

type Above = 'none' | 'carrier' | 'carrier turning back';
const ABOVE: readonly Above[] = ['none', 'carrier', 'carrier turning back'];

/** What a carrier does here: RFC 6888 wants no less, and Linux does no more. */
const CARRIER: Device = { translates: true, mapping: 'endpoint-independent', filtering: 'address-and-port-dependent', hairpin: false, ports: 'preserved' };

const WITH_NAT: readonly Home[] = DEPENDENCES.flatMap((mapping) =>
  DEPENDENCES.flatMap((filtering) =>
    Object.entries(ALLOCATIONS).flatMap(([called, [ports, allocation]]) =>
      [false, true].flatMap((hairpin) =>
        ABOVE.map((above): Home => {
          const isTurning = above === 'carrier turning back';
          const near: Device = { translates: true, mapping, filtering, hairpin, ports };
          const devices = above === 'none' ? [near] : [near, { ...CARRIER, hairpin: isTurning }];
          const nat: NatBehaviour = { ...LINUX_NAT, mapping, filtering, hairpin, allocation };
          return {
            name: `${mapping} mapping, ${filtering} filtering, ${called}${hairpin ? ', hairpin' : ''}${above === 'none' ? '' : `, ${above}`}`,
            built: above === 'none' ? [nat] : [nat, { ...LINUX_NAT, hairpin: isTurning }],
            expected: (sight) => expected(devices, sight),
          };
        }),
      ),
    ),
  ),
);

const WITHOUT_NAT: readonly Home[] = [
  ...DEPENDENCES.map((filtering): Home => {
    const wall: Device = { translates: false, mapping: 'endpoint-independent', filtering, hairpin: false, ports: 'preserved' };
    return { name: `firewall, ${filtering} filtering`, built: [{ ...FIREWALL, filtering }], expected: (sight) => expected([wall], sight) };
  }),
  { name: 'open', built: [], expected: (sight) => expected([], sight) },
  { name: 'udp-blocked', built: [{ ...LINUX_NAT, blocked: ['udp'] }], expected: () => BLOCKED },
];

export const HOMES: readonly Home[] = [...WITHOUT_NAT, ...WITH_NAT];

/** One of each mapping, filtering and hairpin, ports kept and not, and those without NAT: enough where ports do not matter. */
export const FEW_HOMES: readonly Home[] = HOMES.filter(({ name }) => !name.includes('carrier') && !/next|[+-]\d|past|block/.test(name));
