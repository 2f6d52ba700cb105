/**
 * Virtual time: a heap of deadlines that stands still until it is stepped. It never reads a real clock and never skips
 * past a deadline, so now() is exact inside nested timers. Equal deadlines fire in the order in which they were set.
 */
import type { Clock } from '../../effects/clock.ts';

/** A deadline on a `VirtualClock`. Opaque, but for `at`: when it is due, in ms. */
export interface Timer {
  readonly at: number;
}

export class VirtualClock implements Clock {
  #now = 0;
  #sequence = 0;
  #cancelled = 0;
  #heap: Entry[] = [];

  /** ms since the world began. */
  now(): number {
    return this.#now;
  }

  /** Calls back once, `delayMs` from now; a delay of 0, below 0 or NaN means later at this very time, never at once. */
  setTimeout(callback: () => void, delayMs: number): Timer {
    return this.schedule(delayMs, callback as Callback, undefined);
  }

  /** Takes a timer of this clock; anything else, and a timer that has fired, is ignored. */
  clearTimeout(timer: Timer | undefined | null): void {
    if (!(timer instanceof Entry) || timer.callback === undefined) return;
    timer.callback = undefined;
    timer.value = undefined;
    this.#cancelled += 1;
    if (this.#cancelled > 64 && this.#cancelled * 2 > this.#heap.length) this.#compact();
  }

  /** As `setTimeout`, with a value handed to the callback: no closure for every packet. */
  schedule<T>(delayMs: number, callback: (value: T) => void, value: T): Timer {
    return this.scheduleAt(delayMs > 0 ? this.#now + delayMs : this.#now, callback, value);
  }

  /** As `schedule`, at a time; one that has passed means now. */
  scheduleAt<T>(time: number, callback: (value: T) => void, value: T): Timer {
    const at = time > this.#now ? time : this.#now;
    const entry = new Entry(at, this.#sequence++, callback as Callback, value);
    this.#heap.push(entry);
    this.#rise(this.#heap.length - 1);
    return entry;
  }

  /** When the next timer is due, in ms; undefined when there is none. */
  next(): number | undefined {
    const top = this.#top();
    return top === undefined || top.at === Infinity ? undefined : top.at;
  }

  /** How many timers are set and not yet fired. */
  get pending(): number {
    return this.#heap.length - this.#cancelled;
  }

  /** Moves to the next deadline and fires it alone; false when there is none. What the callback throws, this throws. */
  step(): boolean {
    const top = this.#top();
    if (top === undefined || top.at === Infinity) return false;
    this.#pop();
    this.#now = top.at;
    const callback = top.callback;
    const value = top.value;
    top.callback = undefined;
    top.value = undefined;
    callback?.(value);
    return true;
  }

  /**
   * Up to a time: fires everything due by then, inclusive, and stands at it. Up to a predicate: fires until it holds.
   * False when the timers ran out before the predicate held.
   */
  runUntil(goal: number | (() => boolean)): boolean {
    if (typeof goal === 'function') {
      while (!goal()) if (!this.step()) return false;
      return true;
    }
    for (let due = this.next(); due !== undefined && due <= goal; due = this.next()) this.step();
    if (goal > this.#now && goal !== Infinity) this.#now = goal;
    return true;
  }

  /** The first live entry; cancelled ones before it are thrown away. */
  #top(): Entry | undefined {
    let top = this.#heap[0];
    while (top !== undefined && top.callback === undefined) {
      this.#pop();
      this.#cancelled -= 1;
      top = this.#heap[0];
    }
    return top;
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  #compact(): void {
    this.#heap = this.#heap.filter((entry) => entry.callback !== undefined);
    this.#cancelled = 0;
    for (let i = (this.#heap.length >> 1) - 1; i >= 0; i -= 1) this.#sink(i);
  }

  #rise(start: number): void {
    const heap = this.#heap;
    const entry = heap[start]!;
    let i = start;
    while (i > 0) {
      const up = (i - 1) >> 1;
      const parent = heap[up]!;
      if (!before(entry, parent)) break;
      heap[i] = parent;
      i = up;
    }
    heap[i] = entry;
  }

  #sink(start: number): void {
    const heap = this.#heap;
    const entry = heap[start]!;
    const size = heap.length;
    let i = start;
    for (;;) {
      let down = 2 * i + 1;
      if (down >= size) break;
      if (down + 1 < size && before(heap[down + 1]!, heap[down]!)) down += 1;
      const child = heap[down]!;
      if (!before(child, entry)) break;
      heap[i] = child;
      i = down;
    }
    heap[i] = entry;
  }
}

type Callback = (value: unknown) => void;

class Entry implements Timer {
  readonly at: number;
  readonly sequence: number;
  /** Undefined once fired or cancelled. */
  callback: Callback | undefined;
  value: unknown;

  constructor(at: number, sequence: number, callback: Callback, value: unknown) {
    this.at = at;
    this.sequence = sequence;
    this.callback = callback;
    this.value = value;
  }
}

function before(one: Entry, other: Entry): boolean {
  return one.at < other.at || (one.at === other.at && one.sequence < other.sequence);
}
