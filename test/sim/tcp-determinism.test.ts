/** Whatever the NATs, the lines and the seed: the same seed gives the same TCP, and every segment has one fate. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { world, type WorldOptions } from '../../adapters/sim/index.ts';
import { parseEndpoint } from '../../effects/endpoint.ts';
import { Opener, tellWhoCalls } from './opener.ts';

const nat = fc.constantFrom(
  'open',
  'full-cone+rst',
  'restricted+hairpin',
  'port-restricted',
  'port-restricted+linux-open',
  'port-restricted+randport+cgn',
  'symmetric',
  'symmetric-seq+noise=50+rst',
  'symmetric-open',
  'symmetric-addr+block=64',
  'firewall',
  'firewall+rst',
  'udp-blocked',
);

const options = fc.record({
  seed: fc.nat(),
  latencyMs: fc.integer({ min: 0, max: 200 }),
  jitterMs: fc.integer({ min: 0, max: 50 }),
  loss: fc.double({ min: 0, max: 0.3, noNaN: true }),
  duplicate: fc.double({ min: 0, max: 0.5, noNaN: true }),
  reorder: fc.double({ min: 0, max: 0.5, noNaN: true }),
  crossing: fc.constantFrom({}, { a: 'accepted' as const }, { a: 'accepted' as const, b: 'accepted' as const }),
});

/** Both open to one another for a while, and end. */
function play(a: string, b: string, given: WorldOptions) {
  const w = world({ a, b }, given);
  const stop = tellWhoCalls(w.host('s').net(), { host: '0.0.0.0', port: 3478 });
  const openers = ['a', 'b'].map((host, n) => new Opener(w.host(host).net(), w.clock, { host: w.host(host).addresses[0] ?? '', port: 5000 }, n));
  for (const opener of openers) opener.register({ host: w.address('s'), port: 3478 });
  w.advance(3_000);
  openers.forEach((opener, n) => {
    const peer = parseEndpoint(openers[1 - n]?.seen ?? '');
    if (peer) opener.open(peer);
  });
  w.advance(10_000);
  for (const opener of openers) opener.stop();
  stop();
  return w;
}

test('the same seed gives the same segments', () => {
  fc.assert(
    fc.property(nat, nat, options, (a, b, given) => {
      expect(play(a, b, given).trace()).toEqual(play(a, b, given).trace());
    }),
    { numRuns: 40 },
  );
});

test('every segment is delivered or dropped once, and nothing is left open or running', () => {
  fc.assert(
    fc.property(nat, nat, options, (a, b, given) => {
      const w = play(a, b, given);
      expect(w.leaks()).toEqual([]);
      // The longest that a system goes on by itself: ends that nobody answers, then a minute of remembering.
      w.advance(600_000);
      for (const { segment, hops, deliveredTo } of w.journeys()) {
        expect(segment).toBeDefined();
        expect(hops.filter((hop) => hop.dropped !== undefined).length + (deliveredTo === undefined ? 0 : 1)).toBe(1);
      }
      for (const host of w.sites.keys()) expect(w.host(host).tcp.known).toBe(0);
    }),
    { numRuns: 40 },
  );
});
