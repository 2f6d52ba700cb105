/** Around the network and the clock of one run: notes what passes, and passes it on as it is. */
import { Observable } from 'rxjs';
import type { Clock } from '../../../effects/clock.ts';
import type { Net, NetEffect } from '../../../effects/net.ts';
import type { Noted, NotedEffect, NotedEvent, NotedHeard, Run } from './sightings.ts';

/** Where everything is noted, in order. */
export interface Notebook {
  note(noted: Noted): void;
  /** To be told before the clock or the network begins something new, when nothing is half done. */
  pause(): void;
  /** The effect that is being carried out. */
  asking: NotedEffect | undefined;
}

/** One thing that a machine asks of its network. */
export interface Command {
  readonly type: string;
  readonly message?: object;
  /** Several at once. */
  readonly commands?: readonly Command[];
}

/** In the order in which they are carried out. */
export function commandsOf(command: Command): Command[] {
  return command.commands === undefined ? [command] : command.commands.flatMap(commandsOf);
}

/** What is known of a run between one thing that happens to it and the next. */
export interface RunState {
  readonly run: Run;
  timers: number;
  /** Delayed events that were asked for and have no timer yet. */
  readonly delays: { readonly type: string; readonly delayMs: number }[];
  /** The timer whose event comes next. */
  firing: number | undefined;
  /** What is being told to the machine. */
  heard: NotedHeard | undefined;
  /** What the machine asked last, and what of it may still become an effect. */
  command: { readonly noted: NotedEvent; readonly left: Command[] } | undefined;
}

export function notedNet(net: Net, state: RunState, book: Notebook, now: () => number): Net {
  const { run } = state;
  return (effects) =>
    new Observable((events) => {
      const noted = new Observable<NetEffect>((inner) =>
        effects.subscribe({
          next: (effect) => {
            const { command } = state;
            // What comes of no command is payload, or a server's that answers without its machine.
            const index = command === undefined || 'payload' in effect ? -1 : command.left.findIndex(({ type }) => type === effect.type);
            const [asking] = command && index >= 0 ? command.left.splice(0, index + 1).slice(-1) : [];
            if (command && asking) command.noted.isEffect = true;
            const asked: NotedEffect = { kind: 'effect', at: now(), run, effect, message: asking?.message };
            book.note(asked);
            const before = book.asking;
            book.asking = asked;
            try {
              inner.next(effect);
            } finally {
              book.asking = before;
            }
          },
          error: (error: unknown) => inner.error(error),
          complete: () => inner.complete(),
        }),
      );
      return net(noted).subscribe({
        next: (event) => {
          if (book.asking === undefined) book.pause();
          const heard: NotedHeard = { kind: 'heard', at: now(), run, event };
          book.note(heard);
          state.heard = heard;
          try {
            events.next(event);
          } finally {
            state.heard = undefined;
          }
        },
        error: (error: unknown) => events.error(error),
        complete: () => events.complete(),
      });
    });
}

export function notedClock(clock: Clock, state: RunState, book: Notebook): Clock {
  const { run } = state;
  const live = new Map<unknown, number>();
  const note = (what: 'set' | 'fired' | 'cancelled', timer: number, type?: string, delayMs?: number): void =>
    book.note({ kind: 'timer', at: clock.now(), run, what, timer, type, ...(delayMs === undefined ? {} : { delayMs }) });
  return {
    now: () => clock.now(),
    setTimeout: (callback, delayMs) => {
      state.timers += 1;
      const timer = state.timers;
      const index = state.delays.findIndex((one) => one.delayMs === delayMs);
      const [known] = index < 0 ? [] : state.delays.splice(index, 1);
      note('set', timer, known?.type, delayMs);
      const handle: unknown = clock.setTimeout(() => {
        live.delete(handle);
        book.pause();
        note('fired', timer, known?.type);
        state.firing = timer;
        callback();
        state.firing = undefined;
      }, delayMs);
      live.set(handle, timer);
      return handle;
    },
    clearTimeout: (handle: Parameters<Clock['clearTimeout']>[0]) => {
      const timer = live.get(handle);
      live.delete(handle);
      if (timer !== undefined) note('cancelled', timer);
      clock.clearTimeout(handle);
    },
  };
}
