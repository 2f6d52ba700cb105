/** The runs that an inspector shows: each a trace that is whole, or that still grows. Knows neither server nor page. */
import type { Trace, TraceHeader } from './trace/trace.ts';

/** What grows: a tracer, or a listener to somebody else's application. */
export interface Growing {
  readonly header: TraceHeader;
  trace(): Trace;
}

export interface ShownRun {
  readonly id: string;
  readonly title: string;
  /** All so far, converted when asked for. */
  readonly read: () => Trace;
  /** Nothing more will come. */
  readonly isDone: () => boolean;
}

export class Runs {
  readonly #runs: ShownRun[] = [];
  #isDone = false;

  /** A run that goes on until `end` is called. */
  follow(growing: Growing): void {
    this.#add(growing.header.title, () => growing.trace(), () => this.#isDone);
  }

  /** One that is over. */
  show(trace: Trace): void {
    this.#add(trace.header.title, () => trace, () => true);
  }

  get all(): readonly ShownRun[] {
    return this.#runs;
  }

  find(id: string): ShownRun | undefined {
    return this.#runs.find((run) => run.id === id);
  }

  /** The command is over, and with it everything that was followed. */
  end(): void {
    this.#isDone = true;
  }

  #add(title: string, read: () => Trace, isDone: () => boolean): void {
    this.#runs.push({ id: String(this.#runs.length + 1), title, read, isDone });
  }
}
