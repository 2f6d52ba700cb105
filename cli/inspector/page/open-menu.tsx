/** Other runs: from a file, beside this one, or played here. */
import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';
import { ICONS } from './icons.tsx';
import type { Source } from './source/source.ts';
import { Menu } from './topbar.tsx';

export function OpenMenu({ source }: { readonly source: Source }): VNode {
  const { run, beside, playing } = source;
  return (
    <Menu icon={ICONS.open} label="Open" onOpen={source.refresh}>
      {source.runs.length > 0 && <h3>Runs of this program</h3>}
      {source.runs.map((listed) => (
        <button key={listed.id} class="button bare item" onClick={() => source.choose(listed)}>
          {ICONS.forward}
          <span>
            {listed.title}{source.runs.some(({ id, title }) => id !== listed.id && title === listed.title) ? ` (${listed.id})` : ''}
            <small>{listed.isDone ? 'is over' : 'goes on'}</small>
          </span>
        </button>
      ))}
      {source.runs.length > 0 && <h3>Others</h3>}
      <FileItem icon={ICONS.open} label="A trace" words="saved by this page or by --trace" onFile={source.open} />
      {run && !beside && <FileItem icon={ICONS.compare} label="A trace beside this one" words="opens where the two first differ" onFile={source.openBeside} />}
      {!playing && (
        <button class="button bare item" onClick={source.toPlayground}>
          {ICONS.play2}
          <span>
            The playground
            <small>plays a protocol on simulated NATs, here in the page</small>
          </span>
        </button>
      )}
    </Menu>
  );
}

function FileItem({ icon, label, words, onFile }: { readonly icon: VNode; readonly label: string; readonly words: string; readonly onFile: (file: File) => void }): VNode {
  const input = useRef<HTMLInputElement>(null);
  return (
    <button class="button bare item" onClick={() => input.current?.click()}>
      {icon}
      <span>
        {label}
        <small>{words}</small>
      </span>
      <input
        ref={input}
        type="file"
        accept=".jsonl,.json"
        hidden
        aria-label={label}
        onClick={(event) => event.stopPropagation()}
        onChange={({ currentTarget }) => {
          const file = currentTarget.files?.[0];
          if (file) onFile(file);
          currentTarget.value = '';
        }}
      />
    </button>
  );
}
