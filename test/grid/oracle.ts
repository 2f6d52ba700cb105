/**
 * What each kind of NAT does, in the words of RFC 4787, and so which pairs can meet. From definitions alone, never from the
 * simulator: the grid and the kernel lab are held to it.
 */
import { canPunch, KINDS, type Reach } from '../../machines/reach.ts';

const SIDES: Readonly<Record<string, Reach>> = {
  ...KINDS,
  'symmetric-seq': KINDS.symmetric,
  'udp-blocked': { ...KINDS['full-cone'], udp: false },
};

export const NATS: readonly string[] = Object.keys(SIDES);

export type Pair = readonly [a: string, b: string];

export const PAIRS: readonly Pair[] = NATS.flatMap((a) => NATS.map((b) => [a, b] as const));

/** By plain UDP punching. */
export function canMeet(a: string, b: string): boolean {
  const [one, other] = [SIDES[a], SIDES[b]];
  if (!one || !other) throw new Error(`the oracle knows no ${one ? b : a}`);
  return canPunch(one, other);
}
