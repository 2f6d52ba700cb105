/**
 * A trace as lines of JSON: in a file, and from the server to the page. The first line is the header, each further one an event.
 * A context is told whole once for each actor and then by what changed: `changed` has the new fields, `gone` the names of those
 * that went, and `grown` the lists that begin as before: how many entries are `kept`, and what is `put` behind them. Reads what others wrote: whatever is no trace is refused, with the line.
 */
import { type Plain, type PlainRecord, type SnapshotSeen, type Trace, TRACE_FORMAT, type TraceEvent, type TraceHeader } from './trace.ts';

/** What a file or feed ends with when nothing more will come. */
export const DONE_LINE = '{"done":true}';

/** Writes events in their order, each once. */
export class TraceWriter {
  readonly #contexts = new Map<string, PlainRecord>();

  header(header: TraceHeader): string {
    return JSON.stringify(header);
  }

  /** One line, without its line feed. */
  event(event: TraceEvent): string {
    if (event.kind !== 'snapshot') return JSON.stringify(event);
    const { context, ...rest } = event;
    if (!isRecord(context)) return JSON.stringify(event);
    const before = this.#contexts.get(event.actor);
    this.#contexts.set(event.actor, context);
    return JSON.stringify(before === undefined ? event : { ...rest, ...changeOf(before, context) });
  }
}

interface Change {
  readonly changed: PlainRecord;
  readonly grown?: Readonly<Record<string, Grown>>;
  readonly gone?: readonly string[];
}

interface Grown {
  readonly kept: number;
  readonly put: readonly Plain[];
}

/** So many entries of a list, and no fewer, are worth keeping: a shorter list is as short told whole. */
const LEAST_KEPT = 4;

/** What did not change is the same value, not only an equal one: see `plain.ts`. */
function changeOf(before: PlainRecord, context: PlainRecord): Change {
  const changed: Record<string, Plain> = {};
  let grown: Record<string, Grown> | undefined;
  for (const name of Object.keys(context)) {
    const [old, value] = [before[name], context[name]!];
    if (old === value) continue;
    const kept = isList(old) && isList(value) ? sharedLength(old, value) : 0;
    if (kept < LEAST_KEPT) changed[name] = value;
    else (grown ??= {})[name] = { kept, put: (value as readonly Plain[]).slice(kept) };
  }
  const gone = Object.keys(before).filter((name) => !(name in context));
  return { changed, ...(grown ? { grown } : {}), ...(gone.length > 0 ? { gone } : {}) };
}

function sharedLength(one: readonly Plain[], other: readonly Plain[]): number {
  const most = Math.min(one.length, other.length);
  let length = 0;
  while (length < most && one[length] === other[length]) length += 1;
  return length;
}

export function writeTrace({ header, events }: Trace): string {
  const writer = new TraceWriter();
  return `${[writer.header(header), ...events.map((event) => writer.event(event)), DONE_LINE].join('\n')}\n`;
}

/** Text that is no trace. */
export interface BadTrace {
  readonly kind: 'bad-trace';
  /** Counted from 1. */
  readonly line: number;
  readonly message: string;
}

/** Reads line by line, so that a trace can be shown while it grows. */
export class TraceReader {
  header: TraceHeader | undefined;
  isDone = false;
  readonly #contexts = new Map<string, PlainRecord>();
  #lines = 0;
  #next = 0;
  #at = 0;

