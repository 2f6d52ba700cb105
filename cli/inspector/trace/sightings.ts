/** What a tracer notes while a run goes on: references and a time, no more, so that watching costs little. `telling.ts` makes events of it. */
import type { AnyActorRef, AnyMachineSnapshot, AnyStateMachine, AnyStateNode, EventObject } from 'xstate';
import type { Sighting as DeviceSighting } from '../../../adapters/sim/sighting.ts';
import type { Codec } from '../../../effects/codec.ts';
import type { Endpoint } from '../../../effects/endpoint.ts';
import type { NetEffect, NetEvent } from '../../../effects/net.ts';
import type { PlaceSeen, PlainRecord } from './trace.ts';

/** One machine on its network. */
export interface Run {
  /** Its root's name, unique in the trace. */
  readonly name: string;
  readonly machine: AnyStateMachine;
  readonly codec: Codec<{ readonly type: string }>;
  readonly input: unknown;
  /** What may be kept of bytes. */
  readonly redact: Redact;
  /** Whether packets are seen by themselves, at every device. */
  readonly isSimulated: boolean;
}

/** As for recordings: themselves, other bytes in their place, or undefined for their length only. */
export type Redact = (data: Uint8Array, remote?: Endpoint, stream?: string, via?: 'udp' | 'tcp' | 'icmp') => Uint8Array | undefined;

/** An actor of a run. */
export interface Actor {
  readonly name: string;
  readonly run: Run;
  readonly ref: AnyActorRef;
  readonly parent: Actor | undefined;
}

export type Noted =
  | { readonly kind: 'place'; readonly at: number; readonly place: PlaceFields }
  | { readonly kind: 'actor'; readonly at: number; readonly actor: Actor }
  | NotedEvent
  | NotedSnapshot
  | NotedEffect
  | NotedHeard
  | { readonly kind: 'timer'; readonly at: number; readonly run: Run; readonly what: 'set' | 'fired' | 'cancelled'; readonly timer: number; readonly type?: string | undefined; readonly delayMs?: number }
  | { readonly kind: 'device'; readonly at: number; readonly seen: DeviceSighting; readonly effect?: NotedEffect | undefined }
  | { readonly kind: 'remark'; readonly at: number; readonly actor: string; readonly type: string; readonly about: object }
  | { readonly kind: 'emitted'; readonly at: number; readonly actor: Actor; readonly event: EventObject };

export type PlaceFields = Omit<PlaceSeen, 'n' | 'at' | 'kind'>;

export interface NotedEvent {
  readonly kind: 'event';
  readonly at: number;
  readonly actor: Actor;
  readonly from: Actor | undefined;
  readonly event: EventObject;
  readonly timer?: number | undefined;
  readonly heard?: NotedHeard | undefined;
  /** It became an effect, which says all that it does. */
  isEffect: boolean;
}

export interface NotedSnapshot {
  readonly kind: 'snapshot';
  readonly at: number;
  readonly actor: Actor;
  readonly snapshot: AnyMachineSnapshot;
  readonly steps: readonly TakenStep[];
  readonly actions: readonly string[];
}

export interface TakenStep {
  readonly event: string;
  readonly transitions: readonly { readonly eventType: string; readonly source: AnyStateNode; readonly target?: readonly AnyStateNode[] | undefined; readonly guard?: unknown }[];
}

export interface NotedEffect {
  readonly kind: 'effect';
  readonly at: number;
  readonly run: Run;
  readonly effect: NetEffect;
  /** What the machine asked to be sent; absent for what left beside it. */
  readonly message: object | undefined;
  /** In the trace, once it is told. */
  n?: number;
}

export interface NotedHeard {
  readonly kind: 'heard';
  readonly at: number;
  readonly run: Run;
  readonly event: NetEvent;
  /** The first event that it made for the machine. */
  made?: EventObject;
  /** In the trace, once it is told. */
  message?: PlainRecord | undefined;
  n?: number;
}
