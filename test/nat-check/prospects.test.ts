/** What a behaviour means for each kind of peer: seed 003's pair table, and answers that stand whatever the unknown turns out to be. */
import { describe, expect, test } from 'vitest';
import type { Behaviour } from '../../machines/nat-check/behaviour.ts';
import { type Outlook, PEERS, type Prospect, prospectsOf } from '../../machines/nat-check/prospects.ts';
import { type Dependence, type Kind, KINDS } from '../../machines/reach.ts';

type Measured = Parameters<typeof prospectsOf>[0];

const KINDS_IN_ORDER: readonly Kind[] = ['open', 'full-cone', 'restricted', 'port-restricted', 'symmetric'];

/** As seed 003 has it: who can be punched, A down, B across. */
const PAIR_TABLE: Readonly<Record<Kind, readonly ('yes' | 'no')[]>> = {
  open: ['yes', 'yes', 'yes', 'yes', 'yes'],
  'full-cone': ['yes', 'yes', 'yes', 'yes', 'yes'],
  restricted: ['yes', 'yes', 'yes', 'yes', 'yes'],
  'port-restricted': ['yes', 'yes', 'yes', 'yes', 'no'],
  symmetric: ['yes', 'yes', 'yes', 'no', 'no'],
};

const DEPENDENCES: readonly Dependence[] = ['endpoint-independent', 'address-dependent', 'address-and-port-dependent'];
const ALLOCATIONS: readonly NonNullable<Behaviour['allocation']>[] = [
  { kind: 'preserved' },
  { kind: 'sequential', step: 2 },
  { kind: 'random' },
  { kind: 'block', size: 64, first: 1_024, last: 1_087 },
];

describe('the first row', () => {
  test.each(KINDS_IN_ORDER)('%s: seed 003, cell by cell', (kind) => {
    const udp = row(measured(kind), 'udp');
    // What has to be guessed is no "sure" of seed 003's.
    expect(KINDS_IN_ORDER.map((peer) => (udp[peer] === 'yes' ? 'yes' : 'no'))).toEqual(PAIR_TABLE[kind]);
    expect(udp['symmetric-seq'] === 'yes').toBe(udp.symmetric === 'yes');
  });
});

test('natpunch guesses where one side keeps its port, or both count theirs', () => {
  const udp = (measurements: Measured): readonly Prospect[] => PEERS.map((peer) => row(measurements, 'udp')[peer]);
  const symmetric = measured('symmetric');
  expect(udp(measured('port-restricted'))).toEqual(['yes', 'yes', 'yes', 'yes', 'likely', 'likely']);
  expect(udp({ ...symmetric, allocation: { kind: 'sequential', step: 1 } })).toEqual(['yes', 'yes', 'yes', 'likely', 'no', 'likely']);
  expect(udp({ ...symmetric, allocation: { kind: 'random' } })).toEqual(['yes', 'yes', 'yes', 'likely', 'no', 'no']);
});

test('n4 helps exactly where every changing port is one that can be told', () => {
  const n4 = (measurements: Measured): readonly Prospect[] => PEERS.map((peer) => row(measurements, 'n4')[peer]);
  const symmetric = measured('symmetric');
  expect(n4(measured('port-restricted'))).toEqual(['yes', 'yes', 'yes', 'yes', 'no', 'likely']);
  expect(n4({ ...symmetric, allocation: { kind: 'sequential', step: 1 } })).toEqual(['yes', 'yes', 'yes', 'likely', 'no', 'likely']);
  expect(n4({ ...symmetric, allocation: { kind: 'random' } })).toEqual(['yes', 'yes', 'yes', 'no', 'no', 'no']);
  expect(n4({ ...symmetric, allocation: null })).toEqual(['yes', 'yes', 'yes', 'unknown', 'no', 'unknown']);
});

test('TCP is never surer than likely, and pwnat never more than unknown: neither was tested', () => {
  for (const measurements of everything()) {
    expect(Object.values(row(measurements, 'tcp'))).not.toContain('yes');
    expect(['no', 'unknown']).toEqual(expect.arrayContaining(Object.values(row(measurements, 'pwnat'))));
  }
});

test('pwnat needs a kept port where a NAT waits for a call, and of the caller where that NAT looks at ports', () => {
  const pwnat = (measurements: Measured): readonly Prospect[] => PEERS.map((peer) => row(measurements, 'pwnat')[peer]);
  expect(pwnat(measured('open'))).toEqual(PEERS.map(() => 'unknown'));
  expect(pwnat(measured('restricted'))).toEqual(PEERS.map(() => 'unknown'));
  expect(pwnat(measured('port-restricted'))).toEqual(['unknown', 'unknown', 'unknown', 'unknown', 'no', 'no']);
  expect(pwnat(measured('symmetric'))).toEqual(['unknown', 'unknown', 'unknown', 'no', 'no', 'no']);
  expect(pwnat({ ...measured('full-cone'), portPreserved: false })).toEqual(['unknown', 'unknown', 'unknown', 'no', 'no', 'no']);
});

