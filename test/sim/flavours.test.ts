/** NAT names of the command line, to behaviours. */
import { describe, expect, test } from 'vitest';
import { LINUX_NAT, NAT_FLAVOURS, natFlavour, UnknownNat } from '../../adapters/sim/index.ts';

test.each([
  ['full-cone', 'endpoint-independent', 'endpoint-independent', 'preserve'],
  ['restricted', 'endpoint-independent', 'address-dependent', 'preserve'],
  ['port-restricted', 'endpoint-independent', 'address-and-port-dependent', 'preserve'],
  ['symmetric', 'address-and-port-dependent', 'address-and-port-dependent', 'random'],
  ['symmetric-seq', 'address-and-port-dependent', 'address-and-port-dependent', 'sequential'],
])('%s maps %s, filters %s and allocates by %s', (name, mapping, filtering, kind) => {
  expect(natFlavour(name)).toMatchObject([{ mapping, filtering, allocation: { kind }, earlyProbe: 'ignored', hairpin: false, blocked: [] }]);
});

test('open is no NAT at all, and udp-blocked one that drops UDP', () => {
  expect(natFlavour('open')).toEqual([]);
  expect(natFlavour('udp-blocked')).toMatchObject([{ blocked: ['udp'] }]);
});

describe('modifiers', () => {
  test.each([
    ['port-restricted+linux-open', { earlyProbe: 'clash' }],
    ['restricted+hairpin', { hairpin: true, filtering: 'address-dependent' }],
    ['full-cone+randport', { allocation: { kind: 'random' }, mapping: 'endpoint-independent' }],
    ['full-cone+rst', { unsolicitedSyn: 'reset' }],
    ['symmetric-seq+noise=5', { allocation: { kind: 'sequential', step: 1, noisePerSecond: 5 } }],
    ['symmetric+noise=5', { allocation: { kind: 'random' } }],
    ['port-restricted+randport+hairpin+linux-open+rst', { allocation: { kind: 'random' }, hairpin: true, earlyProbe: 'clash', unsolicitedSyn: 'reset' }],
  ])('%s', (name, expected) => {
    expect(natFlavour(name)).toMatchObject([expected]);
  });

  test.each(['full-cone+cgn', 'full-cone+cgn+hairpin', 'full-cone+hairpin+cgn'])('%s puts a carrier NAT above, which no modifier changes', (name) => {
    expect(natFlavour(name)).toMatchObject([{ filtering: 'endpoint-independent' }, LINUX_NAT]);
  });
});

test.each(['', 'symetric', 'port-restricted+', 'port-restricted+nosuch', 'symmetric+noise', 'symmetric+noise=x', 'open+hairpin', 'open+cgn', 'symmetric+randport'])(
  "'%s' is refused with the list of what there is",
  (name) => {
    const refuse = (): unknown => natFlavour(name);
    expect(refuse).toThrow(UnknownNat);
    expect(refuse).toThrow(`unknown NAT '${name}'`);
    expect(refuse).toThrow(NAT_FLAVOURS.join(', '));
    expect(refuse).toThrow('+linux-open');
  },
);

test('a behaviour stands for itself, alone or in a chain', () => {
  const quiet = { ...LINUX_NAT, hairpin: true };
  expect(natFlavour(quiet)).toEqual([quiet]);
  expect(natFlavour([quiet, LINUX_NAT])).toEqual([quiet, LINUX_NAT]);
  expect(natFlavour([])).toEqual([]);
});
