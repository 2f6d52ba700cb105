/**
 * Writes down what a machine asks, hears and waits for, as natpunch-log/1, each line with its checksum, while it runs
 * on any network. It changes nothing that passes, and what `redact` withholds never reaches a line.
 */
import { Observable } from 'rxjs';
import type { Clock } from '../../effects/clock.ts';
import type { Net, NetEffect } from '../../effects/net.ts';
import type { Told } from './format.ts';
import { type Happening, type HeaderFields, type Redact, writeHeader, writeLine } from './log.ts';

/** What is recorded, and where each line goes. */
export interface RecordOptions {
  readonly net: Net;
  readonly clock: Clock;
  /** Takes one line without its line feed. Must not throw. */
  readonly write: (line: string) => void;
  readonly header: HeaderFields;
  /** What may be kept of the bytes of effects and events; see `redactor` of effects/codec.ts. */
  readonly redact: Redact;
}

/** A net and a clock that write down all that passes, and what the caller told the machine. */
export interface Recording {
  /** For one machine: subscribed to once, and its unsubscribing ends the log. */
  readonly net: Net;
  readonly clock: Clock;
  /** To be called with what the application sends to the machine, just before it does. */
  told(event: Told): void;
}

/** Writes the header at once. */
export function record({ net, clock, write, header, redact }: RecordOptions): Recording {
  let ended = false;
  let timers = 0;
  /** Above 0 while an effect is being asked. */
  let asking = 0;

  /** How many connections had each label: what one still lacked the end of is none of the next one's. */
  const lives = new Map<string, number>();
  const redactLife: Redact = (data, remote, stream, via) => redact(data, remote, stream === undefined ? undefined : `${stream} ${lives.get(stream) ?? 0}`, via);

  const note = (what: Happening): void => {
    if (what.kind === 'effect' && what.effect.type === 'tcp.connect') lives.set(what.effect.socket, (lives.get(what.effect.socket) ?? 0) + 1);
    if (!ended) write(writeLine(clock.now(), what, redactLife));
  };

  write(writeHeader(header));
  return {
    net: (effects) =>
      new Observable((events) => {
        const noted = new Observable<NetEffect>((inner) =>
          effects.subscribe({
            next: (effect) => {
              note({ kind: 'effect', effect });
              asking += 1;
              try {
                inner.next(effect);
              } finally {
                asking -= 1;
              }
            },
            error: (error: unknown) => inner.error(error),
            complete: () => inner.complete(),
          }),
        );
        asking += 1;
        const heard = net(noted).subscribe({
          next: (event) => {
            note({ kind: 'event', event, sync: asking > 0 });
            events.next(event);
          },
          error: (error: unknown) => events.error(error),
          complete: () => events.complete(),
        });
        asking -= 1;
        return () => {
          heard.unsubscribe();
          note({ kind: 'end' });
          ended = true;
        };
      }),
    clock: {
      now: () => clock.now(),
      setTimeout: (run, delayMs) => {
        timers += 1;
        const timer = timers;
        return clock.setTimeout(() => {
          note({ kind: 'timer', timer });
          run();
        }, delayMs);
      },
      clearTimeout: (timer) => clock.clearTimeout(timer),
    },
    told: (told) => note({ kind: 'told', told }),
  };
}
