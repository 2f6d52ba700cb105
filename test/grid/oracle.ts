/**
 * What each kind of NAT does, in the words of RFC 4787, and so which pairs can meet. From definitions alone, never from the
 * simulator: the grid and the kernel lab are held to it.
 */
import { canPunch, type Dependence, type Reach } from '../../machines/reach.ts';

const cone = (filtering: Dependence): Reach => ({ nat: true, udp: true, mapping: 'endpoint-independent', filtering });
const symmetric: Reach = { ...cone('address-and-port-dependent'), mapping: 'address-and-port-dependent' };

const SIDES: Readonly<Record<string, Reach>> = {
  open: { ...cone('endpoint-independent'), nat: false },
  'full-cone': cone('endpoint-independent'),
  restricted: cone('address-dependent'),
  'port-restricted': cone('address-and-port-dependent'),
  symmetric,
  'symmetric-seq': symmetric,
  'udp-blocked': { ...cone('endpoint-independent'), udp: false },
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
