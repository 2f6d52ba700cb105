/** Whether a sweep can join two sides, from what their NATs do and by the usual offset. Pure; about definitions, not a network. */
import type { Reach } from '../reach.ts';

export interface SweepReach extends Reach {
  /** A socket of the sweep gets the port that the other side aims at: the NAT keeps ports, or gives the next one. */
  readonly predictable: boolean;
}

/** True when one side is heard: it is answered where it was seen, which its own NAT lets in. */
export function canSweep(a: SweepReach, b: SweepReach): boolean {
  return a.udp && b.udp && (isHeard(a, b) || isHeard(b, a));
}

/** The receiver has sent to where the sender is expected, and so lets in what comes from that port, or from that address. */
function isHeard(sender: SweepReach, receiver: SweepReach): boolean {
  return receiver.predictable && (receiver.filtering !== 'address-and-port-dependent' || sender.predictable);
}
