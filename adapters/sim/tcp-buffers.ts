/** The two ends of a byte stream: what waits to be sent or acknowledged, and what arrived out of order. Knows no time and no network. */

/** Bytes by their position in the stream, from 0. Those that were acknowledged are gone. */
export class SendBuffer {
  #chunks: Chunk[] = [];
  #first = 0;
  /** Ends of sends that have not left whole, the oldest first, from `#firstWaiting` on. */
  #ends: number[] = [];
  #firstWaiting = 0;
  #sent = 0;
  /** The position after the last byte. */
  end = 0;

  /** `data` belongs to the buffer from then on. */
  push(data: Uint8Array): void {
    this.#chunks.push({ from: this.end, data });
    this.end += data.length;
    this.#ends.push(this.end);
  }

  /** A copy of `length` bytes from a position that has not been acknowledged. */
  read(from: number, length: number): Uint8Array {
    const copy = new Uint8Array(length);
    let filled = 0;
    for (let i = this.#find(from); filled < length; i += 1) {
      const chunk = this.#chunks[i]!;
      const part = chunk.data.subarray(from + filled - chunk.from, from + length - chunk.from);
      copy.set(part, filled);
      filled += part.length;
    }
    return copy;
  }

  /** Everything before `position` has left at least once. */
  left(position: number): void {
    if (position <= this.#sent) return;
    this.#sent = position;
    while (this.#firstWaiting < this.#ends.length && this.#ends[this.#firstWaiting]! <= position) this.#firstWaiting += 1;
    if (this.#firstWaiting > 1024 || this.#firstWaiting === this.#ends.length) {
      this.#ends = this.#ends.slice(this.#firstWaiting);
      this.#firstWaiting = 0;
    }
  }

  /** Everything before `position` has arrived. */
  acknowledged(position: number): void {
    while (this.#first < this.#chunks.length && endOf(this.#chunks[this.#first]!) <= position) this.#first += 1;
    if (this.#first > 1024 || this.#first === this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#first);
      this.#first = 0;
    }
  }

  /** Bytes that have not left yet. */
  get waitingBytes(): number {
    return this.end - this.#sent;
  }

  get waitingSends(): number {
    return this.#ends.length - this.#firstWaiting;
  }

  /** The index of the chunk that holds `position`. */
  #find(position: number): number {
    let low = this.#first;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (endOf(this.#chunks[middle]!) <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The incoming half of a stream: puts in order what arrives in any. */
export class Receiver {
  readonly #early = new Map<number, Piece>();
  #got = 0;
  #isEnded = false;

  /** How much of the stream has come in order; its end counts as one byte. */
  get got(): number {
    return this.#got;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Takes what begins at a position, with the end of the stream behind it or not. The caller bounds how far ahead that may be. */
  keep(piece: Piece): void {
    const known = this.#early.get(piece.from);
    if (!this.#isEnded && (known === undefined || endOf(known) <= endOf(piece))) this.#early.set(piece.from, piece);
  }

  /** What comes next in order, if it is there. */
  next(): Uint8Array | 'end' | undefined {
    for (const piece of this.#early.values()) {
      if (piece.from > this.#got) continue;
      const fresh = piece.data.subarray(this.#got - piece.from);
      const isLast = piece.fin && !this.#isEnded && endOf(piece) >= this.#got;
      if (fresh.length === 0 || !isLast) this.#early.delete(piece.from);
      if (fresh.length > 0) {
        this.#got += fresh.length;
        return fresh;
      }
      if (!isLast) continue;
      this.#got += 1;
      this.#isEnded = true;
      this.#early.clear();
      return 'end';
    }
    return undefined;
  }
}

/** What arrived at once: bytes, the end of the stream behind them, or both. */
export interface Piece {
  readonly from: number;
  readonly data: Uint8Array;
  readonly fin: boolean;
}

interface Chunk {
  readonly from: number;
  readonly data: Uint8Array;
}

function endOf({ from, data }: Pick<Piece, 'from' | 'data'>): number {
  return from + data.length;
}
