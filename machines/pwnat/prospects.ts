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
 * Whether the caller's first word can reach the listener, or the listener's punch the caller. Whoever of them hears the other
 * answers where it was heard from, and that way is open.
 */
export function canCall(caller: HoleReach, listener: HoleReach): boolean {
  if (!caller.udp || !listener.udp) return false;
  if (!listener.nat) return true;
  if (!caller.errorsLeave || !listener.errorsArrive) return false;
  return isCalled(caller, listener) || isPunched(caller, listener);
}

/** The listener's NAT was opened by a punch to the caller's address, to the port that both know. */
export function isCalled(caller: HoleReach, listener: HoleReach): boolean {
  if (!listener.keepsPorts) return false;
  return listener.filtering !== 'address-and-port-dependent' || caller.keepsPorts;
}

/** The punch comes from the listener's address, from whatever port, to the port that the caller has sent from. */
function isPunched(caller: HoleReach, listener: HoleReach): boolean {
  if (!caller.nat) return true;
  if (!caller.keepsPorts) return false;
  return caller.filtering !== 'address-and-port-dependent' || listener.keepsPorts;
}
