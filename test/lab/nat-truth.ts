/**
 * What a check has to say of a NAT, by its name: from the definitions of RFC 3489 and RFC 4787, never from a simulator or a
 * kernel. Also what of a check's outcome can be compared: what chance decides is gone.
 */
import { isCone, parseNatName } from '../../adapters/sim/nat-name.ts';
import type { Behaviour } from '../../machines/nat-check/behaviour.ts';
import type { Failed } from '../../machines/outcome.ts';
import type { Checked } from '../../machines/nat-check/stun-session.ts';

/** All that is said without evidence and numbers that chance decides. */
export type Portrait = Pick<Behaviour, 'verdict' | 'udp' | 'nat' | 'mapping' | 'filtering' | 'hairpin' | 'portPreserved'> & { readonly allocation: string | null };

export function portraitOf(outcome: Checked | Failed | undefined): Portrait | Failed | undefined {
  if (outcome?.kind !== 'checked') return outcome;
  const { verdict, udp, nat, mapping, filtering, hairpin, portPreserved, allocation } = outcome;
  const words = allocation?.kind === 'sequential' ? `sequential, step ${allocation.step}` : (allocation?.kind ?? null);
  return { verdict, udp, nat, mapping, filtering, hairpin, portPreserved, allocation: words };
}

export function truthOf(name: string): Portrait {
  const { flavour, hairpin, cgn } = parseNatName(name);
  if (flavour === 'udp-blocked') return { ...UNKNOWN, verdict: 'udp-blocked', udp: false };
  if (flavour === 'open' || flavour === 'firewall') {
    const filtering = flavour === 'open' ? 'endpoint-independent' : 'address-and-port-dependent';
    return { ...UNKNOWN, verdict: flavour === 'open' ? 'open' : 'firewalled', nat: false, mapping: 'endpoint-independent', filtering };
  }
  // The carrier NAT of the lab is a Linux masquerade: it keeps strangers out and turns nothing back, whatever is below it.
  const filtering = cgn ? 'address-and-port-dependent' : FILTERING[flavour];
  const allocation = allocationOf(name);
  return {
    verdict: isCone(flavour) ? CONES[filtering] : 'symmetric',
    udp: true,
    nat: true,
    mapping: isCone(flavour) ? 'endpoint-independent' : flavour === 'symmetric-addr' ? 'address-dependent' : 'address-and-port-dependent',
    filtering,
    hairpin: hairpin && !cgn,
    portPreserved: allocation === 'preserved',
    allocation,
  };
}

const UNKNOWN: Portrait = { verdict: null, udp: true, nat: null, mapping: null, filtering: null, hairpin: null, portPreserved: null, allocation: null };

const FILTERING = {
  'full-cone': 'endpoint-independent',
  restricted: 'address-dependent',
  'port-restricted': 'address-and-port-dependent',
  symmetric: 'address-and-port-dependent',
  'symmetric-seq': 'address-and-port-dependent',
  'symmetric-addr': 'address-and-port-dependent',
  'symmetric-open': 'endpoint-independent',
} as const;

const CONES = { 'endpoint-independent': 'full-cone', 'address-dependent': 'restricted', 'address-and-port-dependent': 'port-restricted' } as const;

function allocationOf(name: string): string {
  const { flavour, step, block, randport } = parseNatName(name);
  if (flavour === 'symmetric-seq') return `sequential, step ${step}`;
  if (block !== undefined) return 'block';
  return isCone(flavour) && !randport ? 'preserved' : 'random';
}
