/**
 * The three messages of Stately's inspection protocol (`@xstate.actor`, `@xstate.event`, `@xstate.snapshot`), both ways: a trace
 * says all that they say and more. What comes from others is checked; what has no place in a trace is passed over.
 */
import { plain, plainFields } from './plain.ts';
import { type Plain, type PlainRecord, type StateValue, type Step, type Trace, TRACE_FORMAT, type TraceEvent, type TraceHeader } from './trace.ts';
import { isObject } from './format.ts';

/** As @statelyai/inspect 0.7 sends it. */
export interface StatelyMessage {
  readonly type: '@xstate.actor' | '@xstate.event' | '@xstate.snapshot';
  readonly sessionId: string;
  readonly rootId: string;
  readonly createdAt: string;
  readonly _version: string;
  readonly id: null;
  readonly name?: string;
  readonly parentId?: string;
  readonly sourceId?: string;
  /** JSON text. */
  readonly definition?: string;
  readonly event?: PlainRecord;
  readonly snapshot?: PlainRecord;
}

/** Says of itself what the messages are made for. */
const VERSION = '0.7.2';
/** A guess, far above any application: nobody may fill the memory of who listens. */
const ACTORS = 2_000;
const EVENTS = 200_000;
/** States within states, a guess far above any statechart. What is deeper is meant to exhaust the stack of who reads it. */
const DEEPEST = 64;

/** Makes messages of events, in their order. Actors keep their names as session ids. */
export class StatelySpeaker {
  readonly #definitions = new Map<string, Plain>();
  readonly #startedMs: number;

  constructor({ startedAt }: TraceHeader) {
    this.#startedMs = startedAt === undefined ? 0 : Date.parse(startedAt);
  }

