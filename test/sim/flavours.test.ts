/** NAT names of the command line, to behaviours. */
import { describe, expect, test } from 'vitest';
import { FIREWALL, LINUX_NAT, NAT_FLAVOURS, natFlavour, OTHER_NAT_FLAVOURS, UnknownNat } from '../../adapters/sim/index.ts';

test.each([
  ['full-cone', 'endpoint-independent', 'endpoint-independent', 'preserve'],
  ['restricted', 'endpoint-independent', 'address-dependent', 'preserve'],
  ['port-restricted', 'endpoint-independent', 'address-and-port-dependent', 'preserve'],
  ['symmetric', 'address-and-port-dependent', 'address-and-port-dependent', 'random'],
  ['symmetric-seq', 'address-and-port-dependent', 'address-and-port-dependent', 'sequential'],
  ['symmetric-addr', 'address-dependent', 'address-and-port-dependent', 'random'],
  ['symmetric-open', 'address-and-port-dependent', 'endpoint-independent', 'random'],
])('%s maps %s, filters %s and allocates by %s', (name, mapping, filtering, kind) => {
  expect(natFlavour(name)).toMatchObject([{ mapping, filtering, allocation: { kind }, earlyProbe: 'ignored', hairpin: false, blocked: [] }]);
});

test('open is no NAT at all, a firewall one that translates nothing, and udp-blocked one that drops UDP', () => {
  expect(natFlavour('firewall')).toEqual([FIREWALL]);
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
    ['port-restricted+randport+hairpin+rst', { allocation: { kind: 'random' }, hairpin: true, unsolicitedSyn: 'reset' }],
    ['port-restricted+hairpin+linux-open+rst', { allocation: { kind: 'preserve' }, hairpin: true, earlyProbe: 'clash', unsolicitedSyn: 'reset' }],
    ['full-cone+block=64', { allocation: { kind: 'block', size: 64 }, mapping: 'endpoint-independent' }],
    ['symmetric+block=8192', { allocation: { kind: 'block', size: 8192 }, mapping: 'address-and-port-dependent' }],
    ['symmetric-seq+step=-2+noise=0.5', { allocation: { kind: 'sequential', step: -2, noisePerSecond: 0.5 } }],
    ['restricted+lifetime=5', { expiry: { unrepliedMs: 5000, repliedMs: 5000, inboundRefresh: true } }],
    ['firewall+rst+lifetime=5', { allocation: { kind: 'none' }, unsolicitedSyn: 'reset', expiry: { unrepliedMs: 5000 } }],
  ])('%s', (name, expected) => {
    expect(natFlavour(name)).toMatchObject([expected]);
  });

  test.each(['full-cone+cgn', 'full-cone+cgn+hairpin', 'full-cone+hairpin+cgn'])('%s puts a carrier NAT above, which no modifier changes', (name) => {
    expect(natFlavour(name)).toMatchObject([{ filtering: 'endpoint-independent' }, LINUX_NAT]);
  });
});

test.each(['', 'symetric', 'port-restricted+', 'port-restricted+nosuch', 'symmetric+noise5', 'symmetric+toString=1'])("'%s' is refused with the list of what there is", (name) => {
  const refuse = (): unknown => natFlavour(name);
  expect(refuse).toThrow(UnknownNat);
  expect(refuse).toThrow(`unknown NAT '${name}'`);
  expect(refuse).toThrow([...NAT_FLAVOURS, ...OTHER_NAT_FLAVOURS].join(', '));
  expect(refuse).toThrow('+linux-open');
});

test.each([
  ['symmetric+noise', "'+noise=' takes a number of flows per second, 0 to 10000"],
  ['symmetric+noise=x', "'+noise=' takes a number of flows per second, 0 to 10000"],
  ['symmetric-seq+noise=1e3', "'+noise=' takes a number of flows per second, 0 to 10000"],
  ['symmetric+block', "'+block=' takes a whole number of ports, 2 to 8192"],
  ['symmetric+block=1', "'+block=' takes a whole number of ports, 2 to 8192"],
  ['symmetric+block=8193', "'+block=' takes a whole number of ports, 2 to 8192"],
  ['symmetric-seq+step=0', "'+step=' takes a whole number, -512 to 512 and not 0"],
  ['symmetric-seq+step=-0', "'+step=' takes a whole number, -512 to 512 and not 0"],
  ['symmetric-seq+step=1.5', "'+step=' takes a whole number, -512 to 512 and not 0"],
  ['restricted+lifetime=0', "'+lifetime=' takes a whole number of seconds, 1 to 86400"],
  ['restricted+hairpin+hairpin', "'+hairpin' is said twice"],
  ['symmetric-seq+step=1+step=2', "'+step' is said twice"],
  ['open+hairpin', "'open' has no NAT that could be '+hairpin'"],
  ['open+cgn', "'open' has no NAT that could be '+cgn'"],
  ['firewall+hairpin', "'firewall' translates nothing, so it cannot be '+hairpin'"],
  ['firewall+cgn', "'firewall' translates nothing, so it cannot be '+cgn'"],
  ['firewall+block=64', "'firewall' translates nothing, so it cannot be '+block'"],
  ['udp-blocked+noise=1', "'+noise' is about UDP, which 'udp-blocked' drops"],
  ['udp-blocked+lifetime=5', "'+lifetime' is about UDP, which 'udp-blocked' drops"],
  ['symmetric+randport', "'+randport' is for cones; a symmetric NAT chooses its ports already"],
  ['symmetric-addr+randport', "'+randport' is for cones; a symmetric NAT chooses its ports already"],
  ['symmetric-seq+block=64', "'+block' draws ports at random; 'symmetric-seq' counts"],
  ['symmetric+step=2', "'+step' is for 'symmetric-seq', which counts"],
  ['symmetric-addr+linux-open', "'+linux-open' moves a port to another; 'symmetric-addr' keeps one for each address"],
  ['full-cone+no-icmp+icmp-errors', "'+icmp-errors' lets errors out, and '+no-icmp' nothing"],
  ['full-cone+block=64+randport', "'+randport' and '+block' each say how ports are chosen"],
  ['full-cone+randport+linux-open', "'+linux-open' is what a NAT that preserves ports does, and '+randport' does not"],
  ['full-cone+linux-open+block=64', "'+linux-open' is what a NAT that preserves ports does, and '+block' does not"],
])("'%s' makes no sense, and the refusal says why", (name, why) => {
  expect(() => natFlavour(name)).toThrow(new UnknownNat(name, why));
});

test('a behaviour stands for itself, alone or in a chain', () => {
  const quiet = { ...LINUX_NAT, hairpin: true };
  expect(natFlavour(quiet)).toEqual([quiet]);
  expect(natFlavour([quiet, LINUX_NAT])).toEqual([quiet, LINUX_NAT]);
  expect(natFlavour([])).toEqual([]);
});
