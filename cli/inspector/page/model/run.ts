/** One run as the page holds it: what was told, and the picture of it, redrawn when it is asked for after something new. */
import type { Trace, TraceEvent, TraceHeader } from '../../trace/trace.ts';
import { Drawing } from './drawing.ts';
import { type Known, Told } from './moment.ts';
import type { Picture } from './picture.ts';
import { portOf } from './words.ts';

/** A run that goes on for hours tells more than a page can hold: past this many events the older half is given up. */
const EVENT_LIMIT = 400_000;

export class Run {
  /** More may come. */
  isLive: boolean;
  #told: Told;
  #drawing = new Drawing();
  readonly #limit: number;
  readonly #listeners = new Set<() => void>();
  #picture: Picture | undefined;
  #version = 0;

  constructor(header: TraceHeader, isLive = false, limit = EVENT_LIMIT) {
    this.#told = new Told(header);
    this.isLive = isLive;
    this.#limit = limit;
  }

  get told(): Told {
    return this.#told;
  }

  static of({ header, events }: Trace): Run {
    const run = new Run(header);
    run.add(events);
    return run;
  }

  add(events: readonly TraceEvent[]): void {
    if (events.length === 0) return;
    this.#told.add(events);
    this.#drawing.add(events);
    if (this.isLive && this.#told.events.length > this.#limit) this.#giveUp();
    this.#picture = undefined;
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }

  /** Nothing more will come. */
  end(): void {
    if (!this.isLive) return;
    this.isLive = false;
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }

  get version(): number {
    return this.#version;
  }

  get picture(): Picture {
    this.#picture ??= this.#drawing.picture();
    return this.#picture;
  }

  /** Whoever has a statechart, by the lanes from left to right. */
  get charted(): readonly string[] {
    const { lanes } = this.picture;
    const laneOf = ({ actor: { actor, place } }: Known): number => lanes.findIndex(({ name }) => name === place || name === actor);
    return [...this.#told.actors.values()].filter(({ machine }) => machine !== undefined).toSorted((one, other) => laneOf(one) - laneOf(other)).map(({ actor }) => actor.actor);
  }

  /** Peers of one command are told apart by the port that each speaks from. */
  get title(): string {
    const { title, origin } = this.#told.header;
    const own = origin === 'live' ? ownPort(this.picture) : '';
    return own === '' ? title : `${title} ${own}`;
  }

  /** What later events need stays: who is there, and the state that each was in. */
  #giveUp(): void {
    const { header, events, actors } = this.#told;
    const recent = events.slice(-Math.floor(this.#limit / 2));
    const from = recent[0]!.n;
    const kept = events.filter(({ n, kind }) => n < from && LASTING.has(kind));
    const standing = [...actors.keys()].flatMap((actor) => this.#told.standing(actor, from - 1).now ?? []);
    const all = [...kept, ...standing].sort((one, other) => one.n - other.n);
    this.#told = new Told(header);
    this.#drawing = new Drawing();
    this.#told.add([...all, ...recent]);
    this.#drawing.add([...all, ...recent]);
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

function ownPort({ packets }: Picture): string {
  for (const { stops } of packets) {
    const [first, last] = [stops[0]!, stops.at(-1)!];
    const own = first.kind === 'sent' ? first.after?.src : last.kind === 'delivered' ? last.after?.dst : undefined;
    if (own !== undefined) return portOf(own);
  }
  return '';
}

const LASTING: ReadonlySet<TraceEvent['kind']> = new Set(['place', 'machine', 'actor', 'outcome']);
