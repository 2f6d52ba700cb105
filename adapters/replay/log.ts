/**
 * natpunch-log/1: what one machine asked of the world and heard from it, as JSON lines in the order things happened.
 * Reads and writes lines; knows no file, no protocol and no key.
 *
 *     {"format":"natpunch-log/1","machine":"udp-punch/peer","input":{…},"id":"a"}
 *     {"t":0,"effect":{"type":"udp.open","socket":"main"}}
 *     {"t":0.4,"event":{"type":"udp.opened","socket":"main","local":"0.0.0.0:5000","addresses":["10.0.0.2:5000"],"at":0.4}}
 *     {"t":50.1,"timer":1}
 *     {"t":50.1,"effect":{"type":"udp.send","socket":"main","to":"203.0.113.9:7","data":"c0ffee","ttl":4}}
 *     {"t":61,"event":{"type":"udp.received","socket":"main","from":"203.0.113.9:7","payload":512,"at":61}}
 *     {"t":70,"told":{"type":"close"}}
 *     {"t":70,"end":true}
 *
 * Each of these lines ends with a checksum more, `…,"sum":"1a2b3c4d"}`: see `sum.ts`. One that does not fit is refused. A log
 * written by hand may do without, but where the header has a sum every line must have one.
 *
 * `t` is the machine's clock in ms, and never goes back. Bytes are lower-case hex, endpoints `host:port` (`*` for what is left open), payload is
 * its length only. `timer` n is the nth timer that was set, from 1, as it fires. `sync` marks an event that came while an
 * effect was still being asked. `told` is what the application sent to the machine. `end` is written when the machine
 * lets go of its network: a log without it stops where its process did, perhaps short of the last effects.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import type { Via } from '../../effects/codec.ts';
import { type Endpoint, formatEndpoint } from '../../effects/endpoint.ts';
import type { NetEffect, NetEvent } from '../../effects/net.ts';
import { remoteOf, viaOf } from '../../effects/way.ts';
import { headerShape, type LineKind, lineShapes, LOG_FORMAT, type LogHeader, type LogLine, type Told } from './format.ts';
import { readSummed, writeSummed } from './sum.ts';

export interface Log {
  readonly header: LogHeader;
  /** `lines[i]` is line `i + 2` of the text. */
  readonly lines: readonly LogLine[];
  /** False when the log stops without `end`: its process was killed, or still runs. */
  readonly ended: boolean;
}

/** Text that is not a log. */
export interface BadLog {
  readonly kind: 'bad-log';
  /** Counted from 1. */
  readonly line: number;
  /** One line for people, which names the line. */
  readonly message: string;
}

/** The log that `text` is, or the first line that is not a log's. */
export function readLog(text: string): Log | BadLog {
  const rows = text.split('\n');
  const complete = rows.at(-1) === '';
  if (complete) rows.pop();
  let header: LogHeader | undefined;
  let isSummed = false;
  const lines: LogLine[] = [];
  for (const [index, row] of rows.entries()) {
    const number = index + 1;
    const isCutShort = number === rows.length && !complete;
    const { bare, fits } = readSummed(row);
    if (fits === false) return badLog(number, CHANGED);
    if (isSummed && fits === undefined) return badLog(number, isCutShort ? CUT_SHORT : `${CHANGED}: it lacks the sum that every line of this log has`);
    const value = parseJson(bare);
    if (value === undefined) return badLog(number, isCutShort ? CUT_SHORT : `not JSON: ${excerpt(row)}`);
    if (header === undefined) {
      const read = headerShape.safeParse(value);
      if (!read.success) return badLog(number, `not the header of a ${LOG_FORMAT}: ${complaint(read.error)}`);
      header = read.data;
      isSummed = fits === true;
      continue;
    }
    const before = lines.at(-1);
    if (before?.kind === 'end') return badLog(number, 'nothing may follow the end');
    const kind = kindOf(value);
    if (kind === undefined) return badLog(number, `needs one of ${Object.keys(lineShapes).join(', ')}: ${excerpt(row)}`);
    const read = lineShapes[kind].safeParse(value);
    if (!read.success) return badLog(number, complaint(read.error));
    if (before && read.data.t < before.t) return badLog(number, `t goes back from ${before.t} to ${read.data.t}`);
    lines.push(read.data);
  }
  if (header === undefined) return badLog(1, 'the log is empty');
  return { header, lines, ended: lines.at(-1)?.kind === 'end' };
}

