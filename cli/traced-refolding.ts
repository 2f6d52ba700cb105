/** A recording refolded and watched: the trace of what its machine does on it now, and where that is something else than then. */
import { watchRuns } from '../effects/run.ts';
import type { Trace } from './inspector/trace/trace.ts';
import { Tracer } from './inspector/trace/tracer.ts';
import { type Refolded, refold } from './refolding.ts';

/** Throws as `refold` does. The last that the trace has of a run that diverges is a note that says where. */
export function refoldTraced(file: string, text: string): Refolded & { readonly trace: Trace } {
  // What stands in a log may be shown: it was redacted when it was written.
  const tracer = new Tracer({ title: file, origin: 'log', redactorOf: () => (data) => data });
  const end = watchRuns(tracer.watch);
  try {
    const refolded = refold(file, text);
    if (refolded.divergence) tracer.remark(refolded.log.header.id, 'divergence', { ...refolded.divergence });
    return { ...refolded, trace: tracer.trace() };
  } finally {
    end();
  }
}
