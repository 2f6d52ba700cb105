/** n4 between every two kinds of NAT, against what definitions say of a sweep. */
import { describe, expect, test } from 'vitest';
import { KINDS, type Reach } from '../../machines/reach.ts';
import { n4 } from '../../machines/n4/index.ts';
import { PAIRS } from './oracle.ts';
import { play } from './play.ts';

const SEEDS = 5;

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
function canSweep(a: string, b: string): boolean {
  const [one, other] = [sideOf(a), sideOf(b)];
  return one.udp && other.udp && (isHeard(one, other) || isHeard(other, one));
}

test('the definitions add the counting NATs to what plain punching joins, and no random ones', () => {
  expect(canSweep('symmetric-seq', 'symmetric-seq')).toBe(true);
  expect(canSweep('symmetric-seq', 'port-restricted')).toBe(true);
  expect(canSweep('symmetric', 'restricted')).toBe(true);
  expect(canSweep('symmetric', 'port-restricted')).toBe(false);
  expect(canSweep('symmetric', 'symmetric-seq')).toBe(false);
});

describe.each(PAIRS)('%s × %s', (a, b) => {
  const met = canSweep(a, b);
  test(met ? 'meet' : 'do not', () => {
    for (let seed = 1; seed <= (met ? SEEDS : 1); seed += 1) {
      const played = play(n4, a, b, { seed, latencyMs: 20 });
      expect([played.both, played.oneSided, played.leaks]).toEqual([met, false, []]);
      if (met) continue;
      for (const outcome of [played.a, played.b]) expect(outcome).toMatchObject({ kind: 'failed', detail: expect.stringMatching(/^Nothing came from|^Nobody else|^The /) });
    }
  });
});
