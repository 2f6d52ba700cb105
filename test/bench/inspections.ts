/** What it costs to be watched: a simulated run with a trace of everything beside the same run without, which keeps its journal. */
import { world } from '../../adapters/sim/index.ts';
import { writeTrace } from '../../cli/inspector/trace/format.ts';
import { traceWorld } from '../../cli/inspector/trace/sim.ts';
import { Tracer } from '../../cli/inspector/trace/tracer.ts';
import type { Scenario } from '../../effects/scenario.ts';
import { n4 } from '../../machines/n4/index.ts';
import { pwnat } from '../../machines/pwnat/index.ts';
import { tcpOpen } from '../../machines/tcp-open/index.ts';
import { udpPunch } from '../../machines/udp-punch/index.ts';
import { amount } from './amount.ts';
import { inTurns, type Work } from './measure.ts';
import { count, perSecond, type Row, significant } from './table.ts';

const BUDGET_MS = amount(4_000);

const RUNS: readonly { readonly scenario: Scenario; readonly a: string; readonly b: string }[] = [
  { scenario: udpPunch, a: 'port-restricted', b: 'restricted' },
  { scenario: udpPunch, a: 'symmetric', b: 'port-restricted' },
  { scenario: tcpOpen, a: 'port-restricted', b: 'restricted' },
  { scenario: n4, a: 'symmetric-seq', b: 'symmetric-seq' },
  { scenario: pwnat, a: 'open', b: 'port-restricted' },
];

export function inspectionRows(): readonly Row[] {
  return RUNS.map((run) => {
    const [bare, watched, told, written] = inTurns([work(run, undefined), work(run, 'noted'), work(run, 'told'), work(run, 'written')], BUDGET_MS);
    const cost = (rates: typeof bare): string => significant(1 / (rates?.ratio ?? Number.NaN));
    const { scenario, a, b } = run;
    return {
      what: `watch ${scenario.name} ${a} × ${b}`,
      figure: perSecond(told?.ours ?? 0),
      baseline: { name: 'unwatched', figure: perSecond(bare?.ours ?? 0), ratio: told?.ratio ?? Number.NaN },
      note: `${count(events(run))} events; run time × ${cost(watched)} while it runs, × ${cost(told)} with the whole trace made, × ${cost(written)} with it written`,
    };
  });
}

type Extent = 'noted' | 'told' | 'written';

/** Settled as `natpunch sim` is, so that both play the same. */
function work({ scenario, a, b }: (typeof RUNS)[number], extent: Extent | undefined): Work {
  let seed = 0;
  return {
    items: 1,
    once() {
      seed += 1;
      const w = world({ a, b }, { seed, latencyMs: 20 });
      const tracer = extent === undefined ? undefined : new Tracer({ title: '', origin: 'sim' });
      const end = tracer && traceWorld(tracer, w);
      w.run(scenario).stop();
      end?.();
      if (extent === 'told') tracer?.read();
      if (extent === 'written' && tracer) writeTrace(tracer.trace());
    },
  };
}

function events({ scenario, a, b }: (typeof RUNS)[number]): number {
  const w = world({ a, b }, { latencyMs: 20 });
  const tracer = new Tracer({ title: '', origin: 'sim' });
  const end = traceWorld(tracer, w);
  w.run(scenario).stop();
  end();
  return tracer.read().length;
}
