/** Any value as JSON that says what it was. Never runs a getter of somebody else's, never fails, and bounds what it makes. */
import { formatEndpoint } from '../../../effects/endpoint.ts';
import { hexOf } from './hex.ts';
import { Recall } from './recall.ts';
import type { Plain, PlainRecord } from './trace.ts';

/** Of one list or map: more than anybody reads, less than the memory of a busy server. */
const ENTRIES = 256;
const DEPTH = 16;
const BYTES = 1_024;

/** How values are told. */
export interface Manner {
  /** What was made of values that never change, so that what two snapshots share is made, and told, once. */
  readonly memory?: Recall<object, Plain>;
  /** Of bytes their length only: they may be the application's. */
  readonly hidesBytes?: boolean;
}

/** For values that never change, which holds for contexts of a machine. */
export function remembering(hidesBytes: boolean): Manner {
  return { memory: new Recall(10_000), hidesBytes };
}

/** What is being converted, to notice circles. */
const underWay = new Set<object>();

export function plain(value: unknown, manner: Manner = {}): Plain {
  return convert(value, 0, manner);
}

/** The fields of an object but those named, as JSON. */
export function plainFields(value: object, without: readonly string[] = []): PlainRecord {
  const fields: Record<string, Plain> = {};
  for (const [name, field] of Object.entries(value)) if (field !== undefined && !without.includes(name)) fields[name] = convert(field, 0, {});
  return fields;
}

/** As in logs: `host:port` for an endpoint, `*` for the half that is left open. */
export function plainPort(field: unknown): Plain {
  if (typeof field !== 'object' || field === null) return convert(field, 0, {});
  const { host, port } = field as { readonly host?: unknown; readonly port?: unknown };
  const name = typeof host === 'string' ? host : '*';
  return typeof port === 'number' ? formatEndpoint({ host: name, port }) : formatEndpoint({ host: name, port: 0 }).replace(/0$/, '*');
}

function convert(value: unknown, depth: number, manner: Manner): Plain {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'bigint':
      return String(value);
    case 'object':
      return value === null ? null : remembered(value, depth, manner);
    case 'function':
      return value.name === '' ? 'function' : `function ${value.name}`;
    default:
      return null;
  }
}

function remembered(value: object, depth: number, manner: Manner): Plain {
  if (value instanceof Uint8Array) return bytes(value, manner);
  const before = manner.memory?.get(value);
  if (before !== undefined) return before;
  if (depth > DEPTH) return { $cut: 'too deep' };
  if (underWay.has(value)) return { $cut: 'a circle' };
  underWay.add(value);
  const made = structure(value, depth, manner);
  underWay.delete(value);
  manner.memory?.set(value, made);
  return made;
}

function structure(value: object, depth: number, manner: Manner): Plain {
  if (Array.isArray(value)) return list(value, depth, manner);
  if (value instanceof Map) return { $map: pairs(value, value.size, depth, manner) };
  if (value instanceof Set) return { $set: list([...firstOf(value)], depth, manner, value.size) };
  if (value instanceof Error) return { $error: `${value.name}: ${value.message}` };
  if (isShards(value)) return { $map: pairs(entriesOf(value.shards), value.size, depth, manner) };
  if ('sessionId' in value && 'send' in value && 'id' in value) return { $actor: String(value.id) };
  const fields: Record<string, Plain> = {};
  let left = ENTRIES;
  for (const name of Object.keys(value)) {
    const field: unknown = Reflect.get(value, name);
    if (field === undefined || typeof field === 'function') continue;
    left -= 1;
    if (left < 0) return { ...fields, $cut: `${Object.keys(value).length - ENTRIES} more` };
    fields[name] = convert(field, depth + 1, manner);
  }
  return fields;
}

function list(values: readonly unknown[], depth: number, manner: Manner, size: number = values.length): Plain {
  const kept = values.slice(0, ENTRIES).map((one) => convert(one, depth + 1, manner));
  return size > ENTRIES ? [...kept, { $cut: `${size - ENTRIES} more` }] : kept;
}

function pairs(entries: Iterable<readonly [unknown, unknown]>, size: number, depth: number, manner: Manner): Plain {
  const kept = [...firstOf(entries)].map(([key, value]): Plain => [convert(key, depth + 1, manner), convert(value, depth + 1, manner)]);
  return size > ENTRIES ? [...kept, { $cut: `${size - ENTRIES} more` }] : kept;
}

function* firstOf<T>(values: Iterable<T>): Generator<T> {
  let left = ENTRIES;
  for (const value of values) {
    if (left === 0) return;
    left -= 1;
    yield value;
  }
}

function bytes(value: Uint8Array, { hidesBytes = false }: Manner): Plain {
  if (hidesBytes) return { $length: value.length };
  if (value.length <= BYTES) return { $bytes: hexOf(value) };
  return { $bytes: hexOf(value.subarray(0, BYTES)), $cut: `${value.length - BYTES} more` };
}

/** The maps of machines/persistent-map.ts, by their shape. */
function isShards(value: object): value is { readonly size: number; readonly shards: readonly (ReadonlyMap<string, unknown> | undefined)[] } {
  return 'shards' in value && 'salt' in value && 'size' in value && typeof value.size === 'number' && Array.isArray(value.shards);
}

function* entriesOf(shards: readonly (ReadonlyMap<string, unknown> | undefined)[]): Generator<[string, unknown]> {
  for (const shard of shards) if (shard) yield* shard;
}
