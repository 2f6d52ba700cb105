/**
 * What is said on a reliable stream: numbered lines, each with who says it and in which of its lives. Whatever comes is held to be the
 * beginning of what one life of the right speaker said: whole, in order, once.
 */

/** One speaker's end of one stream. */
export class Speaker {
  readonly #name: string;
  #lines = 0;

  constructor(name: string) {
    this.#name = name;
  }

  /** The next line, a little longer each time. */
  next(): Uint8Array {
    const n = this.#lines;
    this.#lines += 1;
    return new TextEncoder().encode(lineOf(this.#name, n));
  }
}

/** What has come of one stream. */
export class Listener {
  readonly #partner: string;
  #name: string | undefined;
  #lines = 0;
  #rest = '';
  /** The first thing that is wrong. */
  fault: string | undefined;

  /** `partner` is who may be heard; which of its lives, the first line says. */
  constructor(partner: string) {
    this.#partner = partner;
  }

  get lines(): number {
    return this.#lines;
  }

  hear(data: Uint8Array): void {
    this.#rest += new TextDecoder('latin1').decode(data);
    for (let end = this.#rest.indexOf('\n'); end >= 0 && this.fault === undefined; end = this.#rest.indexOf('\n')) {
      const line = this.#rest.slice(0, end + 1);
      this.#rest = this.#rest.slice(end + 1);
      this.#name ??= line.split(' ')[0] ?? '';
      if (!this.#name.startsWith(`${this.#partner}/`)) this.fault = `'${line.slice(0, 20).trim()}' comes, and ${this.#partner} is expected`;
      else if (line !== lineOf(this.#name, this.#lines)) this.fault = `line ${this.#lines} of ${this.#name} is expected, and '${line.slice(0, 20).trim()}' comes`;
      this.#lines += 1;
    }
  }
}

function lineOf(name: string, n: number): string {
  return `${name} ${n} ${'.'.repeat((n * 37) % 300)}\n`;
}
