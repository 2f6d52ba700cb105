/** One run as the page holds it: what was told, and the picture of it, redrawn when it is asked for after something new. */
import type { Trace, TraceEvent, TraceHeader } from '../../trace/trace.ts';
import { Drawing } from './drawing.ts';
import { Told } from './moment.ts';
import type { Picture } from './picture.ts';

export class Run {
  readonly told: Told;
  /** More may come. */
  isLive: boolean;
  readonly #drawing = new Drawing();
  readonly #listeners = new Set<() => void>();
  #picture: Picture | undefined;
  #version = 0;

  constructor(header: TraceHeader, isLive = false) {
    this.told = new Told(header);
    this.isLive = isLive;
  }

  static of({ header, events }: Trace): Run {
    const run = new Run(header);
    run.add(events);
    return run;
  }

  add(events: readonly TraceEvent[]): void {
    if (events.length === 0) return;
    this.told.add(events);
    this.#drawing.add(events);
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

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
