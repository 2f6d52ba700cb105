/** What has come of a stream on its way to the reader, who may pause: then what arrives waits here, in the bounds of its sender's window. */
import type { VirtualClock } from './clock.ts';
import { type Piece, Receiver } from './tcp-buffers.ts';

export class Inbox {
  readonly #clock: VirtualClock;
  readonly #take: (next: Uint8Array | 'end') => boolean;
  readonly #moved: () => void;
  readonly #receiver = new Receiver();
  #isPaused = false;

  /** `take` says whether to go on. `moved` is told when a reader that goes on has taken something: it is to be acknowledged. */
  constructor(clock: VirtualClock, take: (next: Uint8Array | 'end') => boolean, moved: () => void) {
    this.#clock = clock;
    this.#take = take;
    this.#moved = moved;
  }

  /** How much of the stream was taken; its end counts as one byte. */
  get got(): number {
    return this.#receiver.got;
  }

  get isEnded(): boolean {
    return this.#receiver.isEnded;
  }

  put(piece: Piece): void {
    this.#receiver.keep(piece);
    this.#deliver();
  }

  pause(): void {
    this.#isPaused = true;
  }

  /** What waits is taken in a later turn of the clock. */
  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#clock.setTimeout(() => {
      const { got } = this;
      this.#deliver();
      if (this.got > got) this.#moved();
    }, 0);
  }

  #deliver(): void {
    while (!this.#isPaused) {
      const next = this.#receiver.next();
      if (next === undefined || !this.#take(next)) return;
    }
  }
}
