/** TCP openings in which one side starts later than agreed, over lines of any length: how long they take. */
import { world } from '../../adapters/sim/world.ts';
import type { Scenario } from '../../effects/scenario.ts';
import type { Outcome } from '../../machines/outcome.ts';
import { tcpOpen, tcpOpenPeer } from '../../machines/tcp-open/index.ts';

export interface Skewed {
  /** One way, ms. */
  readonly latencyMs: number;
  readonly skewMs: number;
  /** From the moment at which both call until both have agreed; undefined when they do not. */
  readonly ms: number | undefined;
}

/** `steps` latencies from 1 to 153 ms, each with as many skews from 0 to 1.5 s, closer to each other where they are short. */
export function skewTable(a: string, b: string, steps: number): readonly (readonly Skewed[])[] {
  const along = Array.from({ length: steps }, (_, n) => n / (steps - 1));
  return along.map((x) => {
    const latencyMs = 1 + Math.round(152 * x);
    return along.map((y) => {
      const skewMs = Math.round(1_500 * y ** 2);
      return { latencyMs, skewMs, ms: opened(a, b, latencyMs, skewMs) };
    });
  });
}

/** Those that do not come about within a dozen round trips and a second: some tries more than it takes without any luck. */
export function tooSlow(table: readonly (readonly Skewed[])[]): readonly Skewed[] {
  return table.flat().filter(({ ms, latencyMs }) => ms === undefined || ms > 24 * latencyMs + 1_000);
}

export function printed(title: string, table: readonly (readonly Skewed[])[]): string {
  const head = ['     ', ...(table[0] ?? []).map(({ skewMs }) => String(skewMs).padStart(5))].join(' ');
  const lines = table.map((row) => [String(row[0]?.latencyMs).padStart(5), ...row.map(({ ms }) => (ms === undefined ? '·' : ms.toFixed(0)).padStart(5))].join(' '));
  return [`${title}: ms after the later side's start; rows one-way latency, columns skew`, head, ...lines].join('\n');
}

function opened(a: string, b: string, latencyMs: number, skewMs: number): number | undefined {
  const w = world({ a, b }, { latencyMs, keep: false, seed: `${latencyMs} ${skewMs}` }).run(lateBy(skewMs), { settleMs: 0 });
  const outcomes = [w.outcome<Outcome>('a'), w.outcome<Outcome>('b')];
  w.stop();
  const times = outcomes.flatMap((outcome) => (outcome?.kind === 'connected' ? [outcome.elapsedMs] : []));
  // Until the start: a registration and its answer, another one and the introduction.
  return times.length === 2 ? Math.max(...times) - 4 * latencyMs - skewMs : undefined;
}

/** The cast, in which b starts so much later than agreed. */
export function lateBy(lateMs: number): Scenario {
  return {
    ...tcpOpen,
    part: (host, stage) => {
      const part = tcpOpen.part(host, stage);
      return part?.machine === tcpOpenPeer && host === 'b' ? { ...part, input: { ...(part.input as object), lateMs } } : part;
    },
  };
}
