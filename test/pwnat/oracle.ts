/**
 * Who can meet by pwnat, from what the NATs before both do, in the words of RFC 4787 and RFC 5508. From definitions alone, never
 * from the simulator: the grid and the kernel lab are held to it.
 */
import type { HoleReach } from '../../machines/pwnat/prospects.ts';
import { KINDS } from '../../machines/reach.ts';

const PUBLIC = { keepsPorts: true, errorsLeave: true, errorsArrive: true } as const;
/** Linux lets a made-up error out with its private source, which leads nowhere. */
const HOME = { keepsPorts: true, errorsLeave: false, errorsArrive: true } as const;

const BARE: Readonly<Record<string, HoleReach>> = {
  open: { ...KINDS.open, ...PUBLIC },
  firewall: { ...KINDS['port-restricted'], ...PUBLIC },
  'full-cone': { ...KINDS['full-cone'], ...HOME },
  restricted: { ...KINDS.restricted, ...HOME },
  'port-restricted': { ...KINDS['port-restricted'], ...HOME },
  'port-restricted+randport': { ...KINDS['port-restricted'], ...HOME, keepsPorts: false },
  symmetric: { ...KINDS.symmetric, ...HOME, keepsPorts: false },
  'symmetric-seq': { ...KINDS.symmetric, ...HOME, keepsPorts: false },
  'udp-blocked': { ...KINDS['full-cone'], ...HOME, udp: false },
};

/** Also with `+icmp-errors` or `+no-icmp` behind the name. */
export function sideOf(name: string): HoleReach {
  const [, kind = '', modifier] = /^(.*?)(?:\+(icmp-errors|no-icmp))?$/.exec(name) ?? [];
  const bare = BARE[kind];
  if (!bare) throw new Error(`the oracle knows no ${name}`);
  if (modifier === 'icmp-errors') return { ...bare, errorsLeave: true };
  return modifier === 'no-icmp' ? { ...bare, errorsLeave: false, errorsArrive: false } : bare;
}

/**
 * Whether a caller reaches a listener. Without a NAT or filter before the listener nothing has to be opened. Else the caller's made-up
 * error has to arrive; the listener's datagram to the caller, from the port and to the port that both know, then opens for the
 * caller's whole address, or for that port of it.
 */
export function canMeet(caller: HoleReach, listener: HoleReach): boolean {
  if (!caller.udp || !listener.udp) return false;
  if (!listener.nat) return true;
  if (!caller.errorsLeave || !listener.errorsArrive || !listener.keepsPorts) return false;
  return caller.keepsPorts || listener.filtering !== 'address-and-port-dependent';
}
