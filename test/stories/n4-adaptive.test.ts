/** n4's adaptive strategy: what the classic one never meets, because ports fall, or because others take more of them than the offset allows for. */
import { expect, test } from 'vitest';
import { world } from '../../adapters/sim/world.ts';
import type { Scenario } from '../../effects/scenario.ts';
import { n4 } from '../../machines/n4/index.ts';
import { type N4PeerInput, offsetOf } from '../../machines/n4/session.ts';
import type { Outcome } from '../../machines/outcome.ts';

const playing = (strategy: N4PeerInput['strategy']): Scenario => ({
  ...n4,
  part: (host, stage) => {
    const part = n4.part(host, stage);
    return part && host !== 's' ? { ...part, input: { ...(part.input as N4PeerInput), strategy } } : part;
  },
});

function meets(nat: string, strategy: N4PeerInput['strategy'], seed: number): boolean {
  const w = world({ a: nat, b: nat }, { seed, latencyMs: 20, keep: false, maxMs: 300_000 }).run(playing(strategy), { settleMs: 0 });
  const both = [w.outcome<Outcome>('a'), w.outcome<Outcome>('b')].every((outcome) => outcome?.kind === 'connected');
  expect(w.stop().leaks()).toEqual([]);
  return both;
}

const SEEDS = [1, 2, 3, 4, 5];

test('NATs that count down', () => {
  expect(SEEDS.map((seed) => meets('symmetric-seq+step=-1', 'classic', seed))).toEqual(SEEDS.map(() => false));
  expect(SEEDS.map((seed) => meets('symmetric-seq+step=-1', 'adaptive', seed))).toEqual(SEEDS.map(() => true));
});

test('NATs that count up are met in the first round, as by the classic one', () => {
  expect(SEEDS.map((seed) => meets('symmetric-seq', 'adaptive', seed))).toEqual(SEEDS.map(() => true));
});

test.each([1, 2, 3, 4, 5])('a partner that was started anew, and has %i rounds fewer behind it from then on, is met', (rounds) => {
  const w = world({ a: 'port-restricted', b: 'port-restricted' }, { seed: 1, latencyMs: 20, keep: false }).run(playing('adaptive'), { maxMs: 0, settleMs: 0 });
  const isExchanging = (): boolean => JSON.stringify(w.running('b').actor.getSnapshot().value).includes('exchanging');
  for (let n = 0; n < rounds; n += 1) {
    while (!isExchanging()) w.advance(5);
    // Its EXCHANGE has reached the server, and the PEERINFO has not reached it: b sweeps towards nobody.
    w.advance(30).restart('a').advance(500);
  }
  w.advance(100_000);
  expect([w.outcome<Outcome>('a')?.kind, w.outcome<Outcome>('b')?.kind]).toEqual(['connected', 'connected']);
  expect(w.stop().leaks()).toEqual([]);
});

test('however many rounds one is behind, both aim up in one of ten, and down in another', () => {
  const aims = (round: number): number => offsetOf({ input: { ...INPUT, strategy: 'adaptive' }, round });
  for (let behind = 0; behind < 10; behind += 1) {
    const both = Array.from({ length: 10 }, (_, n) => [aims(n + 1), aims(n + 1 + behind)]).filter(([one, other]) => one === other).map(([one]) => one);
    expect(both).toEqual(expect.arrayContaining([20, -20]));
  }
});

const INPUT: N4PeerInput = { server: { host: '198.18.0.2', port: 1721 }, ident: 'n4n4n4', sourcePort: 30_000, count: 25, offset: 20 };
