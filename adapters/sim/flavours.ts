/**
 * NAT names, as on the command line, to behaviours. A name is a flavour and any number of `+modifiers`, as in
 * `port-restricted+linux-open+cgn`. Defaults are those of a Linux router.
 */
import { LINUX_NAT, type NatBehaviour } from './behaviour.ts';

/** The NATs between a host and the core, the nearest first; none for a host with a public address of its own. */
export type NatChain = readonly NatBehaviour[];

/** A NAT by name, or by what it does. */
export type NatChoice = string | NatBehaviour | NatChain;

/** The flavours that a name may start with. */
export const NAT_FLAVOURS = ['open', 'full-cone', 'restricted', 'port-restricted', 'symmetric', 'symmetric-seq', 'udp-blocked'] as const;

/** What may follow, each after a `+`. */
export const NAT_MODIFIERS = ['rst', 'linux-open', 'hairpin', 'noise=<per second>', 'randport', 'cgn'] as const;

/** A name that means no NAT. The message says which names there are. */
export class UnknownNat extends Error {
  override readonly name = 'UnknownNat';
  readonly given: string;

  constructor(given: string, why: string) {
    super(`unknown NAT '${given}': ${why}. Flavours: ${NAT_FLAVOURS.join(', ')}. Modifiers: ${NAT_MODIFIERS.map((modifier) => `+${modifier}`).join(' ')}`);
    this.given = given;
  }
}

/** The behaviours that `choice` names. Throws `UnknownNat`. */
export function natFlavour(choice: NatChoice): NatChain {
  if (typeof choice !== 'string') return Array.isArray(choice) ? (choice as NatChain) : [choice as NatBehaviour];
  const [flavour = '', ...modifiers] = choice.split('+');
  let home = behaviourOf(flavour, choice);
  let carried = false;
  for (const modifier of modifiers) {
    if (home === undefined) throw new UnknownNat(choice, `'open' has no NAT that could be '+${modifier}'`);
    if (modifier === 'cgn') carried = true;
    else home = modified(home, modifier, choice);
  }
  if (home === undefined) return [];
  return carried ? [home, LINUX_NAT] : [home];
}

function behaviourOf(flavour: string, given: string): NatBehaviour | undefined {
  switch (flavour as (typeof NAT_FLAVOURS)[number]) {
    case 'open':
      return undefined;
    case 'full-cone':
      return { ...LINUX_NAT, filtering: 'endpoint-independent' };
    case 'restricted':
      return { ...LINUX_NAT, filtering: 'address-dependent' };
    case 'port-restricted':
      return LINUX_NAT;
    case 'symmetric':
      return { ...LINUX_NAT, mapping: 'address-and-port-dependent', allocation: { kind: 'random' } };
    case 'symmetric-seq':
      return { ...LINUX_NAT, mapping: 'address-and-port-dependent', allocation: { kind: 'sequential', step: 1, noisePerSecond: 0 } };
    case 'udp-blocked':
      return { ...LINUX_NAT, blocked: ['udp'] };
    default:
      throw new UnknownNat(given, `no flavour '${flavour}'`);
  }
}

function modified(nat: NatBehaviour, modifier: string, given: string): NatBehaviour {
  const noise = /^noise=(\d+(?:\.\d+)?)$/.exec(modifier)?.[1];
  if (noise !== undefined) {
    // Elsewhere the flows of others take ports too, but none that anybody would miss.
    if (nat.allocation.kind !== 'sequential') return nat;
    return { ...nat, allocation: { ...nat.allocation, noisePerSecond: Number(noise) } };
  }
  switch (modifier) {
    case 'rst':
      return { ...nat, unsolicitedSyn: 'reset' };
    case 'linux-open':
      return { ...nat, earlyProbe: 'clash' };
    case 'hairpin':
      return { ...nat, hairpin: true };
    case 'randport':
      if (nat.mapping !== 'endpoint-independent') throw new UnknownNat(given, `'+randport' is for cones; a symmetric NAT chooses its ports already`);
      return { ...nat, allocation: { kind: 'random' } };
    default:
      throw new UnknownNat(given, `no modifier '+${modifier}'`);
  }
}