  /** The event of this line; undefined for the header, the end, and an empty line. */
  line(text: string): TraceEvent | undefined | BadTrace {
    this.#lines += 1;
    if (text === '') return undefined;
    const value = parse(text);
    if (!isObject(value)) return this.#bad('not a JSON object');
    if (this.header === undefined) {
      if (value['format'] !== TRACE_FORMAT) return this.#bad(`not the header of a ${TRACE_FORMAT}`);
      if (typeof value['title'] !== 'string' || !ORIGINS.includes(value['origin'] as TraceHeader['origin'])) return this.#bad('a header without its title or origin');
      this.header = value as unknown as TraceHeader;
      return undefined;
    }
    if (value['done'] === true) {
      this.isDone = true;
      return undefined;
    }
    const { n, at, kind } = value;
    if (typeof n !== 'number' || n < this.#next) return this.#bad('its n does not rise');
    if (typeof at !== 'number' || at < this.#at) return this.#bad('its time goes back');
    const lacking = typeof kind === 'string' ? REQUIRED[kind as TraceEvent['kind']]?.find((name) => typeof value[name] !== 'string' && typeof value[name] !== 'number') : 'kind';
    if (lacking !== undefined || !(String(kind) in REQUIRED)) return this.#bad(`an event of kind '${String(kind)}' without its ${lacking ?? 'meaning'}`);
    this.#next = n + 1;
    this.#at = at;
    return kind === 'snapshot' ? this.#snapshot(value) : (value as unknown as TraceEvent);
  }

  #snapshot(value: Readonly<Record<string, unknown>>): TraceEvent | BadTrace {
    const { changed, gone = [], grown = {}, ...rest } = value;
    const actor = String(value['actor']);
    if (!Array.isArray(value['steps'])) return this.#bad('a snapshot without its steps');
    if (changed === undefined) {
      const whole = rest as unknown as SnapshotSeen;
      if (isRecord(whole.context)) this.#contexts.set(actor, whole.context);
      return whole;
    }
    const before = this.#contexts.get(actor);
    if (before === undefined || !isObject(changed) || !Array.isArray(gone) || !isObject(grown)) return this.#bad('a change of a context that was never told');
    const context: Record<string, Plain> = {};
    for (const name of Object.keys(before)) if (!gone.includes(name)) context[name] = before[name]!;
    for (const [name, one] of Object.entries(grown)) {
      const list = before[name];
      if (!isList(list) || !isGrown(one) || one.kept > list.length) return this.#bad(`a list '${name}' that grows and was never told`);
      context[name] = [...list.slice(0, one.kept), ...one.put];
    }
    Object.assign(context, changed);
    this.#contexts.set(actor, context);
    return { ...rest, context } as unknown as SnapshotSeen;
  }

  #bad(what: string): BadTrace {
    return { kind: 'bad-trace', line: this.#lines, message: `line ${this.#lines}: ${what}` };
  }
}

/** The trace that `text` is, or the first line that is not a trace's. One that was cut off is read as far as it goes, and says so. */
export function readTrace(text: string): Trace | BadTrace {
  const reader = new TraceReader();
  const events: TraceEvent[] = [];
  const { rows, rest } = rowsOf(text);
  for (const row of rows) {
    const read = reader.line(row);
    if (read === undefined) continue;
    if (isBadTrace(read)) return read;
    events.push(read);
  }
  const { header, isDone } = reader;
  if (header === undefined) return { kind: 'bad-trace', line: 1, message: rest === undefined ? 'line 1: the trace is empty' : 'line 1: cut off in its header' };
  if (isDone) return { header, events };
  const cut = rest === undefined ? `stops after line ${rows.length}` : `is cut off in its last line, ${rest}`;
  return { header: { ...header, cut }, events };
}

/** The lines of a file, and the number of one more that was begun and not ended. */
export function rowsOf(text: string): { readonly rows: readonly string[]; readonly rest: number | undefined } {
  const rows = text.split('\n');
  const last = rows.pop()!;
  // Whoever writes a trace by hand may forget the last line feed.
  if (last !== '' && parse(last) === undefined) return { rows, rest: rows.length + 1 };
  return { rows: last === '' ? rows : [...rows, last], rest: undefined };
}

export function isBadTrace(read: object): read is BadTrace {
  return 'kind' in read && read.kind === 'bad-trace';
}

const ORIGINS: readonly TraceHeader['origin'][] = ['sim', 'live', 'log', 'stately'];

/** Fields that are a text or a number; without one of them an event could not be shown. */
const REQUIRED: Readonly<Record<TraceEvent['kind'], readonly string[]>> = {
  place: ['name', 'type', 'side', 'depth'],
  machine: ['machine'],
  actor: ['actor'],
  event: ['actor', 'type'],
  snapshot: ['actor', 'status'],
  effect: ['actor', 'type', 'socket'],
  heard: ['actor', 'type', 'socket'],
  timer: ['actor', 'what', 'timer'],
  packet: ['what', 'packet', 'place', 'src', 'dst'],
  row: ['what', 'place', 'inside', 'external', 'remote'],
  outcome: ['actor', 'verdict', 'words'],
  note: ['actor', 'type'],
};

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isRecord(value: unknown): value is PlainRecord {
  return isObject(value) && !('$map' in value);
}

function isList(value: Plain | undefined): value is readonly Plain[] {
  return Array.isArray(value);
}

function isGrown(value: unknown): value is Grown {
  return isObject(value) && typeof value['kept'] === 'number' && value['kept'] >= 0 && Array.isArray(value['put']);
}
