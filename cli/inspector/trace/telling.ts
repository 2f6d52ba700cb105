/** Makes the events of a trace of what was noted, in order. Everything is told once, and what nobody asks for costs nothing. */
import type { AnyMachineSnapshot, EventObject } from 'xstate';
import { Ends } from './ends.ts';
import { contentOf, mannerOf, portFields, sayingOf } from './packets.ts';
import { type Manner, plain, plainFields, remembering } from './plain.ts';
import type { Actor, Noted, NotedEffect, NotedEvent, NotedHeard, NotedSnapshot, Run } from './sightings.ts';
import { definitionOf, stepOf } from './statechart.ts';
import type { OutcomeSeen, PlainRecord, TraceEvent, TraceHeader } from './trace.ts';
import { tellDevice } from './devices.ts';

/** An event before it has its number. */
export type Told = TraceEvent extends infer E ? (E extends TraceEvent ? Omit<E, 'n' | 'at'> : never) : never;

export class Teller {
  readonly #limit: number;
  #events: TraceEvent[] = [];
  #n = 0;
  #zero: number | undefined;
  #last = 0;
  readonly #machines = new Set<string>();
  readonly #verdicts = new Map<string, string>();
  /** Of machines on real networks bytes are not told. */
  readonly #manners = { shown: remembering(false), hidden: remembering(true) };
  readonly #ends: Ends;

  constructor(origin: TraceHeader['origin'], limit: number) {
    this.#limit = limit;
    this.#ends = new Ends((told) => this.#tell(told.at, told.event));
    // Virtual time has an origin of its own.
    if (origin === 'sim') this.#zero = 0;
  }

  /** All events so far, with those of `noted`. */
  tell(noted: readonly Noted[]): readonly TraceEvent[] {
    for (const one of noted) this.#one(one);
    this.#giveUp();
    return this.#events;
  }

  /** A run without its actors. */
  introduce(at: number, run: Run): void {
    const { id } = run.machine;
    if (!this.#machines.has(id)) {
      this.#machines.add(id);
      this.#tell(at, { kind: 'machine', machine: id, definition: definitionOf(run.machine) });
    }
    if (!run.isSimulated) this.#ends.open(run, at);
    this.#tell(at, { kind: 'actor', actor: run.name, machine: id, place: run.name, input: plain(run.input, mannerOf(run)) });
  }

