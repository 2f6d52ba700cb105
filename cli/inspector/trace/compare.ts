/**
 * Where two runs first differ. A log and its replay must be the same to the byte; two seeds never are, but for what they draw:
 * so runs are compared by what happened – who did what, with which result – and only if that is wanted by every field.
 */
import type { ActorSeen, MachineSeen, PlaceSeen, StateValue, Trace, TraceEvent } from './trace.ts';

export interface Divergence {
  /** The first event of each that the other does not have at its place; undefined where that one is over. */
  readonly one: number | undefined;
  readonly other: number | undefined;
  /** For people: what the one does, and what the other. */
  readonly words: string;
}

export type Depth = 'what' | 'everything';

/** Undefined when they are the same. Kinds of events that only one of them has are passed over. */
export function firstDivergence(one: Trace, other: Trace, depth: Depth = 'what'): Divergence | undefined {
  const kinds = new Set(one.events.map(({ kind }) => kind));
  const shared = new Set(other.events.flatMap(({ kind }) => (kinds.has(kind) ? [kind] : [])));
  const isFired = [one, other].some(({ events }) => !events.some((event) => event.kind === 'timer' && event.what === 'set'));
  // The two order alike what each place and actor does; what happens at once in different places may change order.
  const [ours, theirs] = [one, other].map((trace) => histories(trace, shared, isFired, depth)) as [Histories, Histories];
  const inner: (Divergence & { readonly one: number })[] = [];
  let first: { readonly at: number; readonly divergence: Divergence } | undefined;
  for (const owner of new Set([...ours.keys(), ...theirs.keys()])) {
    const [mine, yours] = [ours.get(owner) ?? [], theirs.get(owner) ?? []];
    const length = Math.max(mine.length, yours.length);
    for (let index = 0; index < length; index += 1) {
      const [a, b] = [mine[index], yours[index]];
      if (a?.key === b?.key) continue;
      // A context keeps what its actor was started with, and says little: where that leads, packets and their addresses say better.
      if (isInner(a) && isInner(b) && a.words === b.words) {
        inner.push({ one: a.event.n, other: b.event.n, words: wordsFor(owner, a, b) });
        continue;
      }
      const at = Math.min(a?.event.at ?? Infinity, b?.event.at ?? Infinity);
      const n = Math.min(a?.event.n ?? Infinity, b?.event.n ?? Infinity);
      if (first === undefined || at < first.at || (at === first.at && n < Math.min(first.divergence.one ?? Infinity, first.divergence.other ?? Infinity))) {
        first = { at, divergence: { one: a?.event.n, other: b?.event.n, words: wordsFor(owner, a, b) } };
      }
      break;
    }
  }
  return first?.divergence ?? inner.toSorted((a, b) => a.one - b.one)[0];
}

/** Both words when they tell the two apart, else the first field that does. */
function wordsFor(owner: string, a: Entry | undefined, b: Entry | undefined): string {
  if (a?.words !== b?.words || !a || !b) return `${owner}: ${a?.words ?? 'nothing more'} / ${b?.words ?? 'nothing more'}`;
  const [path, one, other] = firstField(fieldsOf(a.key), fieldsOf(b.key), '');
  return `${owner}: ${a.words}, with ${path} ${shown(one)} / ${shown(other)}`;
}

/** Keys of both at once, so that a field that only one has is found too. */
function firstField(one: unknown, other: unknown, path: string): readonly [string, unknown, unknown] {
  if (!isFields(one) || !isFields(other)) return [path, one, other];
  for (const name of new Set([...Object.keys(one), ...Object.keys(other)])) {
    if (JSON.stringify(one[name]) !== JSON.stringify(other[name])) return firstField(one[name], other[name], path === '' ? name : `${path}.${name}`);
  }
  return [path, one, other];
}

function fieldsOf(key: string): unknown {
  return JSON.parse(key);
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** Letters of a field that fit beside each other. */
const LONGEST = 40;

/** What an actor keeps to itself, and being told to begin. */
function isInner(entry: Entry | undefined): entry is Entry {
  const event = entry?.event;
  return event?.kind === 'snapshot' || (event?.kind === 'event' && event.type === 'xstate.init');
}

/** As everywhere: `opening.asked`, and parallel states beside each other. */
function stateWords(value: StateValue | null): string {
  if (value === null || typeof value === 'string') return value ?? 'there';
  return Object.entries(value).map(([key, child]) => (typeof child !== 'string' && Object.keys(child).length === 0 ? key : `${key}.${stateWords(child)}`)).join(' + ');
}

/** What happens in a run; the others say what it is. */
type Happening = Exclude<TraceEvent, MachineSeen | PlaceSeen | ActorSeen>;

function happens(event: TraceEvent): event is Happening {
  return event.kind !== 'machine' && event.kind !== 'place' && event.kind !== 'actor';
}

type Histories = ReadonlyMap<string, readonly Entry[]>;

interface Entry {
  readonly event: TraceEvent;
  readonly key: string;
  readonly words: string;
}

/** With `isFired` of timers only that: a log does not say when they were set. */
function histories({ events }: Trace, kinds: ReadonlySet<TraceEvent['kind']>, isFired: boolean, depth: Depth): Histories {
  const all = new Map<string, Entry[]>();
  for (const event of events) {
    if (!happens(event) || !kinds.has(event.kind) || isPayload(event) || (isFired && event.kind === 'timer' && event.what !== 'fired')) continue;
    const owner = ownerOf(event);
    const words = wordsOf(event);
    const history = all.get(owner) ?? [];
    history.push({ event, key: depth === 'what' ? words : everything(event), words });
    all.set(owner, history);
  }
  return all;
}

/** A replay has none. */
function isPayload(event: Happening): boolean {
  return ((event.kind === 'effect' || event.kind === 'heard') && event.payload !== undefined) || (event.kind === 'packet' && event.content?.label === 'payload');
}

/** Packets and rows by their place: beside what its actors do, so that one packet more does not hide a state. */
function ownerOf(event: Happening): string {
  switch (event.kind) {
    case 'packet':
    case 'row':
      return `packets at ${event.place}`;
    default:
      return event.actor;
  }
}

function wordsOf(event: Happening): string {
  switch (event.kind) {
    case 'event':
      return `receives ${event.type}`;
    case 'snapshot':
      return `is ${stateWords(event.value)}${event.status === 'active' ? '' : `, ${event.status}`}, by ${event.steps.map(({ event: type, guard }) => `${type}${guard === undefined ? '' : ` [${guard}]`}`).join(', ') || 'nothing'}`;
    case 'effect':
      return `asks ${event.type}${typeof event.message?.['type'] === 'string' ? ` ${event.message['type']}` : ''}`;
    case 'heard':
      return `hears ${event.type}${typeof event.message?.['type'] === 'string' ? ` ${event.message['type']}` : ''}`;
    case 'timer':
      return `timer ${event.timer} ${event.what}`;
    case 'packet':
      return `${event.what}${event.content ? ` ${event.content.label}` : ''}${event.reason === undefined ? '' : `, ${event.reason}`}`;
    case 'row':
      return `a row ${event.what}`;
    case 'outcome':
      return `ends: ${event.verdict}`;
    case 'note':
      return `says ${event.type}`;
  }
}

/** All but numbers that only count, and links by them. */
function everything(event: TraceEvent): string {
  const { n: _n, ...rest } = event;
  return JSON.stringify(rest, (name, value: unknown) => (LINKS.has(name) && typeof value === 'number' ? undefined : value));
}

const LINKS: ReadonlySet<string> = new Set(['packet', 'effect', 'heard', 'copyOf']);
