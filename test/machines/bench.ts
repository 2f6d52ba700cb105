/** A machine on the bench: `transition()` by hand, its timers in a list, time as a number. No actors, no network, no clock. */
import { type AnyMachineSnapshot, type AnyStateMachine, initialTransition, transition } from 'xstate';
import { type ActionSeen, type Effects, effectsOf } from './effects-of.ts';

interface Pending {
  readonly event: string;
  readonly due: number;
}

/** C: its context. E: the events it takes. M: the messages it sends. */
export class Bench<C, E extends { readonly type: string }, M extends { readonly type: string }> {
  snapshot: AnyMachineSnapshot;
  /** What the last step asked for. */
  last: Effects<M>;
  /** Everything that was asked for so far. */
  readonly net: Effects<M>['net'][number][] = [];
  readonly emitted: { readonly type: string }[] = [];
  now = 1000;
  readonly #machine: AnyStateMachine;
  #pending: readonly Pending[] = [];

  constructor(machine: AnyStateMachine, input: unknown) {
    this.#machine = machine;
    const [snapshot, actions] = initialTransition(machine, input);
    this.snapshot = snapshot;
    this.last = this.#note(actions);
  }

  get context(): C {
    return this.snapshot.context as C;
  }

  /** Gives it an event now. */
  send(event: E): Effects<M> {
    return this.#step(event);
  }

  /** Lets the timer of this delay fire, at its time. Its name is that in the machine's `delays`. */
  elapse(name: string): Effects<M> {
    const timer = this.#pending.find(({ event }) => event.startsWith(`xstate.after.${name}.`));
    if (!timer) throw new Error(`no timer '${name}' is set; there are: ${this.timers().join(', ') || 'none'}`);
    return this.#fire(timer);
  }

  /** Lets the next timer fire, whichever it is. */
  next(): Effects<M> {
    const [first] = this.#pending.toSorted((one, other) => one.due - other.due);
    if (!first) throw new Error('no timer is set');
    return this.#fire(first);
  }

  /** Fires timers for so long, or until the machine has ended. */
  advance(ms: number): void {
    const goal = this.now + ms;
    while (this.#pending.some(({ due }) => due <= goal)) this.next();
    this.now = goal;
  }

  /** The delays that are running, as `name in ms`. */
  timers(): string[] {
    return this.#pending.map(({ event, due }) => `${event.split('.')[2]} in ${due - this.now}`);
  }

  /** The active states as one line, e.g. `connected.confirmed.idle`. */
  get state(): string {
    return pathOf(this.snapshot.value);
  }

  #fire({ event, due }: Pending): Effects<M> {
    this.now = Math.max(this.now, due);
    this.#pending = this.#pending.filter((one) => one.event !== event);
    return this.#step({ type: event });
  }

  #step(event: { readonly type: string }): Effects<M> {
    const [snapshot, actions] = transition(this.#machine, this.snapshot, event);
    this.snapshot = snapshot;
    this.last = this.#note(actions);
    return this.last;
  }

  #note(actions: readonly ActionSeen[]): Effects<M> {
    const effects = effectsOf<M>(actions);
    this.net.push(...effects.net);
    this.emitted.push(...effects.emitted);
    const kept = this.#pending.filter(({ event }) => !effects.cancelled.includes(event));
    this.#pending = [...kept, ...effects.set.map(({ event, delayMs }) => ({ event, due: this.now + delayMs }))];
    if (this.snapshot.status !== 'active') this.#pending = [];
    return effects;
  }
}

function pathOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const [[name, inner] = ['', '']] = Object.entries(value);
  return `${name}.${pathOf(inner)}`;
}
