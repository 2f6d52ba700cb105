/** Whether pwnat's two ends can meet, from what the NATs before them do. Pure; about definitions (RFC 4787, RFC 5508), not a network. */
import type { Reach } from '../reach.ts';

export interface HoleReach extends Reach {
  /** A mapping has the port that was sent from, whomever it is for. */
  readonly keepsPorts: boolean;
  /** An ICMP error that this side makes up arrives, and as from where its UDP comes from. */
  readonly errorsLeave: boolean;
  /** An error about what this side has sent is let in, whoever sends it. */
  readonly errorsArrive: boolean;
}

/**
 * True when the caller's first word reaches the listener, who answers where it came from. Before a NAT that takes the listener's
 * punch, which goes to the caller's address and to the port number that both know.
 */
export function canCall(caller: HoleReach, listener: HoleReach): boolean {
  if (!caller.udp || !listener.udp) return false;
  if (!listener.nat) return true;
  const isPunched = caller.errorsLeave && listener.errorsArrive;
  return isPunched && listener.keepsPorts && (listener.filtering !== 'address-and-port-dependent' || caller.keepsPorts);
}
