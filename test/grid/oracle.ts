/**
 * What each kind of NAT does, in the words of RFC 4787, and so which pairs can meet. From definitions alone, never from the
 * simulator: the grid and the kernel lab are held to it.
 */
import { canMeet as canReach, canPunch, KINDS, type Reach } from '../../machines/reach.ts';

const SIDES: Readonly<Record<string, Reach>> = {
  ...KINDS,
  symmetric: { ...KINDS.symmetric, ports: 'random' },
  'symmetric-seq': { ...KINDS.symmetric, ports: 'counted' },
  'udp-blocked': { ...KINDS['full-cone'], udp: false },
};

export const NATS: readonly string[] = Object.keys(SIDES);

export type Pair = readonly [a: string, b: string];

export const PAIRS: readonly Pair[] = NATS.flatMap((a) => NATS.map((b) => [a, b] as const));

/** By UDP punching, ports guessed where they have to be. */
export function canMeet(a: string, b: string): boolean {
  const [one, other] = [SIDES[a], SIDES[b]];
  if (!one || !other) throw new Error(`the oracle knows no ${one ? b : a}`);
  return canReach(one, other);
}

/** Without guessing. */
export function canMeetPlainly(a: string, b: string): boolean {
  const [one, other] = [SIDES[a], SIDES[b]];
  return one !== undefined && other !== undefined && canPunch(one, other);
}

/** By TCP simultaneous open: as by UDP, where mapping and filtering are the same (RFC 5382 REQ-1, REQ-3), but nothing is left to chance. */
export function canOpen(a: string, b: string): boolean {
  return canMeet(a, b) && !isLeftToChance(a, b);
}

/** Those of TCP: what blocks UDP does not block it. */
export const PAIRS_OF_TCP: readonly Pair[] = PAIRS.filter((pair) => !pair.includes('udp-blocked'));

/** The same NAT, but one that answers an unknown SYN by RST. */
export function refusing(name: string): string {
  return name === 'open' ? name : `${name}+rst`;
}

/** Where nobody can tell the port, and enough are tried. */
export function isLeftToChance(a: string, b: string): boolean {
  return canMeet(a, b) && !canMeetPlainly(a, b) && [a, b].includes('symmetric');
}
