/** A check in words: whatever was found, it fits a terminal, hides nothing and says why something is not known. */
import { describe, expect, test } from 'vitest';
import { adviceOn } from '../../cli/check-advice.ts';
import { checkWords } from '../../cli/check-words.ts';
import { type CheckResult, stunResult, textResult } from '../../cli/check-result.ts';
import type { Endpoint } from '../../effects/endpoint.ts';
import type { Checked, TextChecked } from '../../machines/nat-check/index.ts';
import { checkResult, expectReadable } from './check-shapes.ts';

const EFFORT = { elapsedMs: 12.34, packetsSent: 5 };
const LOCAL: Endpoint = { host: '2001:db8:1111:2222:3333:4444:5555:6666', port: 40_000 };
const REFLEXIVE: Endpoint = { host: '2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff', port: 50_000 };

const MEASURED: Checked = {
  kind: 'checked',
  verdict: 'port-restricted',
  udp: true,
  nat: true,
  mapping: 'endpoint-independent',
  filtering: 'address-and-port-dependent',
  hairpin: true,
  portPreserved: false,
  allocation: { kind: 'random' },
  reflexive: REFLEXIVE,
  local: LOCAL,
  evidence: [{ claim: 'udp', value: true, confidence: 1, because: 'somebody answered' }],
};
const NOT_ONE: Partial<Checked> = { verdict: null, mapping: null, filtering: null, hairpin: null, portPreserved: null, allocation: null };

const found = (checked: Partial<Checked>): CheckResult => stunResult({ ...MEASURED, ...checked }, EFFORT);
const told = (verdict: TextChecked['verdict'], reflexive = REFLEXIVE): CheckResult =>
  textResult({ kind: 'checked', verdict, reflexive, local: LOCAL, evidence: [{ claim: 'address translation', because: 'it was seen' }], elapsedMs: 12.34 }, EFFORT);
const words = (result: CheckResult, verbose = false): string => checkWords(result, (_style, text) => text, verbose).join('\n');

const unknown = (claim: Checked['evidence'][number]['claim'], because: string): Checked['evidence'][number] => ({ claim, value: null, confidence: 0, because });
const VERDICTS = ['open', 'firewalled', 'full-cone', 'restricted', 'port-restricted', 'symmetric', 'restricted-or-port-restricted'] as const;
const RESULTS: Readonly<Record<string, CheckResult>> = {
  ...Object.fromEntries(VERDICTS.flatMap((verdict) => [[`stun: ${verdict}`, found({ verdict, nat: verdict !== 'open' && verdict !== 'firewalled' })], [`three roles: ${verdict}`, told(verdict)]])),
  'nothing known': found(NOT_ONE),
  'nothing known, no NAT': found({ ...NOT_ONE, nat: false }),
  blocked: found({ ...NOT_ONE, verdict: 'udp-blocked', udp: false, nat: null, reflexive: null, evidence: [{ claim: 'udp', value: false, confidence: 0.5, because: `nothing came from ${'[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:3478 and '.repeat(3)}nobody` }] }),
  block: found({ allocation: { kind: 'block', size: 4_096, first: 10_000, last: 60_000 } }),
  'NAT or not, unknown': found({ ...NOT_ONE, nat: null, evidence: [unknown('nat', 'this host’s own address is not known')] }),
  'counting up': found({ allocation: { kind: 'sequential', step: 2 } }),
  'counting down': found({ allocation: { kind: 'sequential', step: -12 } }),
  kept: found({ portPreserved: true, allocation: { kind: 'preserved' } }),
};

describe.each(Object.entries(RESULTS))('%s', (_name, result) => {
  test('fits 80 columns, plainly, with evidence or without', () => {
    expectReadable(words(result));
    expectReadable(words(result, true));
  });

  test('as JSON it has the promised shape', () => {
    expect(checkResult.parse(JSON.parse(JSON.stringify(result)))).toMatchObject({ elapsedMs: 12, packetsSent: 5 });
  });

  test('each ? beside a fact is explained below it', () => {
    const text = words(result).replaceAll('\n    ', ' ');
    for (const [, fact = ''] of text.matchAll(/^ {2}(mapping|filtering|hairpin|port preserved|new ports|lifetime) +\?$/gm)) {
      expect(text).toMatch(new RegExp(`^ {2}\\? .*${fact}.*: `, 'm'));
    }
  });
});

test('why something is not known is said in the words of the evidence, and what would help', () => {
  const evidence = [unknown('filtering', 'the server has no second address to answer from'), unknown('lifetime', 'the server refuses RESPONSE-PORT')];
  const text = words(found({ verdict: null, filtering: null, lifetime: { aliveMs: null, deadMs: null }, evidence }));
  expect(text).toContain('  lifetime         ?\n  ? filtering: the server has no second address to answer from\n  ? lifetime: the server refuses RESPONSE-PORT\n');
  expect(text).toContain('name another server too');
});

