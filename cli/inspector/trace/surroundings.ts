/** Around the network and the clock of one run: notes what passes, and passes it on as it is. */
import { Observable } from 'rxjs';
import type { Clock } from '../../../effects/clock.ts';
import type { Net, NetEffect } from '../../../effects/net.ts';
import type { Noted, NotedEffect, NotedEvent, NotedHeard, Run } from './sightings.ts';

/** Where everything is noted, in order. */
export interface Notebook {
  note(noted: Noted): void;
  /** The effect that is being carried out. */
  asking: NotedEffect | undefined;
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
  /** What the machine asked last, which may become an effect. */
  command: NotedEvent | undefined;
}

export function notedNet(net: Net, state: RunState, book: Notebook, now: () => number): Net {
  const { run } = state;
  return (effects) =>
    new Observable((events) => {
      const noted = new Observable<NetEffect>((inner) =>
        effects.subscribe({
          next: (effect) => {
            const { command } = state;
            const isAsked = command !== undefined && command.event.type === effect.type && !('payload' in effect);
            if (isAsked) command.isEffect = true;
            state.command = undefined;
            const message = isAsked && 'message' in command.event ? (command.event['message'] as object) : undefined;
            const asked: NotedEffect = { kind: 'effect', at: now(), run, effect, message };
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
