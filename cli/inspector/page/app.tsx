/** The whole page: one run, or two side by side, and the menus over them. */
import type { VNode } from 'preact';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Commands } from './commands.ts';
import { ExportMenu } from './export/export-menu.tsx';
import { FilterMenu } from './filter-menu.tsx';
import { Help } from './help.tsx';
import { keyHandler, releaseClicked } from './keyboard.ts';
import { withFilters } from './model/filters.ts';
import { Run } from './model/run.ts';
import { createStore, type Store, useStore } from './model/store.ts';
import { FIRST_VIEW, type View } from './model/view.ts';
import { OpenMenu } from './open-menu.tsx';
import { PlayForm } from './play/form.tsx';
import { type Source, useSource } from './source/source.ts';
import { applyTheme, nextTheme, storedTheme } from './theme.ts';
import { Topbar } from './topbar.tsx';
import { TwoRuns } from './two/two-runs.tsx';
import { Viewer } from './viewer.tsx';

export function App(): VNode {
  const store = useMemo(() => createStore<View>(FIRST_VIEW), []);
  const source = useSource(store);
  const { run, beside, notice } = source;
  const version = useVersion(run);
  const [reveal, setReveal] = useState(0);
  const [theme, setTheme] = useState(storedTheme());
  const [isHelping, setHelping] = useState(false);
  const commands = useRef<Partial<Commands> | undefined>(undefined);
  const view = useStore(store);

  const turnTheme = useCallback(() => setTheme((before) => nextTheme(before)), []);
  useEffect(() => applyTheme(theme), [theme]);
  useEffect(() => {
    const keys = keyHandler(() => commands.current, {
      search: () => document.querySelector<HTMLInputElement>('.search input')?.focus(),
      theme: turnTheme,
      help: () => setHelping((before) => !before),
    });
    document.addEventListener('keydown', keys);
    document.addEventListener('click', releaseClicked);
    return () => {
      document.removeEventListener('keydown', keys);
      document.removeEventListener('click', releaseClicked);
    };
  }, [turnTheme]);
  // So that a link, or the page loaded again, shows the same. Not with each letter: browsers refuse more than some in a second.
  useEffect(() => {
    if (run === undefined) return;
    const later = setTimeout(() => history.replaceState(null, '', withFilters(location.hash, view.filters) || location.pathname), LINK_MS);
    return () => clearTimeout(later);
  }, [view.filters, source.key]);
  useEffect(() => {
    document.title = run ? `${run.title} – natpunch inspector` : 'natpunch inspector';
  }, [run, version]);

  return (
    <div class="app" data-part={view.part} data-ready={run ? 'yes' : 'no'}>
      <Topbar run={beside ? undefined : run} version={version} search={view.filters.text} onSearch={(text) => store.set({ filters: { ...view.filters, text } })} theme={theme} onTheme={turnTheme} onHelp={() => setHelping(true)}>
        {run && !beside && <FilterMenu picture={run.picture} filters={view.filters} onChange={(filters) => store.set({ filters })} />}
        {run && !beside && <ExportMenu exports={() => commands.current!.exports!} />}
        <OpenMenu source={source} />
      </Topbar>
      <Stage source={source} version={version} store={store} reveal={reveal} onReveal={() => setReveal((before) => before + 1)} onCommands={(given) => (commands.current = given)} notice={notice} />
      {run && !beside && <Parts view={view} store={store} />}
      {isHelping && <Help onClose={() => setHelping(false)} />}
    </div>
  );
}

/** After the last change of a filter. */
const LINK_MS = 400;

interface StageProps {
  readonly source: Source;
  readonly version: number;
  readonly store: Store<View>;
  readonly reveal: number;
  readonly onReveal: () => void;
  readonly onCommands: (commands: Partial<Commands>) => void;
  readonly notice: string | undefined;
}

function Stage({ source, version, store, reveal, onReveal, onCommands, notice }: StageProps): VNode {
  const { run, beside, playing } = source;
  const above = (
    <>
      {notice !== undefined && <div class="banner" role="status">{notice}</div>}
      {playing && <PlayForm choice={playing.choice} onPlay={playing.play} onBeside={playing.playBeside} fault={playing.fault} />}
    </>
  );
  if (run && beside) return <TwoRuns left={run} right={beside} notice={notice} onClose={source.closeBeside} onCommands={onCommands} />;
  if (run) return <Viewer key={source.key} run={run} version={version} store={store} reveal={reveal} onReveal={onReveal} onCommands={onCommands} above={above} />;
  return (
    <div class="main">
      <div class="stage" style={{ gridColumn: '1 / -1' }}>
        <div>{above}</div>
        <div class="welcome">
          <div>
            <h1>Nothing has happened yet</h1>
            <p>{source.waiting}</p>
          </div>
        </div>
      </div>
    </div>
  );
}

/** What a narrow window shows one at a time. */
function Parts({ view, store }: { readonly view: View; readonly store: Store<View> }): VNode {
  return (
    <nav class="part-tabs" role="tablist" aria-label="Parts">
      {(['sequence', 'chart', 'details'] as const).map((part) => (
        <button key={part} class="tab" role="tab" aria-selected={view.part === part} onClick={() => store.set({ part })}>
          {{ sequence: 'Sequence', chart: 'Statechart', details: 'Details' }[part]}
        </button>
      ))}
    </nav>
  );
}

function useVersion(run: Run | undefined): number {
  const [version, setVersion] = useState(run?.version ?? 0);
  useEffect(() => {
    setVersion(run?.version ?? 0);
    return run?.subscribe(() => setVersion(run.version));
  }, [run]);
  return version;
}
