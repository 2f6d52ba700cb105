/** Every export of one run, each by the file that makes it. */
import { writeTrace } from '../../trace/format.ts';
import { mermaidSequence, mermaidStates } from '../../trace/mermaid.ts';
import { pcapng } from '../../trace/pcapng.ts';
import { renameAddresses } from '../../trace/rename.ts';
import type { MachineSeen, StateValue } from '../../trace/trace.ts';
import type { Layout } from '../model/layout.ts';
import { yOf } from '../model/layout.ts';
import type { Picture } from '../model/picture.ts';
import type { Run } from '../model/run.ts';
import type { Columns } from '../sequence/geometry.ts';
import { chartSvg, pngOf, save, sequenceSvg } from './picture.tsx';

export interface Exports {
  sequence(format: 'svg' | 'png'): Promise<void>;
  chart(format: 'svg' | 'png'): Promise<void>;
  trace(): void;
  /** With every address in it another, the same one always for the same. */
  renamed(): void;
  packets(): void;
  mermaid(what: 'sequence' | 'states'): void;
}

export interface Shown {
  readonly run: Run;
  readonly picture: Picture;
  readonly layout: Layout;
  readonly columns: Columns;
  readonly cursor: number;
  /** The statechart that is looked at, and where it stands. */
  readonly machine: MachineSeen | undefined;
  readonly value: StateValue | null;
}

export function exportsFor({ run, picture, layout, columns, cursor, machine, value }: Shown): Exports {
  const { header, events } = run.told;
  const name = header.title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '').slice(0, 60) || 'run';
  const saved = async (svg: string, format: 'svg' | 'png', what: string): Promise<void> => {
    if (format === 'svg') save(`${name}-${what}.svg`, svg, 'image/svg+xml');
    else save(`${name}-${what}.png`, await pngOf(svg));
  };
  return {
    sequence: async (format) => saved(await sequenceSvg(picture, layout, columns, cursor, yOf(layout, cursor)), format, 'sequence'),
    chart: async (format) => {
      const svg = await chartSvg();
      if (svg === undefined) throw new Error('There is no statechart on the page now.');
      await saved(svg, format, 'statechart');
    },
    packets: () => save(`${name}.pcapng`, pcapng({ header, events }), 'application/x-pcapng'),
    renamed: () => save(`${name}.renamed.trace.jsonl`, writeTrace(renameAddresses({ header, events })), 'application/x-ndjson'),
    mermaid: (what) => {
      const text = what === 'sequence' ? mermaidSequence({ header, events }) : mermaidStates(machine?.definition ?? null, value);
      if (text === undefined) throw new Error('This actor has no states to draw.');
      save(`${name}-${what}.mmd`, text, 'text/plain');
    },
    trace: () => save(`${name}.trace.jsonl`, writeTrace({ header, events }), 'application/x-ndjson'),
  };
}