/** Whether `readLog` found a log or what is wrong with it. */
export function isBadLog(log: Log | BadLog): log is BadLog {
  return 'kind' in log;
}

/**
 * What a log keeps of bytes: themselves, other bytes in their place, or (undefined) only their length. `stream` is the socket of
 * a piece of a TCP stream that was received: its pieces come in order, each once. `via` is what the bytes travel by.
 */
export type Redact = (data: Uint8Array, remote?: Endpoint, stream?: string, via?: Via) => Uint8Array | undefined;

/** One line, without its line feed, for anything that happened at `t` ms. */
export function writeLine(t: number, what: Happening, redact: Redact): string {
  switch (what.kind) {
    case 'effect':
      return writeSummed({ t, effect: loggedEffect(what.effect, redact) });
    case 'event':
      return writeSummed({ t, ...(what.sync ? { sync: true } : {}), event: logged(what.event, redact) });
    case 'timer':
      return writeSummed({ t, timer: what.timer });
    case 'told':
      return writeSummed({ t, told: what.told });
    case 'end':
      return writeSummed({ t, end: true });
  }
}

export type Happening =
  | { readonly kind: 'effect'; readonly effect: NetEffect }
  | { readonly kind: 'event'; readonly event: NetEvent; readonly sync: boolean }
  | { readonly kind: 'timer'; readonly timer: number }
  | { readonly kind: 'told'; readonly told: Told }
  | { readonly kind: 'end' };

/** `input` must be JSON as it stands: no functions, no bytes. Fields that are undefined are left out. */
export interface HeaderFields {
  readonly machine: string;
  readonly input: unknown;
  readonly id: string;
  readonly note?: string | undefined;
}

export function writeHeader(header: HeaderFields): string {
  return writeSummed({ format: LOG_FORMAT, ...header });
}

/** An effect as a log has it: flat, so that two are the same when each of their fields is. */
export function loggedEffect(effect: NetEffect, redact: Redact): Record<string, unknown> {
  return logged(effect, 'payload' in effect && effect.payload === true ? () => undefined : redact);
}

const CHANGED = 'changed after it was written';
const CUT_SHORT = 'cut short, as by a process killed while it wrote; delete this line to replay the others';

function logged(value: NetEffect | NetEvent, redact: Redact): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, field] of Object.entries<unknown>({ ...value })) {
    if (field === undefined || name === 'payload' || name === 'unread') continue;
    if (field instanceof Uint8Array) {
      const kept = redact(field, remoteOf(value), value.type === 'tcp.received' ? value.socket : undefined, viaOf(value));
      if (kept) fields[name] = bytesToHex(kept);
      else fields['payload'] = field.length;
    } else {
      fields[name] = Array.isArray(field) ? field.map(portText) : portText(field);
    }
  }
  return fields;
}

/** `host:port` for an endpoint, `*` for the half that is left to the system; anything else as it is. */
function portText(field: unknown): unknown {
  if (typeof field !== 'object' || field === null) return field;
  const { host = '*', port } = field as Partial<Endpoint>;
  return port === undefined ? formatEndpoint({ host, port: 0 }).replace(/0$/, '*') : formatEndpoint({ host, port });
}

function kindOf(value: unknown): LineKind | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return (Object.keys(lineShapes) as LineKind[]).find((kind) => kind in value);
}

/** Undefined for what is not JSON; JSON has no undefined of its own. */
function parseJson(row: string): unknown {
  try {
    return JSON.parse(row) as unknown;
  } catch {
    return undefined;
  }
}

function complaint({ issues }: { readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] }): string {
  const issue = issues[0];
  if (!issue) return 'not a line of a log';
  return issue.path.length === 0 ? issue.message : `${issue.path.map(String).join('.')}: ${issue.message}`;
}

function excerpt(row: string): string {
  return row.length > 60 ? `${row.slice(0, 60)}…` : row;
}

function badLog(line: number, message: string): BadLog {
  return { kind: 'bad-log', line, message: `line ${line}: ${message}` };
}
