/**
 * Watches runs and a simulated internet, and keeps what it sees as a trace. It changes nothing that passes. While a run goes
 * on it only notes references; `read` makes events of them, when somebody wants them. Knows no protocol.
 */
import type { AnyActorRef, AnyMachineSnapshot, InspectionEvent } from 'xstate';
import type { Sighting } from '../../../adapters/sim/sighting.ts';
import type { Watch, Watched } from '../../../effects/run.ts';
import type { Actor, Noted, NotedEvent, PlaceFields, Redact, Run, TakenStep } from './sightings.ts';
import { type Command, commandsOf, type Notebook, notedClock, notedNet, type RunState } from './surroundings.ts';
import { Teller } from './telling.ts';
import { TRACE_FORMAT, type Trace, type TraceEvent, type TraceHeader } from './trace.ts';

export interface TracerOptions {
  readonly title: string;
  readonly origin: TraceHeader['origin'];
  readonly startedAt?: string;
  /** What may be kept of a run's bytes. Unless this says otherwise, in a simulation everything is, else lengths only. */
  readonly redactorOf?: (run: Watched) => Redact | undefined;
  /** Events that are kept; of a longer run the first are given up. Default: a million. */
  readonly limit?: number;
  /** Called between two things that happen, when so many are noted and nobody has read them. */
  readonly whenMany?: () => void;
  /** Default: 4,096, which come to about a megabyte of text. */
  readonly many?: number;
}

export class Tracer {
  readonly header: TraceHeader;
  readonly #options: TracerOptions;
  readonly #teller: Teller;
  readonly #actors = new WeakMap<AnyActorRef, Actor>();
  readonly #lasts = new WeakMap<Actor, AnyMachineSnapshot>();
  readonly #names = new Map<string, number>();
  #noted: Noted[] = [];
  #pending: Pending | undefined;
  #now: () => number = () => 0;
  /** Firewalls and NATs. */
  readonly #judges = new Set<string>();
  readonly #book: Notebook = {
    asking: undefined,
    note: (noted) => {
      this.#flush();
      this.#noted.push(noted);
    },
    pause: () => {
      const { whenMany, many = 4_096 } = this.#options;
      if (this.#noted.length >= many) whenMany?.();
    },
  };

  constructor(options: TracerOptions) {
    const { title, origin, startedAt, limit = 1_000_000 } = options;
    this.#options = options;
    this.header = { format: TRACE_FORMAT, title, origin, ...(startedAt === undefined ? {} : { startedAt }) };
    this.#teller = new Teller(origin, limit);
  }

