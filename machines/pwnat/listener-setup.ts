/** The types that the pwnat listener's states and actions share. */
import { setup } from 'xstate';
import type { Endpoint } from '../../effects/endpoint.ts';
import { type NetHeard, netPort } from '../../effects/net-actor.ts';
import type { OutcomeReported, ServerReported } from '../../effects/scenario.ts';
import { endings } from '../endings.ts';
import type { Outcome } from '../outcome.ts';
import type { Callee, Destination } from './callee.ts';
import type { PwnatMessage } from './messages.ts';
import type { Tick, Timekeeping } from './ticking.ts';
import type { VariantName } from './variants.ts';

/** What a listener is told; times in ms. */
export interface PwnatListenerInput {
  readonly seed: string;
  /** Default: pwnat. */
  readonly variant?: VariantName | undefined;
  /** Where to bind; default: any address, the variant's port. Callers use the same port number. */
  readonly listen?: Partial<Endpoint> | undefined;
  /** Where callers may connect to. Default: nowhere. */
  readonly allow?: readonly Destination[] | undefined;
  /** Both ends know a secret: the codec holds it, and reads nothing else. */
  readonly authenticated?: true | undefined;
  /** How long to wait for the first caller, ms. Default: for ever. */
  readonly waitMs?: number | undefined;
}

export interface ListenerContext extends Timekeeping {
  readonly input: PwnatListenerInput;
  readonly callee: Callee;
  readonly local: Endpoint | undefined;
  readonly startedAt: number;
  /** When nobody was last asked for an echo, at the least. */
  readonly askedAt: number;
  /** When a denied destination was last told of, and how often one was asked for since. */
  readonly deniedAt: number;
  readonly untold: number;
  /** The system refuses to send the echo requests, and that has been told. */
  readonly isMute: boolean;
  readonly outcome: Outcome | undefined;
}

/** `close` asks for an end, in any state. */
export type ListenerEvent = NetHeard<PwnatMessage> | Tick | { readonly type: 'close' };

export const listenerSetup = setup({
  types: {} as {
    context: ListenerContext;
    events: ListenerEvent;
    input: PwnatListenerInput;
    output: Outcome | undefined;
    emitted: OutcomeReported<Outcome> | ServerReported;
  },
  actors: { net: netPort<PwnatMessage>() },
}).extend({ actions: endings<ListenerContext, ListenerEvent>() });
