/**
 * NAT × NAT, many seeds: TCP opens exactly where the definitions of RFC 5382 allow it, whether NATs drop an unknown SYN or refuse
 * it, and nothing is left open.
 */
import { describe, expect, test } from 'vitest';
import { tcpOpen } from '../../machines/tcp-open/index.ts';
import { KINDS, type Reach } from '../../machines/reach.ts';
import { play } from './play.ts';

const SIDES: Readonly<Record<string, Reach>> = { ...KINDS, 'symmetric-seq': KINDS.symmetric };
const NAMES = Object.keys(SIDES);
const PAIRS = NAMES.flatMap((a) => NAMES.map((b) => [a, b] as const));

/**
 * Whether `receiver` lets in a SYN of `sender`'s that goes to where the rendezvous saw it. Mapping and filtering as for UDP
 * (RFC 5382 REQ-1, REQ-3). What is let in is answered, and that belongs to a session begun from inside.
 */
function letsIn(receiver: Reach, sender: Reach): boolean {
  if (!receiver.nat || receiver.filtering === 'endpoint-independent') return true;
  if (receiver.mapping !== 'endpoint-independent') return false;
  return receiver.filtering === 'address-dependent' || !sender.nat || sender.mapping === 'endpoint-independent';
}

function canOpen(a: string, b: string): boolean {
  const [one, other] = [SIDES[a], SIDES[b]];
  if (!one || !other) throw new Error(`the oracle knows no ${one ? b : a}`);
  return letsIn(one, other) || letsIn(other, one);
}

test('the definitions allow the 28 ordered pairs that need no prediction', () => {
  expect(PAIRS.filter(([a, b]) => canOpen(a, b))).toHaveLength(28);
});

const refusing = (name: string): string => (name === 'open' ? name : `${name}+rst`);

describe.each([
  ['that drop unknown SYNs', (name: string) => name, 20, 25],
  ['that refuse unknown SYNs', refusing, 20, 10],
  ['that refuse unknown SYNs, without latency', refusing, 0, 5],
] as const)('NATs %s', (_, flavour, latencyMs, seeds) => {
  test.each(PAIRS)('%s × %s is as the oracle says', (a, b) => {
    const met = canOpen(a, b);
    const runs = met ? seeds : 2;
    let both = 0;
    for (let seed = 1; seed <= runs; seed += 1) {
      const played = play(tcpOpen, flavour(a), flavour(b), { seed, latencyMs });
      expect([played.oneSided, played.leaks], `seed ${seed}`).toEqual([false, []]);
      if (played.both) both += 1;
      if (!met) for (const outcome of [played.a, played.b]) expect(outcome).toMatchObject({ kind: 'failed', reason: 'no-reply' });
    }
    expect(both).toBe(met ? runs : 0);
  });
});

test('at 10 % loss with jitter and reordering an allowed pair opens in 995 of 1,000 worlds, and never one side alone', () => {
  const allowed = PAIRS.filter(([a, b]) => canOpen(a, b));
  let both = 0;
  const alone: string[] = [];
  for (let n = 0; n < 1_000; n += 1) {
    const [a, b] = allowed[n % allowed.length] ?? ['open', 'open'];
    const played = play(tcpOpen, a, b, { seed: `lossy ${n}`, latencyMs: 20, loss: 0.1, jitterMs: 15, reorder: 0.05, duplicate: 0.02 });
    if (played.both) both += 1;
    if (played.oneSided) alone.push(`${a} × ${b}, seed 'lossy ${n}'`);
  }
  expect(alone).toEqual([]);
  expect(both).toBeGreaterThanOrEqual(995);
});
