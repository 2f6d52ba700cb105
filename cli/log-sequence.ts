/**
 * What one machine did, drawn for a terminal of 80 columns: its lifeline, an arrow for each message to or from somebody else,
 * its states between. What repeats is counted on its first line. Reads a trace; knows no protocol.
 */
import type { Paint } from './colour.ts';
import type { SnapshotSeen, StateValue, Trace, TraceEvent } from './inspector/trace/trace.ts';
import { formatMs, WIDTH, wrap } from './lifelines.ts';

/** Lines without line feeds. `limit` is for the rows; of what is more the end is left out, and counted. */
export function logSequence({ events }: Trace, paint: Paint, limit = 400): string[] {
  const rows = rowsOf(events);
  const shown = rows.slice(0, limit);
  const end = rows.slice(limit).findLast(({ kind }) => kind === 'outcome');
  const missing = rows.length - shown.length - (end ? 1 : 0);
  const lines = [...shown.flatMap((row) => draw(row, paint)), ...(missing > 0 ? [paint('dim', `${' '.repeat(TIME)}  ⋮  ${missing} more`)] : []), ...(end ? draw(end, paint) : [])];
  return lines.map((line) => line.trimEnd());
}

interface Row {
  readonly kind: 'sent' | 'heard' | 'state' | 'timer' | 'trouble' | 'outcome';
  readonly at: number;
  /** Whom it goes to or comes from. */
  readonly remote: string;
  readonly text: string;
  readonly good: boolean;
  readonly count: number;
  readonly lastAt: number;
}

/** Since the last state: what is said again in another state is another thing. */
function rowsOf(events: readonly TraceEvent[]): Row[] {
  const rows: Row[] = [];
  const since = new Map<string, number>();
  let states: readonly string[] = [];
  for (const event of events) {
    const row = rowOf(event, states);
    if (!row) continue;
    if (row.kind === 'state') since.clear();
    if (event.kind === 'snapshot') states = statesOf(event);
    const key = `${row.kind} ${row.remote} ${row.text}`;
    const before = since.get(key);
    if (before !== undefined && rows[before]) rows[before] = { ...rows[before], count: rows[before].count + 1, lastAt: row.at };
    else {
      since.set(key, rows.length);
      rows.push(row);
    }
  }
  return rows;
}

/** `states` are those before. Of states side by side, those that are entered are told. */
function rowOf(event: TraceEvent, states: readonly string[]): Row | undefined {
  const row = (kind: Row['kind'], text: string, remote = '', good = true): Row => ({ kind, at: event.at, remote, text, good, count: 1, lastAt: event.at });
  switch (event.kind) {
    case 'packet':
      return row(event.what === 'sent' ? 'sent' : 'heard', event.content?.label ?? '', event.what === 'sent' ? event.dst : event.src);
    case 'snapshot': {
      const entered = statesOf(event).filter((name) => !states.includes(name));
      return entered.length === 0 ? undefined : row('state', entered.join(' + '));
    }
    case 'timer':
      return event.what === 'fired' ? row('timer', timerName(event.type)) : undefined;
    case 'heard': {
      const { code, effect, to, detail } = event.fields;
      return event.type === 'net.failed' ? row('trouble', `${String(effect)}: ${String(code)}${typeof detail === 'string' ? `, ${detail}` : ''}`, typeof to === 'string' ? to : '', false) : undefined;
    }
    case 'outcome':
      return row('outcome', `${event.verdict}${event.words === event.verdict ? '' : `: ${event.words}`}`, '', event.good);
    default:
      return undefined;
  }
}

const TIME = 8;
/** Of the longest IPv4 endpoint; one of IPv6 pushes its text aside. */
const REMOTE = 21;
const SIGNS: Readonly<Record<Row['kind'], string>> = { sent: '├──▶', heard: '│◀──', state: '○', timer: '│ ◷', trouble: '│ ✗', outcome: '●' };

function draw(row: Row, paint: Paint): string[] {
  const { kind, at, remote, text, good, count, lastAt } = row;
  const sign = kind === 'outcome' && !good ? '✗' : SIGNS[kind];
  const isPacket = kind === 'sent' || kind === 'heard';
  const again = count === 1 ? '' : ` (${count}${lastAt === at ? '' : `, the last at ${formatMs(lastAt)} ms`})`;
  const words = isPacket ? `${remote.padEnd(REMOTE)}  ${text}${again}` : `${text}${again}`;
  const indent = kind === 'state' || kind === 'outcome' ? 2 : 5;
  const [first = '', ...more] = wrap(words.replaceAll(' ', isPacket ? '\u00a0' : ' '), WIDTH - TIME - 2 - indent).map((line) => line.replaceAll('\u00a0', ' '));
  const tone = toneOf(row);
  const toned = (line: string): string => (tone === undefined ? line : paint(tone, line));
  return [
    `${formatMs(at).padStart(TIME)}  ${paint(tone ?? 'cyan', sign.padEnd(indent))}${toned(first)}`,
    ...more.map((line) => `${' '.repeat(TIME)}  ${paint('dim', '│')}${' '.repeat(indent - 1)}${toned(line)}`),
  ];
}

function toneOf({ kind, good }: Row): 'green' | 'red' | 'bold' | 'dim' | undefined {
  switch (kind) {
    case 'outcome':
      return good ? 'green' : 'red';
    case 'trouble':
      return 'red';
    case 'state':
      return 'bold';
    case 'timer':
      return 'dim';
    default:
      return undefined;
  }
}

/** None of an actor that serves a machine. */
function statesOf({ actor, value }: SnapshotSeen): readonly string[] {
  return value === null || actor.includes('/') ? [] : leaves(value);
}

function leaves(value: StateValue, above = ''): string[] {
  const below = (key: string): string => (above === '' ? key : `${above}.${key}`);
  return typeof value === 'string' ? [below(value)] : Object.entries(value).flatMap(([key, child]) => leaves(child, below(key)));
}

/** `xstate.after.registerRetry.…` by the name of its delay. */
function timerName(type: string | undefined): string {
  const delay = /^xstate\.after\.([^.]+)/.exec(type ?? '')?.[1];
  return delay ?? type ?? 'a timer';
}