test('blocked UDP joins nobody by any protocol', () => {
  const blocked: Measured = { udp: false, nat: null, mapping: null, filtering: null, portPreserved: null, allocation: null, verdict: 'udp-blocked' };
  for (const { peers } of prospectsOf(blocked)) expect(Object.values(peers)).toEqual(PEERS.map(() => 'no'));
});

test('a definite answer stands whatever the unknown turns out to be', () => {
  expect(answers().filter(({ said, right }) => said !== 'unknown' && said !== right)).toEqual([]);
});

test('unknown is only what depends on it', () => {
  expect(answers().filter(({ said, right }) => said !== right)).toEqual([]);
});

/** What is said of every set of measurements, and what all that they leave possible has in common. */
function answers() {
  return everything().flatMap((measurements) => {
    const whole = completions(measurements).map(prospectsOf);
    return prospectsOf(measurements).flatMap(({ protocol, peers }, i) =>
      PEERS.map((peer) => ({ measurements, protocol, peer, said: peers[peer], right: common(whole.map((outlooks) => outlooks[i]?.peers[peer] ?? 'unknown')) })),
    );
  });
}

/** A host of this kind, all of it measured. */
function measured(kind: Kind): Measured {
  const { nat, udp, mapping, filtering } = KINDS[kind];
  return { nat, udp, mapping, filtering, portPreserved: nat ? mapping === 'endpoint-independent' : null, allocation: nat ? { kind: 'random' } : null, verdict: kind };
}

/** Every set of measurements with a verdict that goes with it. */
function everything(): readonly Measured[] {
  const each = <T>(values: readonly T[]): readonly (T | null)[] => [...values, null];
  return [true, false].flatMap((nat) =>
    each(DEPENDENCES).flatMap((mapping) =>
      each(DEPENDENCES).flatMap((filtering) =>
        (nat ? each([true, false]) : [null]).flatMap((portPreserved) =>
          (nat ? each(ALLOCATIONS) : [null]).flatMap((allocation) =>
            verdicts(nat, mapping, filtering).map((verdict) => ({ udp: true, nat, mapping, filtering, portPreserved, allocation, verdict })),
          ),
        ),
      ),
    ),
  );
}

function verdicts(nat: boolean, mapping: Behaviour['mapping'], filtering: Behaviour['filtering']): readonly Behaviour['verdict'][] {
  const byFilter = {
    'endpoint-independent': nat ? 'full-cone' : 'open',
    'address-dependent': nat ? 'restricted' : 'firewalled',
    'address-and-port-dependent': nat ? 'port-restricted' : 'firewalled',
  } as const;
  // Whether it varies may be known where it is not known with what.
  if (nat && mapping === null) return [null, 'symmetric'];
  // Without a NAT nothing is mapped.
  if (!nat && mapping !== null && mapping !== 'endpoint-independent') return [];
  if (nat && mapping !== 'endpoint-independent') return ['symmetric'];
  if (filtering !== null) return [byFilter[filtering]];
  return [null, nat ? 'restricted-or-port-restricted' : 'firewalled'];
}

/** All that the nulls can stand for, given the verdict. */
function completions(measurements: Measured): readonly Measured[] {
  const { nat, mapping, filtering, portPreserved, allocation, verdict } = measurements;
  const isFiltered = verdict === 'firewalled' || verdict === 'restricted-or-port-restricted';
  const mappings = mapping ? [mapping] : !nat ? DEPENDENCES.slice(0, 1) : verdict === 'symmetric' ? DEPENDENCES.slice(1) : DEPENDENCES;
  const filters = filtering ? [filtering] : isFiltered ? DEPENDENCES.slice(1) : DEPENDENCES;
  const kept = portPreserved !== null || !nat ? [portPreserved] : [true, false];
  const allocations = allocation || !nat ? [allocation] : ALLOCATIONS;
  return mappings.flatMap((its) => filters.flatMap((filter) => kept.flatMap((keeps) => allocations.map((ports) => ({ ...measurements, mapping: its, filtering: filter, portPreserved: keeps, allocation: ports })))));
}

/** What can be said when each of these may be the case. */
function common(possible: readonly Prospect[]): Prospect {
  const [first = 'unknown', ...others] = new Set(possible);
  if (others.length === 0) return first;
  return possible.every((answer) => answer === 'yes' || answer === 'likely') ? 'likely' : 'unknown';
}

function row(measurements: Measured, protocol: Outlook['protocol']): Outlook['peers'] {
  const found = prospectsOf(measurements).find((outlook) => outlook.protocol === protocol);
  if (!found) throw new Error(`no row ${protocol}`);
  return found.peers;
}
