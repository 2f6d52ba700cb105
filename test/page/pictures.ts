/** Pictures of small traces, for tests of the page's model. */
import { traceWorld } from '../../cli/inspector/trace/sim.ts';
import type { TraceEvent } from '../../cli/inspector/trace/trace.ts';
import { Tracer } from '../../cli/inspector/trace/tracer.ts';
import { Drawing } from '../../cli/inspector/page/model/drawing.ts';
import type { Picture } from '../../cli/inspector/page/model/picture.ts';
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
