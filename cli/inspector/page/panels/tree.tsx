/** A plain value as a tree that opens: JSON as people read it, bytes as hex, with what has changed marked. */
import type { VNode } from 'preact';
import type { Plain } from '../../trace/trace.ts';

export interface TreeProps {
  readonly value: Plain;
  readonly name?: string;
  /** What stood there before; undefined when nothing is to be compared. */
  readonly before?: Plain | undefined;
  readonly compare?: boolean;
  readonly depth?: number;
}

/** Longer lists show so many and say how many more there are. */
const SHOWN = 100;

export function Tree({ value, name, before, compare = false, depth = 0 }: TreeProps): VNode {
  const label = name === undefined ? null : <span class="name">{name}: </span>;
  const entries = entriesOf(value);
  const isChanged = compare && !isSame(value, before);
  if (entries === undefined) {
    return (
      <div class={`leaf ${isChanged ? 'changed' : ''}`}>
        {label}
        {isChanged && before !== undefined && entriesOf(before) === undefined && <span class="was">{words(before)}</span>}
        <span class={classOf(value)}>{words(value)}</span>
      </div>
    );
  }
  if (entries.length === 0) {
    return (
      <div class={`leaf ${isChanged ? 'changed' : ''}`}>
        {label}
        <span class="nothing">{Array.isArray(value) ? '[]' : '{}'}</span>
      </div>
    );
  }
  const old = new Map(before === undefined ? [] : (entriesOf(before) ?? []));
  const children = entries.slice(0, SHOWN).map(([key, child]) => <Tree key={key} name={key} value={child} before={old.get(key)} compare={compare} depth={depth + 1} />);
  const more = entries.length > SHOWN ? <div class="leaf few">… and {entries.length - SHOWN} more</div> : null;
  if (name === undefined) return <div class="tree">{children}{more}</div>;
  return (
    <details open={depth < 2 || isChanged}>
      <summary class={isChanged ? 'changed' : ''}>
        <span class="name">{name}</span> <span class="few">{preview(value, entries)}</span>
      </summary>
      <div>
        {children}
        {more}
      </div>
    </details>
  );
}

export function isSame(one: Plain | undefined, other: Plain | undefined): boolean {
  return one === other || (one !== undefined && other !== undefined && JSON.stringify(one) === JSON.stringify(other));
}

type Entry = readonly [string, Plain];

/** Undefined for what has nothing in it: numbers, words, bytes, endpoints. */
export function entriesOf(value: Plain): readonly Entry[] | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  if (isList(value)) return value.map((one, index) => [String(index), one]);
  if (special(value) !== undefined) return undefined;
  const { $map: map, $set: set } = value;
  if (isList(map)) return map.map((pair, index) => (isList(pair) && pair.length === 2 ? [words(pair[0]!), pair[1]!] : [String(index), pair]));
  if (isList(set)) return set.map((one, index) => [String(index), one]);
  return Object.entries(value);
}

/** What reads better in one piece. */
function special(value: { readonly [key: string]: Plain }): string | undefined {
  const { $bytes: bytes, $cut: cut, host, port } = value;
  if (typeof bytes === 'string') return bytes === '' ? '(no bytes)' : `0x${bytes}`;
  if (typeof cut === 'string') return `… ${cut}`;
  if (typeof host === 'string' && typeof port === 'number' && Object.keys(value).length === 2) return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return undefined;
}

/** In one piece, for people. */
export function words(value: Plain): string {
  if (typeof value === 'string') return value;
  if (value !== null && typeof value === 'object' && !isList(value)) return special(value) ?? JSON.stringify(value);
  if (typeof value === 'number' && !Number.isInteger(value)) return String(Number(value.toFixed(4)));
  return JSON.stringify(value);
}

function preview(value: Plain, entries: readonly Entry[]): string {
  if (Array.isArray(value)) return `${entries.length} ${entries.length === 1 ? 'entry' : 'entries'}`;
  return entries.slice(0, 4).map(([key]) => key).join(', ') + (entries.length > 4 ? ', …' : '');
}

function classOf(value: Plain): string {
  if (value === null) return 'nothing';
  return typeof value === 'number' || typeof value === 'boolean' ? 'number' : 'text';
}

function isList(value: Plain | undefined): value is readonly Plain[] {
  return Array.isArray(value);
}