  /** For `watchRuns`, or around one run. */
  readonly watch: Watch = (watched) => {
    const { id, machine, codec, input, clock } = watched;
    const isSimulated = this.#options.origin === 'sim';
    const count = (this.#names.get(id) ?? 0) + 1;
    this.#names.set(id, count);
    const redact = this.#options.redactorOf?.(watched) ?? (isSimulated ? keepAll : keepLength);
    const run: Run = { name: count === 1 ? id : `${id} ${count}`, machine, codec, input, redact, isSimulated };
    this.#now = () => clock.now();
    const state: RunState = { run, timers: 0, delays: [], firing: undefined, heard: undefined, command: undefined };
    return { net: notedNet(watched.net, state, this.#book, () => clock.now()), clock: notedClock(clock, state, this.#book), inspect: (event) => this.#inspect(event, state) };
  };

  /** For `internet.observe`. */
  readonly observe = (seen: Sighting): void => {
    // What passes the core and plain routers unchanged tells nothing; that a NAT lets something through as it is tells much.
    if (seen.type === 'forwarded' && !this.#judges.has(seen.device)) return;
    this.#flush();
    const effect = seen.type === 'sent' && this.#book.asking?.run.name === seen.device ? this.#book.asking : undefined;
    this.#noted.push({ kind: 'device', at: seen.at, seen, effect });
  };

  /** To be told before anything happens there. */
  place(place: PlaceFields): void {
    if (place.type === 'firewall' || place.type === 'nat') this.#judges.add(place.name);
    this.#noted.push({ kind: 'place', at: this.#now(), place });
  }

  /** Something that whoever traces has to say of an actor. */
  remark(actor: string, type: string, about: object): void {
    this.#flush();
    this.#noted.push({ kind: 'remark', at: this.#now(), actor, type, about });
  }

  /** Everything so far. What was read before is the same again. */
  read(): readonly TraceEvent[] {
    this.#flush();
    const noted = this.#noted;
    this.#noted = [];
    return this.#teller.tell(noted);
  }

  trace(): Trace {
    return { header: this.header, events: this.read() };
  }

  #inspect(event: InspectionEvent, state: RunState): void {
    switch (event.type) {
      case '@xstate.actor':
        return this.#meet(event.actorRef as AnyActorRef, state);
      case '@xstate.event':
        return this.#event(event, state);
      case '@xstate.microstep': {
        const actor = this.#actors.get(event.actorRef as AnyActorRef);
        if (!actor) return;
        const pending = this.#pendingOf(actor);
        pending.snapshot = event.snapshot as AnyMachineSnapshot;
        if (event._transitions.length > 0) pending.steps.push({ event: event.event.type, transitions: event._transitions });
        return;
      }
      case '@xstate.action': {
        const actor = this.#actors.get(event.actorRef as AnyActorRef);
        if (!actor) return;
        const { type, params } = event.action;
        const pending = this.#pendingOf(actor);
        const about = params as { readonly event?: { readonly type: string }; readonly delay?: unknown } | undefined;
        if (type === 'xstate.emit' && about?.event) pending.emitted.push(about.event);
        else if (!type.startsWith('xstate.')) pending.actions.push(type);
        else if (typeof about?.delay === 'number' && about.event && state.delays.length < DELAYS) state.delays.push({ type: about.event.type, delayMs: about.delay });
        return;
      }
      case '@xstate.snapshot': {
        const actor = this.#actors.get(event.actorRef as AnyActorRef);
        // Of actors without a statechart the events say all.
        if (!actor || !('value' in event.snapshot)) return;
        const snapshot = event.snapshot as AnyMachineSnapshot;
        if (this.#pending?.actor === actor || this.#lasts.get(actor) !== snapshot) this.#pendingOf(actor).snapshot = snapshot;
        return this.#flush();
      }
    }
  }

  #meet(ref: AnyActorRef, { run }: RunState): void {
    this.#flush();
    const parent = ref._parent && this.#actors.get(ref._parent);
    const actor: Actor = { name: parent ? `${parent.name}/${ref.id}` : run.name, run, ref, parent };
    this.#actors.set(ref, actor);
    this.#noted.push({ kind: 'actor', at: this.#now(), actor });
  }

  #event({ actorRef, sourceRef, event }: Extract<InspectionEvent, { type: '@xstate.event' }>, state: RunState): void {
    const actor = this.#actors.get(actorRef as AnyActorRef);
    if (!actor) return;
    this.#flush();
    const from = sourceRef && this.#actors.get(sourceRef as AnyActorRef);
    const isOfNet = from !== undefined && from !== actor && from.ref.id === NET;
    const heard = isOfNet ? state.heard : undefined;
    if (heard) heard.made ??= event;
    const noted: NotedEvent = { kind: 'event', at: this.#now(), actor, from, event, timer: state.firing, heard, isEffect: false };
    state.firing = undefined;
    state.command = actor.ref.id === NET && actor.parent ? { noted, left: commandsOf(event as Command) } : undefined;
    this.#noted.push(noted);
    // Its state is there before it is told of it, and its first effects come before xstate says so.
    if (event.type === 'xstate.init' && actor.parent === undefined) this.#pendingOf(actor).snapshot = actor.ref.getSnapshot() as AnyMachineSnapshot;
  }

  #pendingOf(actor: Actor): Pending {
    if (this.#pending?.actor !== actor) {
      this.#flush();
      this.#pending = { actor, at: this.#now(), snapshot: undefined, steps: [], actions: [], emitted: [] };
    }
    return this.#pending!;
  }

  /** What an actor has become is told before anything that follows from it. */
  #flush(): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    this.#pending = undefined;
    const { actor, at, snapshot, steps, actions, emitted } = pending;
    if (snapshot && (snapshot !== this.#lasts.get(actor) || steps.length > 0)) {
      this.#lasts.set(actor, snapshot);
      this.#noted.push({ kind: 'snapshot', at, actor, snapshot, steps, actions });
    }
    for (const event of emitted) this.#noted.push({ kind: 'emitted', at, actor, event });
  }
}

/** By this name every machine invokes its network; see effects/net-actor.ts. */
const NET = 'net';

/** Delayed events that are remembered until their timer is set, which happens in the same step. */
const DELAYS = 256;

interface Pending {
  readonly actor: Actor;
  readonly at: number;
  snapshot: AnyMachineSnapshot | undefined;
  readonly steps: TakenStep[];
  readonly actions: string[];
  readonly emitted: { readonly type: string }[];
}

function keepAll(data: Uint8Array): Uint8Array {
  return data;
}

function keepLength(): undefined {
  return undefined;
}
