/**
 * A machine's definition, as xstate keeps it or as JSON of it, as a tree of states and a list of arrows to draw. Reads both
 * the config that an author writes and the definition that xstate makes of it; of neither does it run anything.
 */
import { eventWords } from '../model/words.ts';

export interface StateNode {
  /** Keys from the root, joined by dots; the root's is empty. */
  readonly path: string;
  readonly key: string;
  readonly kind: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  readonly initial: string | undefined;
  readonly children: readonly StateNode[];
  /** What it answers without leaving, as `event [guard]`. */
  readonly inner: readonly string[];
}

/** All transitions from one state to another; each label is `event [guard]`. */
export interface Arrow {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly labels: readonly ArrowLabel[];
}

export interface ArrowLabel {
  readonly event: string;
  readonly guard: string | undefined;
}

export interface Statechart {
  readonly root: StateNode;
  readonly arrows: readonly Arrow[];
}

/** States beyond this are not drawn: a guess at what still reads, and no definition can hang the page. */
const STATE_LIMIT = 400;
const DEPTH_LIMIT = 12;

/** Undefined for what is no machine, or one without states. */
export function readStatechart(definition: unknown): Statechart | undefined {
  const root = record(definition);
  if (root === undefined || record(root['states']) === undefined) return undefined;
  const ids = new Map<string, string>();
  const budget = { left: STATE_LIMIT };
  const raw = new Map<string, Raw>();
  const index = (node: Raw, path: string, depth: number): void => {
    if (budget.left <= 0 || depth > DEPTH_LIMIT) return;
    budget.left -= 1;
    raw.set(path, node);
    if (typeof node['id'] === 'string') ids.set(node['id'], path);
    for (const [key, child] of Object.entries(record(node['states']) ?? {})) index(record(child) ?? {}, join(path, key), depth + 1);
  };
  index(root, '', 0);
  const rootId = typeof root['id'] === 'string' ? root['id'] : '';

  const arrows = new Map<string, { from: string; to: string; labels: ArrowLabel[] }>();
  const inner = new Map<string, string[]>();
  for (const [path, node] of raw) {
    for (const { event, guard, targets } of transitionsOf(node)) {
      const label: ArrowLabel = { event: eventWords(event), guard };
      if (targets.length === 0) inner.set(path, [...(inner.get(path) ?? []), labelWords(label)]);
      for (const target of targets) {
        const to = resolve(target, path, ids);
        if (to === undefined || !raw.has(to)) continue;
        const id = `${path}→${to}`;
        const arrow = arrows.get(id) ?? { from: path, to, labels: [] };
        if (!arrow.labels.some((one) => labelWords(one) === labelWords(label))) arrow.labels.push(label);
        arrows.set(id, arrow);
      }
    }
  }
  return {
    root: treeOf('', rootId || 'machine', { raw, inner, resolve: (target, from) => resolve(target, from, ids) }),
    arrows: [...arrows].map(([id, arrow]) => ({ id, ...arrow })),
  };
}

export function labelWords({ event, guard }: ArrowLabel): string {
  return guard === undefined ? event : `${event} [${guard}]`;
}

/** Every path that a state value makes active, the root's too. */
export function activePaths(value: unknown): Set<string> {
  const active = new Set<string>(['']);
  const walk = (part: unknown, path: string): void => {
    if (typeof part === 'string') active.add(join(path, part));
    for (const [key, child] of Object.entries(record(part) ?? {})) {
      active.add(join(path, key));
      walk(child, join(path, key));
    }
  };
  walk(value, '');
  return active;
}

type Raw = Readonly<Record<string, unknown>>;

interface RawTransition {
  readonly event: string;
  readonly guard: string | undefined;
  readonly targets: readonly string[];
}

interface Reading {
  readonly raw: ReadonlyMap<string, Raw>;
  readonly inner: ReadonlyMap<string, readonly string[]>;
  readonly resolve: (target: string, from: string) => string | undefined;
}

function treeOf(path: string, key: string, reading: Reading): StateNode {
  const { raw, inner } = reading;
  const node = raw.get(path)!;
  const keys = Object.keys(record(node['states']) ?? {}).filter((one) => raw.has(join(path, one)));
  const { type, initial } = node;
  const kind = type === 'parallel' || type === 'final' || type === 'history' ? type : keys.length > 0 ? 'compound' : 'atomic';
  const written = textsOf(record(initial)?.['target']).at(0);
  const first = typeof initial === 'string' ? join(path, initial) : written === undefined ? undefined : written.startsWith('#') ? reading.resolve(written, path) : join(path, written);
  return {
    path,
    key,
    kind,
    initial: first !== undefined && raw.has(first) && first !== path ? first : undefined,
    children: keys.map((one) => treeOf(join(path, one), one, reading)),
    inner: inner.get(path) ?? [],
  };
}

function transitionsOf(node: Raw): RawTransition[] {
  const found: RawTransition[] = [];
  const add = (event: string, value: unknown): void => {
    for (const one of Array.isArray(value) ? value : [value]) {
      const transition = record(one);
      found.push({ event, guard: guardName(transition?.['guard']), targets: textsOf(transition ? transition['target'] : one) });
    }
  };
  for (const [event, value] of Object.entries(record(node['on']) ?? {})) add(event, value);
  for (const [delay, value] of Object.entries(record(node['after']) ?? {})) add(`xstate.after.${delay}`, value);
  if (node['always'] !== undefined) add('', node['always']);
  if (node['onDone'] !== undefined) add('xstate.done.state', node['onDone']);
  const invoked = Array.isArray(node['invoke']) ? node['invoke'] : [node['invoke']];
  for (const one of invoked) {
    const { id, src, onDone, onError } = record(one) ?? {};
    const [name] = textsOf([id, src]);
    const whose = name === undefined ? '' : `.${name}`;
    if (onDone !== undefined) add(`xstate.done.actor${whose}`, onDone);
    if (onError !== undefined) add(`xstate.error.actor${whose}`, onError);
  }
  return found;
}

/** A target as it is written: `sibling`, `.child`, `#id` or `#id.child`, where an id may have dots of its own. */
function resolve(target: string, from: string, ids: ReadonlyMap<string, string>): string | undefined {
  if (target.startsWith('.')) return join(from, target.slice(1));
  if (!target.startsWith('#')) return from === '' ? target : join(from.split('.').slice(0, -1).join('.'), target);
  const name = target.slice(1);
  for (let end = name.length; end > 0; end = name.lastIndexOf('.', end - 1)) {
    const path = ids.get(name.slice(0, end));
    if (path !== undefined) return join(path, name.slice(end + 1));
  }
  return undefined;
}

function guardName(guard: unknown): string | undefined {
  if (typeof guard === 'string') return guard;
  const name = record(guard)?.['type'];
  return typeof name === 'string' ? name || 'guard' : guard === undefined || guard === null ? undefined : 'guard';
}

function textsOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).flatMap((one) => (typeof one === 'string' ? [one] : []));
}

function record(value: unknown): Raw | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Raw) : undefined;
}

function join(path: string, key: string): string {
  if (path === '' || key === '') return path + key;
  return `${path}.${key}`;
}
