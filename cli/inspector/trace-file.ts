/**
 * `--trace <file>`: the first run that is followed, as the lines of trace/format.ts, written while it goes on. A process that
 * is killed leaves what had happened until shortly before.
 */
import type { LineFile } from '../line-file.ts';
import { firstFrom } from './feed.ts';
import type { Growing } from './runs.ts';
import { DONE_LINE, TraceWriter } from './trace/format.ts';

/** Letters that are written at once, but for an event that is longer by itself. */
const AT_ONCE = 256 * 1024;

export class TraceFile {
  readonly #file: LineFile;
  readonly #writer = new TraceWriter();
  #run: Growing | undefined;
  #next = 0;

  constructor(file: LineFile) {
    this.#file = file;
  }

  /** Of several runs the first is written. */
  follow(run: Growing): void {
    if (this.#run) return;
    this.#run = run;
    this.#file.write(this.#writer.header(run.header));
  }

  /** What has happened since the last time. */
  write(): void {
    if (!this.#run) return;
    const { events } = this.#run.trace();
    let lines: string[] = [];
    let length = 0;
    for (let index = firstFrom(events, this.#next); index < events.length; index += 1) {
      const line = this.#writer.event(events[index]!);
      lines.push(line);
      length += line.length;
      if (length < AT_ONCE && index < events.length - 1) continue;
      this.#file.write(lines.join('\n'));
      lines = [];
      length = 0;
    }
    this.#next = (events.at(-1)?.n ?? -1) + 1;
  }

  /** Nothing more will happen. */
  end(): void {
    this.write();
    if (this.#run) this.#file.write(DONE_LINE);
    this.#file.close();
  }
}
