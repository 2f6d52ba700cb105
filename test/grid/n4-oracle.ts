/** Who can meet by a sweep of n4, by the kinds of NATs. From definitions alone, never from the simulator. */
import { KINDS, type Reach } from '../../machines/reach.ts';

/** One side: what its NAT lets in, and whether the port that it gives next can be told from the one it gave before. */
interface Side extends Pick<Reach, 'udp' | 'filtering'> {
  readonly predictable: boolean;
}

/** A cone keeps ports, so a socket of the sweep is at the port that is aimed at; a NAT that counts reaches it. */
function sideOf(name: string): Side {
  switch (name) {
    case 'open':
    case 'full-cone':
    case 'restricted':
    case 'port-restricted':
      return { ...KINDS[name], predictable: true };
    case 'symmetric':
      return { ...KINDS.symmetric, predictable: false };
    case 'symmetric-seq':
      return { ...KINDS.symmetric, predictable: true };
    case 'udp-blocked':
      return { ...KINDS['full-cone'], udp: false, predictable: true };
    default:
      throw new Error(`nothing is known of ${name}`);
  }
}

/** Is the one that sends heard by the other? It must hit a port, and come from where that one lets it in. */
function isHeard(sender: Side, receiver: Side): boolean {
  return receiver.predictable && (receiver.filtering !== 'address-and-port-dependent' || sender.predictable);
}

/** Who is heard is answered where it was seen, which passes. */
export function canSweep(a: string, b: string): boolean {
  const [one, other] = [sideOf(a), sideOf(b)];
  return one.udp && other.udp && (isHeard(one, other) || isHeard(other, one));
}
