/**
 * Who can meet by pwnat, from what the NATs before both do, in the words of RFC 4787 and RFC 5508. From definitions alone, never
 * from the simulator: the grid and the kernel lab are held to it.
 */
import { KINDS, type Reach } from '../../machines/reach.ts';

/** One side, all before it taken together. */
export interface HoleSide extends Reach {
  /** A mapping has the port that was sent from, whomever it is for. */
  readonly keepsPorts: boolean;
  /** An ICMP error that this side makes up arrives, and as from where its UDP comes from. */
  readonly errorsLeave: boolean;
  /** An error about what this side has sent is let in, whoever sends it. */
  readonly errorsArrive: boolean;
}

const PUBLIC = { keepsPorts: true, errorsLeave: true, errorsArrive: true } as const;
/** Linux lets a made-up error out with its private source, which leads nowhere. */
const HOME = { keepsPorts: true, errorsLeave: false, errorsArrive: true } as const;

const BARE: Readonly<Record<string, HoleSide>> = {
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
export function sideOf(name: string): HoleSide {
  const [, kind = '', modifier] = /^(.*?)(?:\+(icmp-errors|no-icmp))?$/.exec(name) ?? [];
  const bare = BARE[kind];
  if (!bare) throw new Error(`the oracle knows no ${name}`);
  if (modifier === 'icmp-errors') return { ...bare, errorsLeave: true };
  return modifier === 'no-icmp' ? { ...bare, errorsLeave: false, errorsArrive: false } : bare;
}

/**
 * Whether the caller's first word can reach the listener, or the listener's punch the caller. Whoever of them hears the other
 * answers where it was heard from, and that way is open.
 */
export function canMeet(caller: HoleSide, listener: HoleSide): boolean {
  if (!caller.udp || !listener.udp) return false;
  if (!listener.nat) return true;
  if (!caller.errorsLeave || !listener.errorsArrive) return false;
  return hears(caller, listener) || isHeard(caller, listener);
}

/** What pwnat's own programs come to: the caller sends to the listener's port, and hears from nowhere else. */
export function canMeetAsOriginals(caller: HoleSide, listener: HoleSide): boolean {
  return canMeet(caller, listener) && (!listener.nat || hears(caller, listener));
}

/** The listener's NAT was opened by a punch to the caller's address, to the port that both know. */
function hears(caller: HoleSide, listener: HoleSide): boolean {
  if (!listener.keepsPorts) return false;
  return listener.filtering !== 'address-and-port-dependent' || caller.keepsPorts;
}

/** The punch comes from the listener's address, from whatever port, to the port that the caller has sent from. */
function isHeard(caller: HoleSide, listener: HoleSide): boolean {
  if (!caller.nat) return true;
  if (!caller.keepsPorts) return false;
  return caller.filtering !== 'address-and-port-dependent' || listener.keepsPorts;
}
