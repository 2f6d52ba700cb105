/** Our three roles with those of the original nat_check.py, on the simulated internet: who says what to whom, and what comes of it. */
import { describe, expect, test } from 'vitest';
import { FIREWALL, type NatChoice, type World, world } from '../../adapters/sim/index.ts';
import type { Scenario } from '../../effects/scenario.ts';
import { fromUtf8 } from '../../effects/wire/bytes.ts';
import type { CheckOutcome } from '../../machines/nat-check/text-check.ts';
import { NAT_CHECK_PORT, natCheckText } from '../../machines/nat-check/text-scenario.ts';
import { assist, client, server, start } from './nat-check-programs.ts';
import { runs } from '../runs.ts';

const WORLD = { servers: ['s', 'assist'], latencyMs: 20 };
type Theirs = { readonly s?: true; readonly assist?: true; readonly a?: true };

/** What our client's outcome or the original client's last line says, and how the original servers ended. */
function check(w: World, theirs: Theirs, maxMs = 30_000): { readonly said: string | undefined; readonly ended: readonly (string | undefined)[] } {
  const [main, helper] = [{ address: w.address('s'), port: NAT_CHECK_PORT }, { address: w.address('assist'), port: NAT_CHECK_PORT }];
  const servers = [
    ...(theirs.s ? [start(w.host('s'), server(w.host('s'), main.port, main.address))] : []),
    ...(theirs.assist ? [start(w.host('assist'), assist(w.host('assist'), helper.port, helper.address, main))] : []),
  ];
  const cast: Scenario = { ...natCheckText, part: (host, stage) => (theirs[host as keyof Theirs] ? undefined : natCheckText.part(host, stage)) };
  let printed: () => string | undefined = () => undefined;
  if (theirs.a) w.clock.setTimeout(() => (printed = start(w.host('a'), client(w.host('a'), main, helper))), 10);
  w.run(cast, { maxMs, settleMs: theirs.a ? maxMs : 1_000 });
  const outcome = theirs.a ? undefined : w.outcome<CheckOutcome>('a');
  return { said: outcome === undefined ? printed() : outcome.kind === 'checked' ? outcome.verdict : outcome.reason, ended: servers.map((end) => end()) };
}

/** Each datagram that was sent, as text: `a > s register`; ports by how they differ from the one that listens. */
function spoken(w: World): string[] {
  const names = new Map([[w.address('s'), 's'], [w.address('assist'), 'assist']]);
  return w.journeys().map(({ host, src, dst, data }) => {
    const port = src.port === NAT_CHECK_PORT + 1 ? ' second port' : '';
    return `${host}${port} > ${names.get(dst.host) ?? 'a'} ${fromUtf8(data)}`;
  });
}

const NATS: readonly (readonly [string, NatChoice, string, string, string])[] = [
  ['open', 'open', 'Open Internet', 'open', 'open'],
  ['firewall', FIREWALL, 'Open Internet', 'firewalled', 'firewalled'],
  ['full-cone', 'full-cone', 'Full-Cone NAT', 'full-cone', 'full-cone'],
  ['restricted', 'restricted', 'Restricted NAT', 'restricted', 'restricted-or-port-restricted'],
  ['port-restricted', 'port-restricted', 'Restricted-Port NAT', 'port-restricted', 'restricted-or-port-restricted'],
  ['symmetric', 'symmetric', 'Symmetric NAT', 'symmetric', 'symmetric'],
];

describe.each(NATS)('behind %s', (_name, place, original, verdict, vague) => {
  test.each([[{ a: true }], [{ a: true, assist: true }]] as const)('the original client is told right by our server: %j', (theirs) => {
    expect(check(world({ a: place }, WORLD), theirs).said).toBe(original);
  });

  test('ours is told right by our server and the original assist', () => {
    expect(check(world({ a: place }, WORLD), { assist: true }).said).toBe(verdict);
  });

  test.each([[{ s: true }], [{ s: true, assist: true }]] as const)('ours says of the original server no more than it can tell: %j', (theirs) => {
    const { said, ended } = check(world({ a: place }, WORLD), theirs);
    expect(said).toBe(vague);
    expect(ended).not.toContain('IndexError');
  });
});

test('the original client hears exactly what its own server would say, but for one test that comes from the second port', () => {
  const w = world({ a: 'restricted' }, WORLD);
  check(w, { a: true });
  expect(spoken(w)).toMatchInlineSnapshot(`
    [
      "a > s register",
      "a > assist register",
      "s > a 198.18.1.2:40000",
      "assist > s 198.18.1.2:40000",
      "s > a 198.18.1.2:40000",
      "a > s register",
      "a > assist register",
      "assist > s 198.18.1.2:40002",
      "s > a TEST FOR FULL-CONE NAT",
      "a > s NEXT",
      "s second port > a TEST FOR Restricted NAT",
    ]
  `);
});

