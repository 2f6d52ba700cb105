/**
 * One end of a udptunnel connection that is up, as the originals have it: one DATA in flight each way, DATA0 first, and an
 * acknowledgement for every DATA that comes, also for one that is thrown away. Asks again after 1, 2, 3 … s, ten times.
 */
import { LARGEST_BODY, type Message, TYPE } from './tunnel-bytes.ts';

/** Of Node or of a simulated host. */
export interface Timers {
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: never): void;
}

export interface Ends {
  readonly send: (type: number, body?: Buffer) => void;
  /** Bytes for the TCP side. */
  readonly deliver: (data: Buffer) => void;
  /** After ten times without an answer. */
  readonly gaveUp: () => void;
}

/** How often they look whether it is time to ask again. */
const TICK_MS = 500;
const TRIES = 10;

export class StopAndWait {
  readonly #timers: Timers;
  readonly #ends: Ends;
  #waiting: Buffer[] = [];
  #flying: { readonly type: number; readonly body: Buffer; tries: number; waitedMs: number } | undefined;
  #next: 0 | 1 = 0;
  #expected: 0 | 1 = 0;
  #isOver = false;

  constructor(timers: Timers, ends: Ends) {
    this.#timers = timers;
    this.#ends = ends;
    this.#tick();
  }

  /** True once everything has been acknowledged. */
  get isIdle(): boolean {
    return this.#flying === undefined;
  }

  write(data: Buffer): void {
    this.#waiting.push(data);
    this.#launch();
  }

  /** True when the message belongs here in this state. The strict client ends on any that does not. */
  hear({ type, body }: Message): boolean {
    switch (type) {
      case TYPE.data0:
      case TYPE.data1: {
        if (body.length === 0) return false;
        const kind = type === TYPE.data0 ? 0 : 1;
        this.#ends.send(kind === 0 ? TYPE.ack0 : TYPE.ack1);
        if (kind !== this.#expected) return true;
        this.#expected = kind === 0 ? 1 : 0;
        this.#ends.deliver(body);
        return true;
      }
      case TYPE.ack0:
      case TYPE.ack1: {
        if (type !== (this.#flying?.type === TYPE.data0 ? TYPE.ack0 : TYPE.ack1) || this.#flying === undefined) return false;
        this.#flying = undefined;
        this.#launch();
        return true;
      }
      default:
        return false;
    }
  }

  stop(): void {
    this.#isOver = true;
  }

  #launch(): void {
    if (this.#flying !== undefined || this.#waiting.length === 0 || this.#isOver) return;
    const all = Buffer.concat(this.#waiting);
    const body = all.subarray(0, LARGEST_BODY);
    this.#waiting = all.length > LARGEST_BODY ? [all.subarray(LARGEST_BODY)] : [];
    const type = this.#next === 0 ? TYPE.data0 : TYPE.data1;
    this.#next = this.#next === 0 ? 1 : 0;
    this.#flying = { type, body, tries: 0, waitedMs: 0 };
    this.#ends.send(type, body);
  }

  #tick(): void {
    this.#timers.setTimeout(() => {
      if (this.#isOver) return;
      this.#resend();
      this.#tick();
    }, TICK_MS);
  }

  #resend(): void {
    const flying = this.#flying;
    if (flying === undefined) return;
    flying.waitedMs += TICK_MS;
    if (flying.waitedMs < (flying.tries + 1) * 1_000) return;
    flying.tries += 1;
    flying.waitedMs = 0;
    if (flying.tries >= TRIES) return this.#ends.gaveUp();
    this.#ends.send(flying.type, flying.body);
  }
}