  say(event: TraceEvent): StatelyMessage | undefined {
    switch (event.kind) {
      case 'machine':
        this.#definitions.set(event.machine, event.definition);
        return undefined;
      case 'actor': {
        const definition = event.machine === undefined ? { id: event.actor } : (this.#definitions.get(event.machine) ?? { id: event.machine });
        return this.#message('@xstate.actor', event.actor, event.at, {
          name: event.actor,
          ...(event.parent === undefined ? {} : { parentId: event.parent }),
          definition: JSON.stringify(definition),
          snapshot: { status: 'active', context: null },
        });
      }
      case 'event':
        return this.#message('@xstate.event', event.actor, event.at, { ...(event.from === undefined ? {} : { sourceId: event.from }), event: { ...event.fields, type: event.type } });
      case 'effect': {
        const { actor, at, type, socket, fields, message } = event;
        return this.#message('@xstate.event', `${actor}/net`, at, { sourceId: actor, event: { ...fields, socket, ...(message ? { message } : {}), type } });
      }
      case 'snapshot': {
        const { actor, at, status, value, context, tags = [], output, error, steps } = event;
        const snapshot: PlainRecord = { status, context, tags, ...(value === null ? {} : { value }), ...(output === undefined ? {} : { output }), ...(error === undefined ? {} : { error }) };
        return this.#message('@xstate.snapshot', actor, at, { snapshot, event: { type: steps.at(-1)?.event ?? 'xstate.init' } });
      }
      default:
        return undefined;
    }
  }

  #message(type: StatelyMessage['type'], sessionId: string, at: number, rest: Partial<StatelyMessage>): StatelyMessage {
    return { type, sessionId, rootId: sessionId.split('/')[0] ?? sessionId, createdAt: String(Math.round(this.#startedMs + at)), _version: VERSION, id: null, ...rest };
  }
}

/** Makes a trace of messages, as they come. */
export class StatelyListener {
  readonly header: TraceHeader;
  readonly #events: TraceEvent[] = [];
  readonly #names = new Map<string, string>();
  readonly #taken = new Map<string, number>();
  readonly #values = new Map<string, StateValue | null>();
  readonly #machines = new Set<string>();
  /** Of actors that were introduced with a state, which may be a later one: the package looks at it in an idle moment. */
  readonly #held = new Map<string, Readonly<Record<string, unknown>>>();
  #last = 0;

  /** `startedAt` as ISO 8601. */
  constructor(title: string, startedAt: string) {
    this.header = { format: TRACE_FORMAT, title, origin: 'stately', startedAt };
  }

  /** False for what is no such message, or one too many. `at` is ms since the listener began. */
  hear(message: unknown, at: number): boolean {
    if (!isObject(message) || typeof message['sessionId'] !== 'string' || this.#events.length >= EVENTS) return false;
    this.#last = Math.max(this.#last, Math.round(at * 1000) / 1000);
    const { type, sessionId } = message;
    switch (type) {
      case '@xstate.actor':
        return this.#actor(sessionId as string, message);
      case '@xstate.event': {
        const { event, sourceId } = message;
        if (!isObject(event) || typeof event['type'] !== 'string') return false;
        const from = typeof sourceId === 'string' ? this.#names.get(sourceId) : undefined;
        const actor = this.#nameOf(sessionId as string);
        const held = event['type'] === 'xstate.init' ? undefined : this.#held.get(actor);
        if (held) this.#snapshot(actor, held, 'xstate.init');
        this.#tell({ kind: 'event', actor, ...(from === undefined ? {} : { from }), type: event['type'], fields: plainFields(event, ['type']) });
        return true;
      }
      case '@xstate.snapshot': {
        const { snapshot, event } = message;
        if (!isObject(snapshot)) return false;
        this.#snapshot(this.#nameOf(sessionId as string), snapshot, isObject(event) && typeof event['type'] === 'string' ? event['type'] : '');
        return true;
      }
      default:
        return false;
    }
  }

  trace(): Trace {
    return { header: this.header, events: this.#events };
  }

  #actor(sessionId: string, message: Readonly<Record<string, unknown>>): boolean {
    // A window that is opened again is told everything again.
    if (this.#names.has(sessionId)) return true;
    if (this.#names.size >= ACTORS) return false;
    const { name, parentId, definition, snapshot } = message;
    const parent = typeof parentId === 'string' ? this.#names.get(parentId) : undefined;
    const own = this.#register(sessionId, typeof name === 'string' && name !== '' ? name : sessionId, parent);
    const chart = definitionFrom(definition);
    const machine = chart === undefined ? undefined : `${String(chart['id'] ?? own)}`;
    if (chart && machine !== undefined && !this.#machines.has(machine)) {
      this.#machines.add(machine);
      this.#tell({ kind: 'machine', machine, definition: plain(chart) });
    }
    this.#tell({ kind: 'actor', actor: own, ...(parent === undefined ? {} : { parent }), ...(machine === undefined ? {} : { machine }) });
    if (isObject(snapshot) && 'value' in snapshot) this.#held.set(own, snapshot);
    return true;
  }

  #snapshot(actor: string, { status, value, context, tags, output, error }: Readonly<Record<string, unknown>>, event: string): void {
    this.#held.delete(actor);
    const after = isStateValue(value) ? value : null;
    const before = this.#values.get(actor);
    this.#values.set(actor, after);
    this.#tell({
      kind: 'snapshot',
      actor,
      status: STATUSES.find((one) => one === status) ?? 'active',
      value: after,
      context: plain(context),
      ...(Array.isArray(tags) && tags.length > 0 ? { tags: tags.map(String) } : {}),
      steps: before === undefined || before === null || after === null ? [] : stepsBetween(before, after, event),
      ...(output === undefined ? {} : { output: plain(output) }),
      ...(error === undefined || error === null ? {} : { error: typeof error === 'string' ? error : JSON.stringify(plain(error)) }),
    });
  }

  /** Of an actor that was never introduced: it was there before the listener. */
  #nameOf(sessionId: string): string {
    const known = this.#names.get(sessionId);
    if (known !== undefined) return known;
    if (this.#names.size >= ACTORS) return 'others';
    const name = this.#register(sessionId, sessionId, undefined);
    this.#tell({ kind: 'actor', actor: name });
    return name;
  }

  #register(sessionId: string, name: string, parent: string | undefined): string {
    const wanted = parent === undefined ? name : `${parent}/${name}`;
    const count = (this.#taken.get(wanted) ?? 0) + 1;
    this.#taken.set(wanted, count);
    const own = count === 1 ? wanted : `${wanted} ${count}`;
    this.#names.set(sessionId, own);
    return own;
  }

  #tell(event: Told): void {
    this.#events.push({ n: this.#events.length, at: this.#last, ...event } as TraceEvent);
  }
}

type Told = TraceEvent extends infer E ? (E extends TraceEvent ? Omit<E, 'n' | 'at'> : never) : never;

const STATUSES = ['active', 'done', 'error', 'stopped'] as const;

/** The messages do not say which transition was taken: the states that were left and entered are all that can be told. */
function stepsBetween(before: StateValue, after: StateValue, event: string): Step[] {
  const [left, entered] = [leaves(before), leaves(after)];
  const targets = entered.filter((path) => !left.includes(path));
  const source = left.find((path) => !entered.includes(path));
  return source === undefined || targets.length === 0 ? [] : [{ source, targets, event }];
}

function leaves(value: StateValue, above = ''): string[] {
  const below = (key: string): string => (above === '' ? key : `${above}.${key}`);
  if (typeof value === 'string') return [below(value)];
  return Object.entries(value).flatMap(([key, child]) => (isObject(child) && Object.keys(child).length === 0 ? [below(key)] : leaves(child, below(key))));
}

function definitionFrom(text: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof text !== 'string') return isObject(text) && 'states' in text ? text : undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && 'states' in value ? value : undefined;
  } catch {
    return undefined;
  }
}

function isStateValue(value: unknown, depth = 0): value is StateValue {
  if (depth > DEEPEST) return false;
  return typeof value === 'string' || (isObject(value) && Object.values(value).every((child) => isStateValue(child, depth + 1)));
}

/** Not deeper than any application nests; looked at level by level, so that no depth exhausts the stack. */
export function isShallow(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > DEEPEST) return false;
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
  }
  return true;
}
