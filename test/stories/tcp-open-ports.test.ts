/** TCP opening by told ports, on the simulated internet: busy NATs, odd ones, lost segments, and whoever vanishes on the way. */
import { describe, expect, test } from 'vitest';
import { world, type World, type WorldOptions } from '../../adapters/sim/index.ts';
import type { Outcome } from '../../machines/outcome.ts';
import type { OpenPeerContext } from '../../machines/tcp-open/session.ts';
import { tcpOpen } from '../../machines/tcp-open/index.ts';
import { lateBy } from '../grid/skews.ts';
import { runs } from '../runs.ts';

const PAIR = { a: 'symmetric-seq', b: 'port-restricted' };

function begin(places: Readonly<Record<string, string>>, options: WorldOptions = {}): World {
  return world(places, { latencyMs: 20, keep: false, ...options }).run(tcpOpen, { maxMs: 0, settleMs: 0 });
}

function kindsOf(w: World): (string | undefined)[] {
  return ['a', 'b'].map((host) => {
    const outcome = w.outcome<Outcome>(host);
    return outcome?.kind === 'failed' ? outcome.reason : outcome?.kind;
  });
}

const MET = ['connected', 'connected'];

/** How many of so many worlds both sides opened in. */
function opened(a: string, b: string, worlds: number, options: WorldOptions): number {
  let both = 0;
  for (let seed = 1; seed <= worlds; seed += 1) {
    const w = begin({ a, b }, { seed, ...options });
    w.advance(20_000);
    if (kindsOf(w).every((kind) => kind === 'connected')) both += 1;
    expect([seed, w.stop().leaks()]).toEqual([seed, []]);
  }
  return both;
}

describe('ports are told', () => {
  test.each([
    ['symmetric-seq+step=2', 'symmetric-seq+step=-1', 20],
    ['symmetric-seq', 'port-restricted+cgn', 20],
    ['symmetric-seq+noise=300', 'symmetric-seq+noise=300', 20],
    ['symmetric-seq+noise=1000', 'port-restricted', 19],
    ['symmetric-seq+rst', 'symmetric-seq+rst', 20],
    ['symmetric-seq', 'port-restricted+rst', 20],
    ['symmetric-seq+rst', 'port-restricted', 20],
  ])('%s × %s: at least %i of 20 worlds', (a, b, least) => {
    const worlds = runs(20, 4);
    expect(opened(a, b, worlds, { latencyMs: 25 })).toBeGreaterThanOrEqual(Math.min(least, worlds));
  });

  test('where one side is far from the rendezvous and the other near', () => {
    const links = { a: { latencyMs: 60 }, b: { latencyMs: 2 } };
    expect(opened('symmetric-seq+noise=100', 'symmetric-seq+noise=100', 10, { links })).toBe(10);
    expect(opened('symmetric-seq+rst', 'port-restricted+rst', 10, { links })).toBe(10);
  });

  test('where every tenth segment is lost: 57 of 60 worlds', () => {
    const options = { loss: 0.1, jitterMs: 5 };
    expect(opened('symmetric-seq', 'port-restricted', 30, options) + opened('symmetric-seq', 'symmetric-seq', 30, options)).toBeGreaterThanOrEqual(57);
  });
});

test('in a second attempt too, where nothing came through in the first', () => {
  for (const [a, b] of [['symmetric-seq', 'port-restricted'], ['port-restricted+rst', 'symmetric-seq+rst'], ['symmetric-seq', 'symmetric-seq']] as const) {
    const w = begin({ a, b });
    w.advance(50);
    const links = new Map(['a', 'b'].map((host) => [host, w.sites.get(host)?.accessName]));
    w.internet.lossOrder = ({ host, dst }) => (w.clock.now() < 4_900 && dst.host !== w.address('s') ? links.get(host) : undefined);
    w.advance(12_000);
    const contexts = ['a', 'b'].map((host) => w.running(host).actor.getSnapshot().context as OpenPeerContext);
    expect([a, b, kindsOf(w), contexts.map(({ attempt }) => attempt), w.stop().leaks()]).toEqual([a, b, MET, [1, 1], []]);
  }
});

test('an aim in quiet costs three mappings of ours, beside six connections to the rendezvous', () => {
  const w = begin(PAIR);
  w.advance(2_000);
  const { spent, made, aims } = w.running('a').actor.getSnapshot().context as OpenPeerContext;
  expect([kindsOf(w), aims, spent, made]).toEqual([MET, 1, 3, 11]);
  w.stop();
});

test('ports at random are said to be so in under 6 s on both sides, in under 11 on one, and not tried', () => {
  for (const [b, reason, ms] of [['port-restricted', 'no-reply', 11_000], ['symmetric', 'no-path', 6_000], ['symmetric-seq', 'no-path', 6_000]] as const) {
    const w = begin({ a: 'symmetric', b });
    w.advance(ms);
    expect([kindsOf(w), w.stop().leaks()]).toEqual([[reason, reason], []]);
  }
});

describe('whoever vanishes while ports are told', () => {
  const moments = Array.from({ length: runs(30, 6) }, (_, n) => 20 + runs(20, 100) * n);

  test.each([PAIR, { a: 'symmetric-seq', b: 'symmetric-seq' }])('of $a × $b leaves the other with a clear outcome, in time, and no socket', { timeout: 30_000 }, (places) => {
    for (const at of moments) {
      for (const gone of ['a', 'b']) {
        const w = begin(places);
        w.advance(at);
        w.partition(gone);
        w.advance(80_000);
        const left = kindsOf(w)[gone === 'a' ? 1 : 0] ?? 'nothing';
        expect([at, gone, ['connected', 'no-reply', 'peer-lost', 'no-peer', 'no-rendezvous'].includes(left), w.stop().leaks()]).toEqual([at, gone, true, []]);
      }
    }
  });

  test('and is the rendezvous, ends nothing but the telling', () => {
    for (const at of moments) {
      const w = begin(PAIR);
      w.advance(at);
      w.running('s').stop();
      w.advance(30_000);
      const [a, b] = kindsOf(w);
      expect([at, a === b, w.stop().leaks()]).toEqual([at, true, []]);
    }
  });

  test('and is told to stop, leaves no socket', () => {
    for (const at of moments) {
      const w = begin(PAIR);
      w.advance(at);
      for (const host of ['a', 'b']) {
        const { actor } = w.running(host);
        if (actor.getSnapshot().status === 'active') actor.send({ type: 'close' });
      }
      w.advance(10_000);
      expect([at, w.stop().leaks()]).toEqual([at, []]);
    }
  });
});

test.each(['open', 'full-cone', 'restricted'])('%s, so late that all aims have been spent by then, is called where it first said', (b) => {
  for (const lateMs of [1_400, 1_500, 1_600]) {
    const w = world({ a: 'symmetric-seq', b }, { latencyMs: 0, links: { a: { latencyMs: 12.5 }, b: { latencyMs: 12.5 } }, keep: false }).run(lateBy(lateMs));
    expect([lateMs, ...kindsOf(w), w.stop().leaks()]).toEqual([lateMs, 'connected', 'connected', []]);
  }
});
