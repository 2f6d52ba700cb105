/**
 * What a NAT check must say: of devices described in the words of RFC 4787, and of what a server is able to show of them. From
 * the definitions alone, never from the simulator; the matrix of `full.matrix.ts` is held to it.
 */
import type { Dependence } from '../../machines/reach.ts';
import type { Verdict } from '../../machines/nat-check/verdict.ts';

/** One box on the way. */
export interface Device {
  /** False of a firewall, whose mapping is no mapping. */
  readonly translates: boolean;
  readonly mapping: Dependence;
  readonly filtering: Dependence;
  readonly hairpin: boolean;
  /** How ports are given, as the check names it: `preserved`, `sequential 2`, `random`, `block`. */
  readonly ports: string;
}

/** What a server lets a client see. */
export interface Sight {
  /** A second address answers when it is asked, and a second port of one address does. */
  readonly secondAddress: boolean;
  readonly secondPort: boolean;
  /** Answers come from another address, from another port of the same, when that is asked for. */
  readonly changesAddress: boolean;
  readonly changesPort: boolean;
  /** It says from where those would come (OTHER-ADDRESS), so that their absence can be told from their impossibility. */
  readonly named: boolean;
}

export interface Expected {
  readonly verdict: Verdict | null;
  readonly udp: boolean;
  readonly nat: boolean | null;
  readonly mapping: Dependence | null;
  readonly filtering: Dependence | null;
  readonly hairpin: boolean | null;
  readonly portPreserved: boolean | null;
  readonly allocation: string | null;
}

export const DEPENDENCES = ['endpoint-independent', 'address-dependent', 'address-and-port-dependent'] as const;

export const WHOLE: Sight = { secondAddress: true, secondPort: true, changesAddress: true, changesPort: true, named: true };

/** Behind these, the nearest first, with a server that shows so much. */
export function expected(devices: readonly Device[], sight: Sight = WHOLE): Expected {
  const nats = devices.filter(({ translates }) => translates);
  const nat = nats.length > 0;
  const mapping = strictest(nats.map((device) => device.mapping));
  const filtering = strictest(devices.map((device) => device.filtering));
  return {
    verdict: verdictOf(nat, mapping, filtering, sight),
    udp: true,
    nat,
    mapping: seenMapping(mapping, sight),
    filtering: seenFiltering(filtering, sight),
    hairpin: nat ? turnsBack(nats, mapping) : null,
    portPreserved: nat ? nats.every(({ ports }) => ports === 'preserved') : null,
    // The outermost that does not take over the port that it is given decides what is seen.
    allocation: nat ? (nats.findLast(({ ports }) => ports !== 'preserved')?.ports ?? 'preserved') : null,
  };
}

export const BLOCKED: Expected = {
  verdict: 'udp-blocked',
  udp: false,
  nat: null,
  mapping: null,
  filtering: null,
  hairpin: null,
  portPreserved: null,
  allocation: null,
};

/** A socket is seen alike by two remotes only if every box sees them alike; a stranger gets in only past every box. */
function strictest(all: readonly Dependence[]): Dependence {
  return DEPENDENCES[Math.max(0, ...all.map((one) => DEPENDENCES.indexOf(one)))] ?? DEPENDENCES[0];
}

function seenMapping(mapping: Dependence, { secondAddress, secondPort }: Sight): Dependence | null {
  switch (mapping) {
    case 'endpoint-independent':
      return secondAddress ? mapping : null;
    case 'address-dependent':
      return secondAddress && secondPort ? mapping : null;
    case 'address-and-port-dependent':
      return secondPort ? mapping : null;
  }
}

/** Whether two that look see a different endpoint at all. */
function seesVariation(mapping: Dependence, { secondAddress, secondPort }: Sight): boolean {
  return (secondAddress && mapping !== 'endpoint-independent') || (secondPort && mapping === 'address-and-port-dependent');
}

/** What comes in is seen in any case; what stays out says something only where it surely was sent. */
function seenFiltering(filtering: Dependence, { changesAddress, changesPort, named }: Sight): Dependence | null {
  switch (filtering) {
    case 'endpoint-independent':
      return changesAddress ? filtering : null;
    case 'address-dependent':
      return changesAddress && changesPort && named ? filtering : null;
    case 'address-and-port-dependent':
      return changesPort && named ? filtering : null;
  }
}

/** RFC 3489 §5, and its two kinds without a NAT. */
function verdictOf(nat: boolean, mapping: Dependence, filtering: Dependence, sight: Sight): Verdict | null {
  if (nat && seesVariation(mapping, sight)) return 'symmetric';
  if (nat && seenMapping(mapping, sight) === null) return null;
  const keepsOut = filtering !== 'endpoint-independent' && sight.changesAddress && sight.named;
  switch (seenFiltering(filtering, sight)) {
    case 'endpoint-independent':
      return nat ? 'full-cone' : 'open';
    case 'address-dependent':
      return nat ? 'restricted' : 'firewalled';
    case 'address-and-port-dependent':
      return nat ? 'port-restricted' : 'firewalled';
    case null:
      return keepsOut ? (nat ? 'restricted-or-port-restricted' : 'firewalled') : null;
  }
}

/**
 * The outermost NAT owns the reflexive addresses, so it is the one that must turn packets back (RFC 4787 §6); what it turns
 * back it does not filter, for filtering is of external endpoints (§5). To the boxes below it they come from outside, and pass
 * as those of any endpoint that both sockets have sent to by the mappings that the server saw.
 */
function turnsBack(nats: readonly Device[], whole: Dependence): boolean {
  const inner = nats.slice(0, -1);
  return nats.at(-1)?.hairpin === true && inner.every((device) => passes(device, whole));
}

function passes({ mapping, filtering }: Device, whole: Dependence): boolean {
  if (filtering === 'endpoint-independent') return true;
  // By a mapping of its own for each destination the other socket was never sent to.
  if (mapping !== 'endpoint-independent') return false;
  return filtering === 'address-dependent' || whole === 'endpoint-independent';
}
