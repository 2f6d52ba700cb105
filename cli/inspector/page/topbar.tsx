/** The bar at the head of the page: which run this is, how it ended, and the menus. */
import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ICONS } from './icons.tsx';
import type { Run } from './model/run.ts';
import { timeWords } from './model/words.ts';
import type { Theme } from './theme.ts';

export interface TopbarProps {
  readonly run: Run | undefined;
  readonly version: number;
  readonly search: string;
  readonly onSearch: (text: string) => void;
  readonly theme: Theme;
  readonly onTheme: () => void;
  readonly onHelp: () => void;
  /** Buttons and menus that belong to this kind of run. */
  readonly children: ComponentChildren;
}

export function Topbar({ run, version, search, onSearch, theme, onTheme, onHelp, children }: TopbarProps): VNode {
  return (
    <header class="topbar">
      <div class="brand">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="8" fill="var(--accent)" />
          <path d="M5 11h9m4 0h9M27 21h-9m-4 0H5" stroke="var(--on-accent)" stroke-width="2.6" stroke-linecap="round" />
          <path d="M16 4v4.5M16 13.5v5M16 23.5V28" stroke="var(--on-accent)" stroke-width="2.6" stroke-linecap="round" opacity=".5" />
        </svg>
        <span>natpunch <small>inspector</small></span>
      </div>
      <div class="run">{useMemo(() => run && <Title run={run} />, [run, version])}</div>
      <div class="tools">
        {run && (
          <label class="search">
            <input class="field" type="search" placeholder="Find" aria-label="Find packets" value={search} onInput={({ currentTarget }) => onSearch(currentTarget.value)} />
            <kbd>/</kbd>
          </label>
        )}
        {children}
        <button class="button bare icon" onClick={onTheme} aria-label={`Colours: ${theme}`} title={`Colours: ${theme} (t)`}>{ICONS[theme]}</button>
        <button class="button bare icon" onClick={onHelp} aria-label="Keys" title="Keys (?)">{ICONS.help}</button>
      </div>
    </header>
  );
}

function Title({ run }: { readonly run: Run }): VNode {
  const { picture, isLive } = run;
  const ends = new Map<string, { readonly verdict: string; readonly good: boolean; readonly at: number }>();
  for (const { kind, actor, text, tone, at } of picture.marks) if (kind === 'outcome') ends.set(actor, { verdict: text, good: tone === 'good', at });
  const drops = picture.packets.filter(({ fate }) => fate === 'dropped').length;
  const packets = picture.packets.length;
  const words = new Map<string, { readonly actors: string[]; readonly good: boolean }>();
  for (const [actor, { verdict, good, at }] of ends) {
    const said = `${verdict} ${timeWords(at)}`;
    words.set(said, { actors: [...(words.get(said)?.actors ?? []), actor], good });
  }
  return (
    <>
      <span class="which">
        {isLive && <span class="chip live">live</span>}
        <span class="title">{run.title}</span>
        {[...words].map(([said, { actors, good }]) => (
          <span key={said} class={`chip ${good ? 'good' : 'bad'}`} data-outcome={actors.join(' ')} title={`${actors.join(', ')}: ${said}`}>
            <span class="in-full">{actors.join(', ')}: {said}</span>
            <span class="in-short" aria-hidden="true">{good ? '✓' : '✗'} {actors.join(', ')}</span>
          </span>
        ))}
      </span>
      <span class="facts">
        {packets.toLocaleString('en')} packets{drops > 0 ? `, ${drops.toLocaleString('en')} dropped` : ''}
      </span>
    </>
  );
}

export interface MenuProps {
  readonly icon: VNode;
  readonly label: string;
  readonly isMarked?: boolean;
  readonly onOpen?: () => void;
  readonly children: ComponentChildren;
}

/** A button that opens what is below it, until something else is clicked. */
export function Menu({ icon, label, isMarked = false, onOpen, children }: MenuProps): VNode {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    const away = (event: Event): void => {
      if (event instanceof KeyboardEvent ? event.key === 'Escape' : event.target instanceof Node && !root.current?.contains(event.target)) setOpen(false);
    };
    document.addEventListener('pointerdown', away);
    document.addEventListener('keydown', away);
    return () => {
      document.removeEventListener('pointerdown', away);
      document.removeEventListener('keydown', away);
    };
  }, [isOpen]);
  return (
    <div class="menu-root" ref={root}>
      <button class="button" aria-expanded={isOpen} aria-pressed={isMarked} onClick={() => {
          if (!isOpen) onOpen?.();
          setOpen(!isOpen);
        }} title={label}>
        {icon}
        <span class="wide">{label}</span>
      </button>
      {isOpen && <div class="menu">{children}</div>}
    </div>
  );
}
