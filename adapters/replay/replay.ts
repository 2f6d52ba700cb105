/**
 * Runs a machine on a log: the log is its network and its clock. What the log heard is reported, what it waited for is
 * fired, and what it asked must be exactly what the machine asks now. Synchronous; no real time passes.
 */
import { Observable, type Subscriber } from 'rxjs';
import type { Clock } from '../../effects/clock.ts';
import type { Net, NetEvent } from '../../effects/net.ts';
import type { LoggedEffect, LogHeader, LogLine, Told } from './format.ts';
import { type BadLog, isBadLog, loggedEffect, readLog } from './log.ts';

/** Where a machine first did something else than the log says. */
export interface Divergence {
  readonly kind: 'divergence';
  /** Counted from 1; one past the last line for what the machine asked after the log's end. */
  readonly line: number;
  /** What the log says, as its JSON without `t`, or `nothing`. */
  readonly expected: string;
  /** What the machine did, in the same form. */
  readonly actual: string;
  /** One line for people, which names the line. */
  readonly message: string;
}

export interface Stage {
  readonly net: Net;
  readonly clock: Clock;
  readonly header: LogHeader;
}

/** What the caller builds around the recorded net and clock. */
export interface Replayed {
  /** Ends the machine; called once, at the log's end or at the first difference. */
  stop(): void;
  /** Sends the machine what the application once did; a log that has such lines needs it. */
  tell?(event: Told): void;
}

/**
 * Undefined when the machine does as the log says to its end. `start` builds the machine with the public codec that the
 * log was redacted with, starts it, and may throw: that passes through.
 *
 * An effect is due as soon as the machine asks it, so a machine that asks more than the log is caught by the next line,
 * whatever its kind. At the end it is caught if the log has its `end`; one that was cut off by a killed process may lack
 * the last effects, and is believed as far as it goes. Payload is passed over on both sides.
 */
export function replay(text: string, start: (stage: Stage) => Replayed): Divergence | BadLog | undefined {
  const log = readLog(text);
  if (isBadLog(log)) return log;
  const stage = logStage(log.header);
  stage.moveTo(log.lines[0]?.t ?? 0);
  const running = start(stage);
  try {
    let number = 2;
    for (const line of log.lines) {
      stage.moveTo(line.t);
      const difference = stage.follow(line, running);
      if (difference) return divergence(number, difference);
      number += 1;
    }
    return undefined;
  } finally {
    running.stop();
  }
}

interface Difference {
  readonly expected: string;
  readonly actual: string;
  readonly why: string;
}

interface LogStage extends Stage {
  moveTo(t: number): void;
  follow(line: LogLine, running: Replayed): Difference | undefined;
}

function logStage(header: LogHeader): LogStage {
  const asked: ReturnType<typeof loggedEffect>[] = [];
  let answered = 0;
  let listener: Subscriber<NetEvent> | undefined;
  const timers = new Map<number, () => void>();
  let timersSet = 0;
  let now = 0;

  const net: Net = (effects) =>
    new Observable((events) => {
      listener = events;
      const heard = effects.subscribe((effect) => {
        const entry = loggedEffect(effect, keepAll);
        if (!('payload' in entry)) asked.push(entry);
      });
      return () => {
        heard.unsubscribe();
        if (listener === events) listener = undefined;
      };
    });

  const clock: Clock = {
    now: () => now,
    setTimeout: (run) => {
      timersSet += 1;
      timers.set(timersSet, run);
      return timersSet;
    },
    clearTimeout: (timer: number) => timers.delete(timer),
  };

  /** An effect that was asked before `what` and that the log does not have before it. */
  const unrecorded = (what: string): Difference | undefined => {
    const effect = asked[answered];
    return effect && { expected: what, actual: show({ effect }), why: 'the machine asks what the log does not have' };
  };

  const followEffect = (effect: LoggedEffect): Difference | undefined => {
    if ('payload' in effect && effect.type !== 'tcp.send') return undefined;
    const actual = withLength(asked[answered], effect);
    const expected = show({ effect });
    if (!actual) return { expected, actual: 'nothing', why: 'the machine does not ask it' };
    answered += 1;
    const fields = differing(effect, actual);
    if (fields.length === 0) return undefined;
    return { expected, actual: show({ effect: actual }), why: `the machine asks something else (${fields.join(', ')})` };
  };

  const followEvent = (event: NetEvent, sync: boolean): Difference | undefined => {
    const expected = show({ event: event.type, socket: event.socket });
    const early = sync ? undefined : unrecorded(expected);
    if (early) return early;
    if (!listener) return { expected, actual: 'nothing', why: 'the machine has no open network to hear it from' };
    listener.next(event);
    return undefined;
  };

  const followTimer = (timer: number): Difference | undefined => {
    const expected = show({ timer });
    const early = unrecorded(expected);
    if (early) return early;
    const run = timers.get(timer);
    if (!run) return { expected, actual: 'nothing', why: timer > timersSet ? 'that timer was never set' : 'that timer was cancelled or has fired' };
    timers.delete(timer);
    run();
    return undefined;
  };

  return {
    net,
    clock,
    header,
    moveTo: (t) => {
      now = t;
    },
    follow: (line, running) => {
      switch (line.kind) {
        case 'effect':
          return followEffect(line.effect);
        case 'event':
          return line.event && followEvent(line.event, line.sync === true);
        case 'timer':
          return followTimer(line.timer);
        case 'told': {
          const expected = show({ told: line.told });
          const early = unrecorded(expected);
          if (early) return early;
          if (!running.tell) return { expected, actual: 'nothing', why: 'this replay cannot tell the machine anything' };
          running.tell(line.told);
          return undefined;
        }
        case 'end':
          return unrecorded(show({ end: true }));
      }
    },
  };
}

const keepAll = (data: Uint8Array): Uint8Array => data;

/** Of a stream's piece of which the log has the length only, the same. */
function withLength(actual: ReturnType<typeof loggedEffect> | undefined, { type, ...expected }: LoggedEffect): typeof actual {
  if (type !== 'tcp.send' || !('payload' in expected) || typeof actual?.['data'] !== 'string') return actual;
  const { data, ...rest } = actual;
  return { ...rest, payload: data.length / 2 };
}

/** Logged effects are flat, so their fields can be compared one by one. */
function differing(expected: LoggedEffect, actual: Readonly<Record<string, unknown>>): readonly string[] {
  const wanted: Readonly<Record<string, unknown>> = expected;
  return [...new Set([...Object.keys(wanted), ...Object.keys(actual)])].filter((name) => wanted[name] !== actual[name]);
}

function show(value: object): string {
  return JSON.stringify(value);
}

function divergence(line: number, { expected, actual, why }: Difference): Divergence {
  const message = `line ${line}: ${why}: the log has ${excerpt(expected)}, the machine ${excerpt(actual)}`;
  return { kind: 'divergence', line, expected, actual, message };
}

function excerpt(words: string): string {
  return words.length > 200 ? `${words.slice(0, 200)}…` : words;
}
