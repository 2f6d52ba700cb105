/** One timer that is moved far more often than it fires: it stays where it is on the clock until it comes due, and only then moves. */
import type { Timer, VirtualClock } from './clock.ts';

export class Deadline {
  readonly #clock: VirtualClock;
  readonly #passed: () => void;
  #at = Infinity;
  #timer: Timer | undefined;

  constructor(clock: VirtualClock, passed: () => void) {
    this.#clock = clock;
    this.#passed = passed;
  }

  get isSet(): boolean {
    return this.#at !== Infinity;
  }

  /** From now on it passes in `ms`, and at no other time. */
  set(ms: number): void {
    this.#at = this.#clock.now() + ms;
    if (this.#timer !== undefined && this.#timer.at <= this.#at) return;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(this.#look, ms);
  }

  /** It does not pass until it is set again. */
  clear(): void {
    this.#at = Infinity;
  }

  /** As `clear`, and leaves nothing on the clock. */
  stop(): void {
    this.#at = Infinity;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  readonly #look = (): void => {
    this.#timer = undefined;
    if (this.#at === Infinity) return;
    const left = this.#at - this.#clock.now();
    if (left > 0) {
      this.#timer = this.#clock.setTimeout(this.#look, left);
      return;
    }
    this.#at = Infinity;
    this.#passed();
  };
}
