/**
 * What was made of values that never change, so that it is made once: bounded, and forgetting what was not asked for lately.
 * A WeakMap would remember as long as the value lives, but thousands of its entries cost the garbage collector more than they save.
 */
export class Recall<K extends object, V> {
  readonly #size: number;
  #young = new Map<K, V>();
  #old = new Map<K, V>();

  /** At least so many are remembered, and at most twice as many. */
  constructor(size: number) {
    this.#size = size;
  }

  get(key: K): V | undefined {
    const found = this.#young.get(key);
    if (found !== undefined) return found;
    const older = this.#old.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  set(key: K, value: V): void {
    if (this.#young.size >= this.#size) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }
}
