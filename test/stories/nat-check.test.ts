/** The three-role check in worlds of its own: what every kind of NAT comes to, with losses, and with many clients at once. */
import { describe, expect, test } from 'vitest';
import type { AnyStateMachine } from 'xstate';
import { record, type Recording, replay } from '../../adapters/replay/index.ts';
import { FIREWALL, type NatChoice, world, type WorldOptions } from '../../adapters/sim/index.ts';
import { redactor } from '../../effects/codec.ts';
import { run } from '../../effects/run.ts';
import { textAssist } from '../../machines/nat-check/text-assist.ts';
import type { CheckOutcome } from '../../machines/nat-check/text-check.ts';
import { natCheckText } from '../../machines/nat-check/text-scenario.ts';
import { textClient } from '../../machines/nat-check/text-client.ts';
import { textServer } from '../../machines/nat-check/text-server.ts';
import { textCodec } from '../../machines/nat-check/text.ts';
import type { Verdict } from '../../machines/nat-check/verdict.ts';
import { runs } from '../runs.ts';

const SERVERS = ['s', 'assist'];
const LOSSY: WorldOptions = { servers: SERVERS, loss: 0.1, jitterMs: 10, duplicate: 0.02 };
const TRUTH: readonly (readonly [string, NatChoice, Verdict])[] = [
  ['open', 'open', 'open'],
  ['firewall', FIREWALL, 'firewalled'],
  ['restricted firewall', { ...FIREWALL, filtering: 'address-dependent' }, 'firewalled'],
  ['full-cone', 'full-cone', 'full-cone'],
  ['full-cone+randport', 'full-cone+randport', 'full-cone'],
  ['restricted', 'restricted', 'restricted'],
  ['restricted+linux-open', 'restricted+linux-open', 'restricted'],
  ['port-restricted', 'port-restricted', 'port-restricted'],
  ['port-restricted+hairpin', 'port-restricted+hairpin', 'port-restricted'],
  ['full-cone+cgn', 'full-cone+cgn', 'port-restricted'],
  ['restricted+cgn', 'restricted+cgn', 'port-restricted'],
  ['symmetric', 'symmetric', 'symmetric'],
  ['symmetric-seq', 'symmetric-seq', 'symmetric'],
  ['symmetric+cgn', 'symmetric+cgn', 'symmetric'],
];

const said = (outcome: CheckOutcome | undefined): string => (outcome?.kind === 'checked' ? outcome.verdict : (outcome?.reason ?? 'nothing'));

describe('every kind of NAT is called by its name', () => {
  test.each(TRUTH)('%s', (_name, place, verdict) => {
    const w = world({ a: place }, { servers: SERVERS, latencyMs: 20 }).run(natCheckText);
    expect(said(w.outcome('a'))).toBe(verdict);
    expect(w.outcomes('a')).toHaveLength(1);
    expect(w.outcome('a')).toMatchObject({ elapsedMs: w.outcomes('a')[0]?.at });
    expect(w.stop().leaks()).toEqual([]);
  });
});

test('a blocked UDP is a server that does not answer, and no verdict', () => {
  const w = world({ a: 'udp-blocked' }, { servers: SERVERS }).run(natCheckText);
  expect(w.outcome('a')).toMatchObject({ kind: 'failed', reason: 'no-server' });
  expect(w.outcomes('a')[0]?.at).toBe(7_500);
});

describe('at 10 % loss, with jitter and copies, no verdict is wrong, and hardly a check is without one', () => {
  const RUNS = runs(100, 8);
  const rows: string[] = [];
  let failures = 0;

  test.each(TRUTH)('%s', (name, place, verdict) => {
    const counts: Record<string, number> = {};
    for (let seed = 1; seed <= RUNS; seed += 1) {
      const w = world({ a: place }, { ...LOSSY, seed: `${name} ${seed}`, keep: false }).run(natCheckText, { settleMs: 0 });
      const words = said(w.outcome('a'));
      counts[words] = (counts[words] ?? 0) + 1;
    }
    const { [verdict]: right = 0, 'no-server': unanswered = 0, 'no-assist': unreported = 0, inconclusive = 0, ...wrong } = counts;
    failures += unanswered + unreported + inconclusive;
    rows.push(`${name.padEnd(24)} ${verdict.padEnd(16)} ${right} right, ${unanswered + unreported + inconclusive} without a verdict`);
    expect(wrong).toEqual({});
  }, 60_000);

  test('and how often', () => {
    console.log(rows.join('\n'));
    expect(failures).toBeLessThan((RUNS * TRUTH.length) / 200);
  });
});

