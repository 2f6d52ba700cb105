/** NAT names, as on the command line, to behaviours. Defaults are those of a Linux router. */
import { type Allocation, FIREWALL, LINUX_NAT, type NatBehaviour } from './behaviour.ts';
import { type NatName, parseNatName } from './nat-name.ts';

/** The NATs between a host and the core, the nearest first; none for a host with a public address of its own. */
export type NatChain = readonly NatBehaviour[];

/** A NAT by name, or by what it does. */
export type NatChoice = string | NatBehaviour | NatChain;

/** The behaviours that `choice` names. Throws `UnknownNat`. */
export function natFlavour(choice: NatChoice): NatChain {
  if (typeof choice !== 'string') return Array.isArray(choice) ? (choice as NatChain) : [choice as NatBehaviour];
  const name = parseNatName(choice);
  const flavour = behaviourOf(name);
  if (flavour === undefined) return [];
  const home = modified(flavour, name);
  return name.cgn ? [home, LINUX_NAT] : [home];
}

function behaviourOf({ flavour, step, noise }: NatName): NatBehaviour | undefined {
  switch (flavour) {
    case 'open':
      return undefined;
    case 'full-cone':
      return { ...LINUX_NAT, filtering: 'endpoint-independent' };
    case 'restricted':
      return { ...LINUX_NAT, filtering: 'address-dependent' };
    case 'port-restricted':
      return LINUX_NAT;
    case 'symmetric':
      return SYMMETRIC;
    case 'symmetric-seq':
      return { ...SYMMETRIC, allocation: { kind: 'sequential', step, noisePerSecond: noise } };
    case 'symmetric-addr':
      return { ...SYMMETRIC, mapping: 'address-dependent' };
    case 'symmetric-open':
      return { ...SYMMETRIC, filtering: 'endpoint-independent' };
    case 'firewall':
      return FIREWALL;
    case 'udp-blocked':
      return { ...LINUX_NAT, blocked: ['udp'] };
  }
}

const SYMMETRIC: NatBehaviour = { ...LINUX_NAT, mapping: 'address-and-port-dependent', allocation: { kind: 'random' } };

function modified(nat: NatBehaviour, { rst, linuxOpen, hairpin, randport, block, lifetime, icmpErrors, noIcmp }: NatName): NatBehaviour {
  // Where ports are not given in turn, the flows of others take none that anybody would miss: `noise` changes nothing there.
  const allocation: Allocation = randport ? { kind: 'random' } : block === undefined ? nat.allocation : { kind: 'block', size: block };
  return {
    ...nat,
    allocation,
    hairpin,
    earlyProbe: linuxOpen ? 'clash' : nat.earlyProbe,
    // Where INPUT accepts, the NAT's own TCP answers: nobody listens there.
    unsolicitedSyn: rst || linuxOpen ? 'reset' : nat.unsolicitedSyn,
    icmp: icmpErrors ? { ...nat.icmp, unknownErrors: 'translated' } : nat.icmp,
    blocked: noIcmp ? [...nat.blocked, 'icmp'] : nat.blocked,
    expiry: lifetime === undefined ? nat.expiry : { ...nat.expiry, unrepliedMs: lifetime * 1000, repliedMs: lifetime * 1000 },
  };
}
