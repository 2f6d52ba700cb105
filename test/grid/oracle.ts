/**
 * Which pairs can meet by plain UDP punching, from the definitions of RFC 4787 alone, never from the simulator.
 * A side is reached if its filter lets in the packets that the other side sends, given what it was told to expect.
 */

export type Dependence = 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent';

export interface Side {
  readonly mapping: Dependence;
  readonly filtering: Dependence;
  /** False where UDP does not pass at all. */
  readonly udp: boolean;
}

const cone = (filtering: Dependence): Side => ({ mapping: 'endpoint-independent', filtering, udp: true });
const symmetric: Side = { mapping: 'address-and-port-dependent', filtering: 'address-and-port-dependent', udp: true };

export const SIDES: Readonly<Record<string, Side>> = {
  open: cone('endpoint-independent'),
  'full-cone': cone('endpoint-independent'),
  restricted: cone('address-dependent'),
  'port-restricted': cone('address-and-port-dependent'),
  symmetric,
  'symmetric-seq': symmetric,
  'udp-blocked': { ...cone('endpoint-independent'), udp: false },
};

/** True when at least one side hears the other; the hole is then open both ways, since each answers the observed source. */
export function canMeet(a: Side, b: Side): boolean {
  return a.udp && b.udp && (isHeard(a, b) || isHeard(b, a));
}

/**
 * Does `to` hear `from`? It was told the address that the rendezvous saw: `from`'s true source is the same only if its
 * mapping is endpoint-independent, and a filter by address and port has been opened for that source alone. And `from` can
 * aim only at the mapping that the rendezvous saw, which is the one with the opened filter only if `to` has no other.
 */
function isHeard(to: Side, from: Side): boolean {
  if (to.filtering === 'endpoint-independent') return true;
  if (to.mapping !== 'endpoint-independent') return false;
  return to.filtering === 'address-dependent' || from.mapping === 'endpoint-independent';
}