describe('several at once', () => {
  test.each(['full-cone', 'restricted', 'port-restricted', 'symmetric'] as const)('two behind one %s, whenever the second comes', (nat) => {
    for (let startMs = 0; startMs <= 3_000; startMs += runs(50, 350)) {
      const w = world({ a: nat, b: 'behind a' }, { servers: SERVERS, latencyMs: 20, keep: false, startMs: { b: startMs } }).run(natCheckText);
      expect([startMs, said(w.outcome('a')), said(w.outcome('b'))]).toEqual([startMs, nat, nat]);
      expect(w.stop().leaks()).toEqual([]);
    }
  }, 60_000);

  test('twelve behind one NAT, with losses', () => {
    const verdicts = new Set<string>();
    for (let seed = 1; seed <= runs(10, 2); seed += 1) {
      const guests = Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`b${n}`, 'behind a']));
      const startMs = Object.fromEntries(Object.keys(guests).map((name, n) => [name, n * 70]));
      const w = world({ a: 'restricted', ...guests }, { ...LOSSY, seed, keep: false, startMs }).run(natCheckText);
      for (const host of ['a', ...Object.keys(guests)]) verdicts.add(said(w.outcome(host)));
    }
    for (const failure of ['no-server', 'no-assist', 'inconclusive']) verdicts.delete(failure);
    expect([...verdicts]).toEqual(['restricted']);
  }, 60_000);

  test('a hundred, each behind a NAT of its own', () => {
    const kinds = ['open', 'full-cone', 'restricted', 'port-restricted', 'symmetric'];
    const places = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`c${n}`, kinds[n % kinds.length]!]));
    const w = world(places, { ...LOSSY, keep: false }).run(natCheckText);
    const wrong = Object.entries(places).flatMap(([host, nat]) => (said(w.outcome(host)) === nat ? [] : [`${host} behind ${nat}: ${said(w.outcome(host))}`]));
    expect(wrong).toEqual([]);
    expect(w.stop().leaks()).toEqual([]);
  }, 60_000);
});

test('stopped at any moment it says so, and leaves no socket', () => {
  for (let stopMs = 0; stopMs <= 2_000; stopMs += runs(10, 70)) {
    const w = world({ a: 'port-restricted' }, { servers: SERVERS, latencyMs: 20, keep: false });
    w.clock.setTimeout(() => w.running('a').actor.send({ type: 'close' }), stopMs);
    w.run(natCheckText, { settleMs: 0 });
    expect(['interrupted', 'port-restricted']).toContain(said(w.outcome('a')));
    expect(w.host('a').openSockets()).toEqual([]);
    expect(w.stop().leaks()).toEqual([]);
  }
}, 60_000);

test('whatever is cut off, it ends within half a minute', () => {
  for (const dead of ['s', 'assist', 'a']) {
    for (let cutMs = 0; cutMs <= 2_000; cutMs += 100) {
      const w = world({ a: 'restricted' }, { servers: SERVERS, latencyMs: 20, keep: false });
      w.clock.setTimeout(() => w.partition(dead), cutMs);
      w.run(natCheckText, { maxMs: 30_000 });
      expect([dead, cutMs, ['restricted', 'no-server', 'no-assist', 'inconclusive'].includes(said(w.outcome('a')))]).toEqual([dead, cutMs, true]);
      w.stop();
    }
  }
}, 60_000);

test('a recorded check replays, in all three roles and whenever it is stopped', () => {
  const machines = { a: textClient, s: textServer, assist: textAssist };
  const codec = textCodec();
  for (const stopMs of [0, 20, 100, 500, 1_000, 20_000]) {
    const logs: Record<string, string[]> = {};
    const recordings: Record<string, Recording> = {};
    const decorate: WorldOptions['decorate'] = (host, surroundings, { input }) => {
      const lines: string[] = (logs[host] = []);
      const header = { machine: machines[host as keyof typeof machines].id, id: host, input: input as object };
      return (recordings[host] = record({ ...surroundings, write: (line) => lines.push(line), header, redact: redactor(codec, codec) }));
    };
    const w = world({ a: 'restricted' }, { ...LOSSY, seed: 3, decorate });
    w.clock.setTimeout(() => {
      for (const host of Object.keys(machines).filter((name) => w.running(name).actor.getSnapshot().status === 'active')) {
        recordings[host]?.told({ type: 'close' });
        w.running(host).actor.send({ type: 'close' });
      }
    }, stopMs);
    w.run(natCheckText, { settleMs: 20_000 });
    for (const [host, lines] of Object.entries(logs)) {
      const difference = replay(`${lines.join('\n')}\n`, ({ net, clock, header }) => {
        const { actor, stop } = run(machines[host as keyof typeof machines] as AnyStateMachine, { net, clock, codec, id: header.id, input: header.input });
        actor.start();
        return { stop, tell: (event) => actor.send(event) };
      });
      expect([host, stopMs, lines.length > 1, difference]).toEqual([host, stopMs, true, undefined]);
    }
  }
}, 60_000);

test('the evidence says what was seen, and how often it was asked', () => {
  const w = world({ a: 'restricted' }, { servers: SERVERS, latencyMs: 20 }).run(natCheckText);
  expect(w.outcome('a')).toMatchInlineSnapshot(`
    {
      "elapsedMs": 2175,
      "evidence": [
        {
          "because": "The server saw 198.18.1.2:40000, which is no address of this socket.",
          "claim": "address translation",
        },
        {
          "because": "One socket was seen at 198.18.1.2:40000 by the server and at 198.18.1.2:40000 by the assist at 198.18.0.4.",
          "claim": "the mapping does not depend on the destination",
        },
        {
          "because": "A socket that had written to the assist only did not hear the server, which answers NEXT only once it has sent that test; it was asked 16 times.",
          "claim": "strangers are kept out",
        },
        {
          "because": "A socket that had written to port 7000 of 198.18.0.2 heard its port 7001.",
          "claim": "filtered by address",
        },
      ],
      "kind": "checked",
      "local": {
        "host": "192.168.1.2",
        "port": 40000,
      },
      "reflexive": {
        "host": "198.18.1.2",
        "port": 40000,
      },
      "verdict": "restricted",
    }
  `);
});
