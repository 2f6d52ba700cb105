/** The one place that gives a machine its network and its clock. The actor is returned unstarted: subscribe, then start it. */
import { Observable, Subject } from 'rxjs';
import { type Actor, type ActorOptions, type AnyStateMachine, createActor, type InputFrom } from 'xstate';
import type { Clock } from './clock.ts';
import type { Codec } from './codec.ts';
import { connectSystem } from './net-actor.ts';
import type { Net } from './net.ts';

/** What a machine is run with. */
export interface RunOptions<T extends AnyStateMachine, M extends { readonly type: string }> {
  readonly net: Net;
  readonly codec: Codec<M>;
  readonly clock: Clock;
  readonly input: InputFrom<T>;
  /** The actor's name in traces and in the inspector, e.g. `a`. */
  readonly id: string;
  /** Hears what the actor does, as xstate tells it. */
  readonly inspect?: ActorOptions<T>['inspect'];
}

/** A machine at its network; nothing happens before `actor.start()`. */
export interface Running<T extends AnyStateMachine> {
  readonly actor: Actor<T>;
  /** The peer's payload, from the machine's first route on; held for the first subscriber. Completes when the network is closed. */
  readonly messages: Observable<Uint8Array>;
  /** Sends payload along the machine's route; dropped, as a datagram may be, while there is none. */
  send(data: Uint8Array): void;
  /** Ends the machine where it stands and closes every socket. Send it `close` first for a clean end. */
  stop(): void;
}

/** A run that is about to begin, as somebody sees it who watches all of them. */
export interface Watched {
  readonly machine: AnyStateMachine;
  readonly codec: Codec<{ readonly type: string }>;
  readonly net: Net;
  readonly clock: Clock;
  readonly input: unknown;
  readonly id: string;
}

/** Puts itself around a run: what it answers is used in place of the run's own. It must pass on all that passes. */
export type Watch = (run: Watched) => Pick<Watched, 'net' | 'clock'> & { readonly inspect: NonNullable<ActorOptions<AnyStateMachine>['inspect']> };

/** From now on every run of this process is watched, until the answer is called. For a composition root: an inspector. */
export function watchRuns(watch: Watch): () => void {
  watches = [...watches, watch];
  return () => {
    watches = watches.filter((other) => other !== watch);
  };
}

let watches: readonly Watch[] = [];

/** Puts a machine at a network, with its codec between messages and bytes. The one place that starts a machine. */
export function run<T extends AnyStateMachine, M extends { readonly type: string }>(
  machine: T,
  given: RunOptions<T, M>,
): Running<T> {
  const { codec, input, id } = given;
  let { net, clock } = given;
  const inspectors = given.inspect ? [given.inspect] : [];
  for (const watch of watches) {
    const watched = watch({ machine, codec, net, clock, input, id });
    ({ net, clock } = watched);
    inspectors.push(watched.inspect);
  }
  const payload = { outgoing: new Subject<Uint8Array>(), incoming: new Subject<Uint8Array>() };
  const [inspect] = inspectors;
  const options: ActorOptions<AnyStateMachine> = { clock, id, input, ...(inspect ? { inspect: inspectors.length > 1 ? together(inspectors) : inspect } : {}) };
  const actor = createActor(machine as AnyStateMachine, options) as Actor<T>;
  connectSystem(actor.system, { net, codec, payload });
  return {
    actor,
    messages: heldUntilSubscribed(payload.incoming),
    send: (data) => payload.outgoing.next(data),
    stop: () => void actor.stop(),
  };
}

type Inspector = NonNullable<ActorOptions<AnyStateMachine>['inspect']>;

function together(inspectors: readonly Inspector[]): Inspector {
  return (event) => {
    for (const one of inspectors) {
      if (typeof one === 'function') one(event);
      else one.next?.(event);
    }
  };
}

/** Datagrams that may wait for a subscriber; more are dropped, as a full socket buffer drops them. */
const HELD_LIMIT = 256;

function heldUntilSubscribed(source: Subject<Uint8Array>): Observable<Uint8Array> {
  let held: Uint8Array[] = [];
  let completed = false;
  const holding = source.subscribe({
    next: (data) => {
      if (held.length < HELD_LIMIT) held.push(data);
    },
    complete: () => {
      completed = true;
    },
  });
  return new Observable<Uint8Array>((subscriber) => {
    holding.unsubscribe();
    for (const data of held) subscriber.next(data);
    held = [];
    if (completed) return subscriber.complete();
    return source.subscribe(subscriber);
  });
}