test('what nobody gives a reason for is still said, and nobody is told to open a NAT that may not be there', () => {
  const said = (checked: Partial<Checked>): string => words(found({ ...NOT_ONE, nat: null, evidence: [], ...checked }));
  expect(said({ evidence: [unknown('nat', 'its own address is not known')] })).toMatch(/^not known: its own address is not known\n/);
  expect(said({})).toMatch(/^not known: nothing could be told\.\n/);
  expect(said({})).not.toContain('to be reached from outside');
  expect(said({ verdict: 'udp-blocked', udp: false, reflexive: null })).toMatch(/^udp-blocked: no answer came\.\n/);
});

test('without a NAT nothing is said of what only NATs do', () => {
  const evidence = [unknown('hairpin', 'there is no NAT that could turn packets back'), unknown('portPreserved', 'there is no NAT'), unknown('allocation', 'there is no NAT')];
  expect(words(found({ ...NOT_ONE, verdict: 'open', nat: false, mapping: 'endpoint-independent', filtering: 'endpoint-independent', evidence }))).not.toMatch(/hairpin|port preserved|new ports|\? \w+:/);
});

test('what the three roles do not test is not called a mystery', () => {
  expect(words(told('restricted'))).toContain('  ? hairpin, new ports: this kind of check does not tell; natpunch check\n    --stun can\n');
  expect(told('symmetric')).toMatchObject({ nat: true, mapping: null, filtering: null, portPreserved: false });
  expect(told('firewalled', LOCAL)).toMatchObject({ nat: false, mapping: 'endpoint-independent', filtering: null, portPreserved: null });
});

test.each([
  [{ aliveMs: 30_000, deadMs: 31_500 }, 'between 30 s and 31.5 s of silence'],
  [{ aliveMs: 300_000, deadMs: null }, 'more than 300 s of silence'],
  [{ aliveMs: null, deadMs: 5_000 }, 'less than 5 s of silence'],
])('a lifetime of %j', (lifetime, said) => {
  expect(words(found({ lifetime }))).toContain(`  lifetime         ${said}\n`);
});

describe('what to do to be reached', () => {
  const said = (checked: Partial<Checked>): string => words(found(checked)).replaceAll('\n    ', ' ');
  const HOME = { reflexive: { host: '198.18.1.2', port: 40_000 }, local: { host: '192.168.1.2', port: 40_000 } };

  test('behind a NAT: a forwarded port, unless a carrier has another NAT above', () => {
    const text = said({ ...HOME, hairpin: false });
    expect(text).toContain('forward a port to 192.168.1.2, in the router whose outside address is 198.18.1.2');
    expect(text).toContain("another outside address than 198.18.1.2? Then a carrier's NAT stands above it");
    expect(text).toContain('not reached at 198.18.1.2 (no hairpin)');
    expect(text).not.toContain('one block');
    expect(said({ ...HOME, hairpin: true })).not.toContain('no hairpin');
  });

  test('ports of one block are named as what carriers give', () => {
    expect(said({ ...HOME, allocation: { kind: 'block', size: 512, first: 20_000, last: 20_511 } })).toContain('Ports out of one block, as here, are what carriers give');
  });

  test.each([
    ['100.64.0.2', true],
    ['100.127.255.2', true],
    ['100.63.0.2', false],
    ['100.128.0.2', false],
  ])('%s is an address that carriers give: %s', (host, isOfCarrier) => {
    const text = said({ ...HOME, local: { host, port: 40_000 } });
    expect(text.includes("the NAT is the carrier's")).toBe(isOfCarrier);
    expect(text.includes('forward a port')).toBe(!isOfCarrier);
  });

  test('without a NAT: the firewall, if there is one', () => {
    const bare = { nat: false, reflexive: HOME.reflexive, local: HOME.reflexive };
    expect(said({ ...bare, verdict: 'firewalled' })).toContain('anybody, at any time: open the port in the firewall');
    expect(said({ ...bare, ...NOT_ONE, nat: false })).toContain('if strangers are kept out, open the port');
    expect(said({ ...bare, verdict: 'open', filtering: 'endpoint-independent' })).toContain('anybody who sends to 198.18.1.2 gets through');
  });

  test('UDP that is blocked is a fact or a guess, and is called what it is', () => {
    const silent = (confidence: number): string => said({ ...NOT_ONE, verdict: 'udp-blocked', udp: false, nat: null, reflexive: null, evidence: [{ claim: 'udp', value: false, confidence, because: 'nothing came' }] });
    expect(silent(0.97)).toMatch(/^udp-blocked: nothing came\n[^]*natpunch tcp/);
    expect(silent(0.5)).toBe('udp-blocked, perhaps: nothing came');
  });
});

test('where the address is not known, nor whether there is a NAT, it says so, and gives no advice', () => {
  const nowhere = found({ ...NOT_ONE, nat: null, reflexive: null, evidence: [] });
  const lines = checkWords(nowhere, (_, text) => text, false).join('\n');
  expect([lines.includes('nothing could be told.'), lines.includes('seen as'), adviceOn(nowhere)]).toEqual([true, false, []]);
  const answered = found({ ...NOT_ONE, nat: null, evidence: [{ claim: 'udp', value: true, confidence: 1, because: 'somebody answered' }] });
  expect(checkWords(answered, (_, text) => text, false).join('\n')).toContain('somebody answered');
});
