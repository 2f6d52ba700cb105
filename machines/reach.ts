/**
 * Whether plain UDP punching can join two sides, from what their NATs do (RFC 4787 §4.1, §5). Pure; an answer about
 * definitions, not about a network: a firewall between the two or a lost packet is not seen here.
 */

export type Dependence = 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent';

/** One side: all the NATs between a host and the internet, taken together. */
export interface Reach {
  /** False for a host with a public address of its own. */
  readonly nat: boolean;
  /** False where UDP does not pass at all. */
  readonly udp: boolean;
  readonly mapping: Dependence;
  readonly filtering: Dependence;
  /** How a mapping that varies gets its port; `counted` ports can be told before they are given. */
  readonly ports?: 'counted' | 'random';
}

/** The kinds that people name, by definition. How a symmetric NAT chooses its ports makes no difference here. */
export const KINDS = {
  open: { nat: false, udp: true, mapping: 'endpoint-independent', filtering: 'endpoint-independent' },
  'full-cone': { nat: true, udp: true, mapping: 'endpoint-independent', filtering: 'endpoint-independent' },
  restricted: { nat: true, udp: true, mapping: 'endpoint-independent', filtering: 'address-dependent' },
  'port-restricted': { nat: true, udp: true, mapping: 'endpoint-independent', filtering: 'address-and-port-dependent' },
  symmetric: { nat: true, udp: true, mapping: 'address-and-port-dependent', filtering: 'address-and-port-dependent' },
} as const satisfies Readonly<Record<string, Reach>>;

export type Kind = keyof typeof KINDS;

/** True when a first packet gets through one way: its receiver then answers the source it sees, and that way is open. */
export function canPunch(a: Reach, b: Reach): boolean {
  return a.udp && b.udp && (letsIn(a, b) || letsIn(b, a));
}

/**
 * True also where ports have to be guessed: told from the last one where they are counted, or tried where only one side's are
 * at random. Two sides at random would have to try for days.
 */
export function canMeet(a: Reach, b: Reach): boolean {
  if (canPunch(a, b)) return true;
  if (!a.udp || !b.udp) return false;
  const varying = [a, b].filter(({ mapping }) => mapping !== 'endpoint-independent');
  return varying.length < 2 || varying.every(({ ports }) => ports === 'counted');
}

/** True also where every port that has to be guessed is counted, and so can be told; none is left to chance. */
export function canForetell(a: Reach, b: Reach): boolean {
  if (canPunch(a, b)) return true;
  return a.udp && b.udp && [a, b].every(({ mapping, ports }) => mapping === 'endpoint-independent' || ports === 'counted');
}

/**
 * Does `receiver` let `sender`'s packets in? Each has sent to the address of the other that the rendezvous saw. Toward a
 * stranger that address is still the receiver's only if its mapping is kept, and still the sender's port only if the
 * sender's is; an address, unlike a port, stays the same.
 */
function letsIn(receiver: Reach, sender: Reach): boolean {
  if (!receiver.nat || receiver.filtering === 'endpoint-independent') return true;
  if (receiver.mapping !== 'endpoint-independent') return false;
  return receiver.filtering === 'address-dependent' || !sender.nat || sender.mapping === 'endpoint-independent';
}
