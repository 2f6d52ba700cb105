/** Simulated runs and their traces, for tests. */
import { world, type WorldOptions } from '../../adapters/sim/index.ts';
import { PROTOCOLS } from '../../cli/scenarios.ts';
import { traceWorld } from '../../cli/inspector/trace/sim.ts';
import type { Trace, TraceEvent } from '../../cli/inspector/trace/trace.ts';
import { Tracer } from '../../cli/inspector/trace/tracer.ts';

export interface TracedOptions extends WorldOptions {
  readonly protocol?: string;
}

/** One run from its start until everything is stopped. */
export function traced(a: string, b: string, { protocol = 'udp-punch', ...options }: TracedOptions = {}): Trace {
  const played = PROTOCOLS.find(({ name }) => name === protocol);
  if (!played) throw new Error(`no protocol '${protocol}'`);
  const tracer = new Tracer({ title: `${a} × ${b}`, origin: 'sim' });
  const w = world({ a, b }, { latencyMs: 20, ...options });
  const end = traceWorld(tracer, w, { a, b });
  try {
    w.run(played.scenario).stop();
  } finally {
    end();
  }
  return tracer.trace();
}

export function ofKind<K extends TraceEvent['kind']>({ events }: Trace, kind: K): Extract<TraceEvent, { kind: K }>[] {
  return events.filter((event): event is Extract<TraceEvent, { kind: K }> => event.kind === kind);
}
