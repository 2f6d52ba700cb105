/** The same seed, the same bytes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { world, type WorldOptions } from '../../adapters/sim/index.ts';
import { knock } from './knock.ts';

const nat = fc.constantFrom(
  'open',
  'full-cone',
  'restricted+hairpin',
  'port-restricted',
  'port-restricted+linux-open',
  'port-restricted+randport+cgn',
  'symmetric',
  'symmetric-seq+noise=50',
  'symmetric+linux-open+cgn',
  'symmetric-open+hairpin',
  'symmetric-addr+block=64',
  'firewall+lifetime=1',
  'udp-blocked',
);

const options = fc.record({
  seed: fc.nat(),
  latencyMs: fc.integer({ min: 0, max: 200 }),
  jitterMs: fc.integer({ min: 0, max: 50 }),
  loss: fc.double({ min: 0, max: 0.5, noNaN: true }),
  duplicate: fc.double({ min: 0, max: 0.5, noNaN: true }),
  reorder: fc.double({ min: 0, max: 0.5, noNaN: true }),
});

const traceOf = (a: string, b: string, given: WorldOptions): string[] => {
  const w = world({ a, b }, given).run(knock);
  const trace = w.trace();
  w.stop();
  expect(w.leaks()).toEqual([]);
  return trace;
};

test('a world with the same seed gives the same trace', () => {
  fc.assert(
    fc.property(nat, nat, options, (a, b, given) => {
      expect(traceOf(a, b, given)).toEqual(traceOf(a, b, given));
    }),
  );
});

test('another seed gives another trace, where anything is left to chance', () => {
  fc.assert(
    fc.property(nat, options, (a, given) => {
      const chancy = { ...given, jitterMs: 10, loss: 0 };
      expect(traceOf(a, 'open', chancy)).not.toEqual(traceOf(a, 'open', { ...chancy, seed: given.seed + 1 }));
    }),
  );
});

test('every packet of a world is delivered or dropped once, with a reason', () => {
  fc.assert(
    fc.property(nat, nat, options, (a, b, given) => {
      const w = world({ a, b }, given).run(knock);
      w.stop();
      w.advance(1000);
      for (const { hops, deliveredTo } of w.journeys()) {
        const dropped = hops.filter((hop) => hop.dropped !== undefined).length;
        expect(dropped + (deliveredTo === undefined ? 0 : 1)).toBe(1);
      }
    }),
  );
});
