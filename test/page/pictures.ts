/** Pictures of small traces, for tests of the page's model. */
import { traceWorld } from '../../cli/inspector/trace/sim.ts';
import type { Told } from '../../cli/inspector/trace/telling.ts';
import { TRACE_FORMAT, type TraceEvent } from '../../cli/inspector/trace/trace.ts';
import { Tracer } from '../../cli/inspector/trace/tracer.ts';
import { type Arranged, arranging } from '../../cli/inspector/page/model/arrangement.ts';
import { Drawing } from '../../cli/inspector/page/model/drawing.ts';
import { NO_FILTERS } from '../../cli/inspector/page/model/filters.ts';
import type { Picture } from '../../cli/inspector/page/model/picture.ts';
import { Run } from '../../cli/inspector/page/model/run.ts';
import { finished } from '../../cli/inspector/page/model/steps.ts';
import { world } from '../../adapters/sim/index.ts';
import { udpPunch } from '../../machines/udp-punch/index.ts';

export function pictureOf(events: readonly TraceEvent[]): Picture {
  const drawing = new Drawing();
  drawing.add(events);
  return drawing.picture();
}

/** Everything that is seen of a punch. */
export function punchEvents(a: string, b: string): readonly TraceEvent[] {
  const tracer = new Tracer({ title: 'a punch', origin: 'sim' });
  const w = world({ a, b }, { seed: 1, latencyMs: 20, keep: false });
  const end = traceWorld(tracer, w, { a, b });
  w.run(udpPunch).stop();
  end();
  return tracer.read();
}

/** An event before it is told: its number is its place in the list, and so is its time where it says none. */
export type Untold = Told & { readonly at?: number };

export function eventsOf(...untold: readonly Untold[]): TraceEvent[] {
  return untold.map((one, n) => ({ at: n, ...one, n }) as TraceEvent);
}

export function runOf(...untold: readonly Untold[]): Run {
  return Run.of({ header: { format: TRACE_FORMAT, title: 'a run', origin: 'sim' }, events: eventsOf(...untold) });
}

/** As it is shown without filters. */
export function arrangedOf(picture: Picture, { row = 26, hasMargin = true, opened = new Set<string>() } = {}): Arranged {
  return finished(arranging(picture, { filters: NO_FILTERS, opened, row, hasMargin }));
}
