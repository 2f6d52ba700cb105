/**
 * NAT × NAT, many seeds: pwnat's two ends meet exactly where the definitions of RFC 4787 and RFC 5508 allow it, with pwnat's ICMP
 * and with pypwnat's, never one side alone, and nothing is left open.
 */
import { describe, expect, test } from 'vitest';
import { world } from '../../adapters/sim/world.ts';
import type { Outcome } from '../../machines/outcome.ts';
import { pwnat, pwnatCodec, pypwnat } from '../../machines/pwnat/index.ts';
import { canMeet, sideOf } from '../pwnat/oracle.ts';
import { runs } from '../runs.ts';
import { play } from './play.ts';

const LISTENERS = ['open', 'firewall', 'full-cone', 'restricted', 'port-restricted', 'port-restricted+randport', 'symmetric', 'symmetric-seq', 'restricted+no-icmp', 'udp-blocked'];
const CALLERS = ['open', 'firewall', 'full-cone', 'port-restricted', 'symmetric', 'full-cone+icmp-errors', 'port-restricted+icmp-errors', 'port-restricted+randport+icmp-errors', 'symmetric+icmp-errors', 'firewall+no-icmp'];
const PAIRS = LISTENERS.flatMap((a) => CALLERS.map((b) => [a, b] as const));

const allowed = PAIRS.filter(([a, b]) => canMeet(sideOf(b), sideOf(a)));

test('the definitions allow 30 of them', () => {
  expect(allowed).toHaveLength(30);
});

describe.each([
  ['pwnat', pwnat, runs(6, 2)],
  ['pypwnat', pypwnat, 2],
] as const)('by %s', (_, scenario, seeds) => {
  test.each(PAIRS)('a listener behind %s and a caller behind %s are as the oracle says', (a, b) => {
    const met = allowed.some(([x, y]) => x === a && y === b);
    const worlds = met ? seeds : runs(2, 1);
    let both = 0;
    for (let seed = 1; seed <= worlds; seed += 1) {
      const played = play(scenario, a, b, { seed, latencyMs: seed % 2 === 0 ? 0 : 40 });
      expect([played.oneSided, played.leaks], `seed ${seed}`).toEqual([false, []]);
      if (played.both) both += 1;
      if (!met) expect([played.a, played.b]).toMatchObject([{ kind: 'failed', reason: 'no-peer' }, { kind: 'failed', reason: expect.stringMatching(/^no-(reply|path)$/), detail: expect.stringContaining('198.18.1.2') }]);
    }
    expect(both).toBe(met ? worlds : 0);
  });
});

test('at 10 % loss with jitter and reordering every allowed pair meets', () => {
  const worlds = allowed.length * runs(10, 2);
  let both = 0;
  for (let n = 0; n < worlds; n += 1) {
    const [a, b] = allowed[n % allowed.length] ?? ['open', 'open'];
    const played = play(pwnat, a, b, { seed: `lossy ${n}`, latencyMs: 20, loss: 0.1, jitterMs: 15, reorder: 0.05, duplicate: 0.02 });
    expect(played.leaks).toEqual([]);
    if (played.both) both += 1;
  }
  expect(both).toBe(worlds);
});

test('where the acceptance is lost, and udptunnel is answered, the better way is offered again', () => {
  const w = world({ a: 'open', b: 'open' }, { latencyMs: 10 }).lose('a -> b', 2).run(pwnat);
  const said = w.journeys().filter(({ src, dst }) => src.host === w.address('a') && dst.host === w.address('b'));
  const types = said.map(({ data, hops }) => `${pwnatCodec().decode(data).kind === 'message' ? data[2] : ''}${hops.some(({ dropped }) => dropped) ? ' lost' : ''}`);
  // An empty punch and an ACCEPT (40) are lost, a HELLOACK (3) comes; then another ACCEPT, and a PONG (46).
  expect(types).toEqual(['undefined lost', `${0x40} lost`, '3', `${0x40}`, `${0x46}`]);
  expect(w.outcomes<Outcome>('a')[0]?.outcome).toMatchObject({ kind: 'connected' });
  w.stop();
});