test('ours says to the original server exactly what its own client would say, in an order that nothing can turn', () => {
  const w = world({ a: 'port-restricted' }, WORLD);
  expect(check(w, { s: true, assist: true }).ended).toEqual(['done', 'done']);
  expect(spoken(w)).toMatchInlineSnapshot(`
    [
      "a > s register",
      "s > a 198.18.1.2:40000",
      "a > assist register",
      "assist > s 198.18.1.2:40000",
      "s > a 198.18.1.2:40000",
      "a > s register",
      "a > assist register",
      "assist > s 198.18.1.2:40002",
      "s > a TEST FOR FULL-CONE NAT",
      "a > s NEXT",
      "s > a TEST FOR Restricted NAT",
      "a > s NEXT",
      "s > a TEST FOR Restricted-Port NAT",
    ]
  `);
});

test('at any distance the original server is recognised, and nothing is said to it that it does not need', () => {
  for (const latencyMs of [0, 5, 100, 300, 500]) {
    const w = world({ a: 'restricted' }, { ...WORLD, latencyMs });
    expect([latencyMs, check(w, { s: true, assist: true }).said]).toEqual([latencyMs, 'restricted-or-port-restricted']);
    if (latencyMs <= 300) expect(w.journeys().filter(({ host }) => host === 'a')).toHaveLength(6);
  }
});

const NAMES = { 'full-cone': 'Full-Cone NAT', restricted: 'Restricted NAT', 'port-restricted': 'Restricted-Port NAT', symmetric: 'Symmetric NAT' };
const LATER = [...Array.from({ length: 30 }, (_, n) => n * 10), ...Array.from({ length: 15 }, (_, n) => 300 + n * 800)].filter((_, n) => n % runs(1, 4) === 0);

describe.each(Object.entries(NAMES))('behind one %s', (nat, name) => {
  /** Two clients, the second so much later; what they come to. */
  const both = (laterMs: number, ours: boolean): readonly (string | undefined)[] => {
    const w = world({ a: nat, b: 'behind a' }, { ...WORLD, keep: false });
    const [main, helper] = [{ address: w.address('s'), port: NAT_CHECK_PORT }, { address: w.address('assist'), port: NAT_CHECK_PORT }];
    const printed: (() => string | undefined)[] = [];
    const begin = (host: string, startMs: number) => w.clock.setTimeout(() => printed.push(start(w.host(host), client(w.host(host), main, helper))), startMs);
    begin('b', 10 + laterMs);
    if (!ours) begin('a', 10);
    w.run({ ...natCheckText, part: (host, stage) => (host === 'b' || (host === 'a' && !ours) ? undefined : natCheckText.part(host, stage)) }, { settleMs: 25_000 });
    const outcome = w.outcome<CheckOutcome>('a');
    return [...(outcome?.kind === 'checked' ? [outcome.verdict] : []), ...printed.map((end) => end())];
  };

  test('two original clients are both told right by our servers, whenever the second comes', () => {
    for (const laterMs of LATER) expect([laterMs, both(laterMs, false)]).toEqual([laterMs, [name, name]]);
  }, 60_000);

  test('an original client is told right beside one of ours, whenever it comes', () => {
    for (const laterMs of LATER) expect([laterMs, both(laterMs, true)]).toEqual([laterMs, [nat, name]]);
  }, 60_000);
});

test('an original server that has lost step is called so', () => {
  const w = world({ a: 'port-restricted' }, WORLD);
  w.lose('s -> a', 1);
  const { said } = check(w, { s: true, assist: true });
  expect(said).toBe('out-of-step');
});

test('with loss ours never says of an original server more than was seen, and always ends', () => {
  const known: Readonly<Record<string, readonly string[]>> = {
    // The original sends its full-cone test once.
    'full-cone': ['full-cone', 'restricted-or-port-restricted'],
    restricted: ['restricted-or-port-restricted'],
    'port-restricted': ['restricted-or-port-restricted'],
    symmetric: ['symmetric'],
  };
  const failures = ['no-server', 'no-assist', 'out-of-step', 'inconclusive'];
  for (const theirs of [{ s: true }, { s: true, assist: true }] as const) {
    for (const [nat, verdicts] of Object.entries(known)) {
      for (let seed = 1; seed <= runs(40, 6); seed += 1) {
        const w = world({ a: nat }, { ...WORLD, loss: 0.1, jitterMs: 10, duplicate: 0.01, seed, keep: false });
        expect([nat, seed, [...verdicts, ...failures].includes(check(w, theirs).said ?? '')]).toEqual([nat, seed, true]);
      }
    }
  }
}, 60_000);