  #one(noted: Noted): void {
    switch (noted.kind) {
      case 'place':
        return this.#tell(noted.at, { kind: 'place', ...noted.place });
      case 'actor':
        return this.#actor(noted.at, noted.actor);
      case 'event':
        return noted.isEffect ? undefined : this.#event(noted);
      case 'snapshot':
        return this.#snapshot(noted);
      case 'effect':
        return this.#effect(noted);
      case 'heard':
        return this.#heard(noted);
      case 'timer': {
        const { at, run, what, timer, type, delayMs } = noted;
        return this.#tell(at, { kind: 'timer', actor: run.name, what, timer, ...(type === undefined ? {} : { type }), ...(delayMs === undefined ? {} : { delayMs }) });
      }
      case 'device':
        this.#events.push(tellDevice(this.#n, this.#since(noted.at), noted.seen, noted.effect));
        this.#n += 1;
        return;
      case 'remark':
        return this.#tell(noted.at, { kind: 'note', actor: noted.actor, type: noted.type, fields: plainFields(noted.about) });
      case 'emitted': {
        const { type } = noted.event;
        if (type === 'outcome' && 'outcome' in noted.event) return this.#outcome(noted.at, noted.actor, noted.event['outcome']);
        return this.#tell(noted.at, { kind: 'note', actor: noted.actor.name, type, fields: portFields(noted.event, ['type'], mannerOf(noted.actor.run)) });
      }
    }
  }

  #actor(at: number, { name, run, parent }: Actor): void {
    if (parent) this.#tell(at, { kind: 'actor', actor: name, parent: parent.name });
    else this.introduce(at, run);
  }

  #event({ at, actor, from, event, timer, heard }: NotedEvent): void {
    this.#tell(at, {
      kind: 'event',
      actor: actor.name,
      ...(from ? { from: from.name } : {}),
      type: event.type,
      fields: event.type === 'xstate.init' ? {} : fieldsOf(event, heard, mannerOf(actor.run)),
      ...(timer === undefined ? {} : { timer }),
      ...(heard?.n === undefined ? {} : { heard: heard.n }),
    });
  }

  #snapshot({ at, actor, snapshot, steps, actions }: NotedSnapshot): void {
    const { status, value, context, tags, output, error } = snapshot as Pick<AnyMachineSnapshot, 'status' | 'value' | 'context' | 'tags' | 'output' | 'error'>;
    this.#tell(at, {
      kind: 'snapshot',
      actor: actor.name,
      status,
      value,
      context: plain(context, this.#manners[actor.run.isSimulated ? 'shown' : 'hidden']),
      ...(tags.size > 0 ? { tags: [...tags] } : {}),
      steps: steps.flatMap(({ event, transitions }) => transitions.map((transition) => stepOf(transition, event))),
      ...(actions.length > 0 ? { actions } : {}),
      ...(output === undefined ? {} : { output: plain(output, mannerOf(actor.run)) }),
      ...(error === undefined ? {} : { error: error instanceof Error ? error.message : String(error) }),
    });
    if (status === 'done' && actor.parent === undefined) this.#outcome(at, actor, output);
  }

  #effect(noted: NotedEffect): void {
    const { at, run, effect } = noted;
    const saying = sayingOf(run, effect, noted.message);
    noted.n = this.#n;
    this.#tell(at, { kind: 'effect', actor: run.name, type: effect.type, socket: effect.socket, fields: portFields(effect, SAID), ...saying });
    if (!run.isSimulated) this.#ends.asked(run, at, effect, contentOf(effect, saying), noted.n);
  }

  #heard(noted: NotedHeard): void {
    const { at, run, event } = noted;
    const saying = sayingOf(run, event, noted.made && event.type.endsWith('.received') ? noted.made : undefined);
    if (!run.isSimulated) this.#ends.heard(run, at, event, contentOf(event, saying));
    noted.n = this.#n;
    noted.message = saying.message;
    this.#tell(at, { kind: 'heard', actor: run.name, type: event.type, socket: event.socket, fields: portFields(event, [...SAID, 'at']), ...saying });
  }

  /** Told when it is another than before: a machine may report it and then end with it. */
  #outcome(at: number, { name }: Actor, outcome: unknown): void {
    if (typeof outcome !== 'object' || outcome === null) return;
    const told = outcomeOf(outcome);
    const verdict = JSON.stringify([told.verdict, told.words]);
    if (this.#verdicts.get(name) === verdict) return;
    this.#verdicts.set(name, verdict);
    this.#tell(at, { kind: 'outcome', actor: name, ...told });
  }

  #tell(at: number, told: Told): void {
    this.#events.push({ n: this.#n, at: this.#since(at), ...told } as TraceEvent);
    this.#n += 1;
  }

  #since(at: number): number {
    this.#zero ??= at;
    // Real clocks are read at several places for one event, so they may be microseconds apart in either direction.
    this.#last = Math.max(this.#last, Math.round((at - this.#zero) * 1000) / 1000);
    return this.#last;
  }

  /** A quarter at a time, but not what later events refer to. */
  #giveUp(): void {
    if (this.#events.length <= this.#limit) return;
    const from = this.#events.length - Math.floor(this.#limit * 0.75);
    this.#events = [...this.#events.slice(0, from).filter(isKept), ...this.#events.slice(from)];
  }
}

/** What a message says is told once, as it was heard, and shared. */
function fieldsOf(event: EventObject, heard: NotedHeard | undefined, manner: Manner): PlainRecord {
  if (heard?.message === undefined || heard.made !== event) return portFields(event, heard ? ['type', 'at'] : ['type'], manner);
  const { type: _type, ...said } = heard.message;
  const { socket, from } = event as EventObject & { readonly socket?: unknown; readonly from?: unknown };
  return { ...said, ...portFields({ socket, from }) };
}

const SAID = ['type', 'socket', 'data', 'payload', 'unread'];

function isKept({ kind }: TraceEvent): boolean {
  return kind === 'place' || kind === 'machine' || kind === 'actor';
}

/** Outcomes of connecting machines by their `kind`, what a check found by its `verdict`; anything else is `done`. */
function outcomeOf(outcome: object): Omit<OutcomeSeen, 'n' | 'at' | 'kind' | 'actor'> {
  const fields: PlainRecord = portFields(outcome);
  const { kind, reason, detail, verdict, peer } = fields;
  const isFailed = kind === 'failed';
  const name = [isFailed ? reason : undefined, verdict, kind].find((one) => typeof one === 'string') ?? 'done';
  const words = typeof detail === 'string' ? detail : typeof peer === 'string' ? `reaches the peer at ${peer}` : String(name);
  return { verdict: String(name), good: !isFailed, words, outcome: fields };
}
