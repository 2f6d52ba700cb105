/** What `natpunch inspect <file> --export` writes: the same that the page exports, for scripts. */
import { EXIT, Stop } from '../exit.ts';
import { writeTrace } from './trace/format.ts';
import { mermaidSequence, mermaidStates } from './trace/mermaid.ts';
import { pcapng } from './trace/pcapng.ts';
import { renameAddresses } from './trace/rename.ts';
import type { Trace } from './trace/trace.ts';

export const EXPORTS = ['sequence', 'states', 'pcapng', 'renamed', 'trace'] as const;
export type Export = (typeof EXPORTS)[number];

export function exported(trace: Trace, what: Export): string | Uint8Array {
  switch (what) {
    case 'sequence':
      return mermaidSequence(trace);
    case 'states':
      return states(trace);
    case 'pcapng':
      return pcapng(trace);
    case 'renamed':
      return writeTrace(renameAddresses(trace));
    case 'trace':
      return writeTrace(trace);
  }
}

/** Of whoever came to an end, or else of the first: where it stood at last. */
function states({ events }: Trace): string {
  const actors = events.filter((event) => event.kind === 'actor');
  const ended = events.findLast((event) => event.kind === 'outcome')?.actor;
  const { actor, machine } = actors.find((one) => one.actor === ended && one.machine !== undefined) ?? actors.find((one) => one.machine !== undefined) ?? {};
  const definition = events.find((event) => event.kind === 'machine' && event.machine === machine);
  const last = events.findLast((event) => event.kind === 'snapshot' && event.actor === actor);
  const text = definition?.kind === 'machine' ? mermaidStates(definition.definition, last?.kind === 'snapshot' ? last.value : undefined) : undefined;
  if (text === undefined) throw new Stop(EXIT.no, 'there is no statechart in this run');
  return text;
}
