/**
 * How much later than agreed one side may start, and how far apart the two may be: NATs that refuse unknown SYNs are opened at
 * every skew and every round trip of the table, so the rounds of both sides lock into no losing step. Prints the table.
 */
import { expect, test } from 'vitest';
import { world } from '../../adapters/sim/world.ts';
import type { Scenario } from '../../effects/scenario.ts';
import type { Outcome } from '../../machines/outcome.ts';
import { tcpOpen, tcpOpenPeer } from '../../machines/tcp-open/index.ts';

const STEPS = Array.from({ length: 20 }, (_, n) => n);
/** One way, ms: from 1 to 153. */
const LATENCIES = STEPS.map((n) => 1 + 8 * n);
/** From 0 to 1.5 s, more closely where steps lock. */
const SKEWS = STEPS.map((n) => Math.round(1_500 * (n / 19) ** 2));

function lateBy(lateMs: number): Scenario {
  return {
    ...tcpOpen,
    part: (host, stage) => {
      const part = tcpOpen.part(host, stage);
      return part?.machine === tcpOpenPeer && host === 'b' ? { ...part, input: { ...(part.input as object), lateMs } } : part;
    },
  };
}

/** From the moment at which both call until both have agreed, or undefined. */
function opened(nat: string, latencyMs: number, lateMs: number): number | undefined {
  const w = world({ a: nat, b: nat }, { latencyMs, keep: false, seed: `${latencyMs} ${lateMs}` }).run(lateBy(lateMs), { settleMs: 0 });
  const outcomes = [w.outcome<Outcome>('a'), w.outcome<Outcome>('b')];
  w.stop();
  const times = outcomes.flatMap((outcome) => (outcome?.kind === 'connected' ? [outcome.elapsedMs] : []));
  // Until the start: a registration and its answer, another one and the introduction.
  return times.length === 2 ? Math.max(...times) - 4 * latencyMs - lateMs : undefined;
}

test.each(['port-restricted+rst', 'port-restricted'])('%s on both sides: no skew and no round trip of a 20 × 20 table keeps them apart', (nat) => {
  const table = LATENCIES.map((latencyMs) => SKEWS.map((skew) => opened(nat, latencyMs, skew)));
  const lines = table.map((row, n) => [String(LATENCIES[n]).padStart(5), ...row.map((ms) => (ms === undefined ? '·' : ms.toFixed(0)).padStart(5))].join(' '));
  console.log([`${nat}: ms after the later side's start; rows one-way latency, columns skew`, ['     ', ...SKEWS.map((skew) => String(skew).padStart(5))].join(' '), ...lines].join('\n'));
  expect(table.flat().filter((ms) => ms === undefined)).toEqual([]);
});
