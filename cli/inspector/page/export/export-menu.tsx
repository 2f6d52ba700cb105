/** What can be taken along of a run: pictures of what is shown, diagrams, packets, and the trace itself. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { ICONS } from '../icons.tsx';
import { Menu } from '../topbar.tsx';
import type { Exports } from './exports.ts';

export function ExportMenu({ exports }: { readonly exports: () => Exports }): VNode {
  const [fault, setFault] = useState<string | undefined>(undefined);
  const run = (action: (all: Exports) => void | Promise<void>) => async (): Promise<void> => {
    try {
      setFault(undefined);
      await action(exports());
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
    }
  };
  const item = (label: string, words: string, action: (all: Exports) => void | Promise<void>): VNode => (
    <button class="button bare item" onClick={() => void run(action)()}>
      <span>
        {label}
        <small>{words}</small>
      </span>
    </button>
  );
  return (
    <Menu icon={ICONS.share} label="Export">
      <h3>Pictures of what is shown</h3>
      <div class="row">
        <button class="button" onClick={() => void run((all) => all.sequence('svg'))()}>Sequence SVG</button>
        <button class="button" onClick={() => void run((all) => all.sequence('png'))()}>Sequence PNG</button>
        <button class="button" onClick={() => void run((all) => all.chart('svg'))()}>Statechart SVG</button>
        <button class="button" onClick={() => void run((all) => all.chart('png'))()}>Statechart PNG</button>
      </div>
      <h3>Diagrams for documents</h3>
      <div class="row">
        <button class="button" onClick={() => void run((all) => all.mermaid('sequence'))()}>Mermaid sequence</button>
        <button class="button" onClick={() => void run((all) => all.mermaid('states'))()}>Mermaid statechart</button>
      </div>
      <h3>The run</h3>
      {item('Trace', 'opens here again, or with natpunch inspect <file>', (all) => all.trace())}
      {item('Trace with other addresses', 'for sharing: each address becomes another, the same always the same', (all) => all.renamed())}
      {item('Packets (pcapng)', 'for Wireshark and tshark; why one was dropped is its comment', (all) => all.packets())}
      {fault !== undefined && <p class="banner" role="alert">{fault}</p>}
    </Menu>
  );
}
