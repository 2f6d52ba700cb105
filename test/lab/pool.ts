/** Some of a thing that takes long to build, lent to one user at a time. */
export class Pool<T> {
  readonly #idle: T[] = [];
  readonly #waiting: ((one: T) => void)[] = [];

  add(one: T): void {
    const next = this.#waiting.shift();
    if (next) next(one);
    else this.#idle.push(one);
  }

  /** Waits for one that nobody else uses, and gives it back when the work is over. */
  async lend<R>(work: (one: T) => Promise<R>): Promise<R> {
    const one = this.#idle.pop() ?? (await new Promise<T>((resolve) => this.#waiting.push(resolve)));
    try {
      return await work(one);
    } finally {
      this.add(one);
    }
  }
}
