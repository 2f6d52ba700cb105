/** The types that the pwnat caller's states and actions share. */
import { setup } from 'xstate';
import type { Endpoint } from '../../effects/endpoint.ts';
import { type NetHeard, netPort } from '../../effects/net-actor.ts';
import type { OutcomeReported, ServerReported } from '../../effects/scenario.ts';
import { endings } from '../endings.ts';
import type { Outcome } from '../outcome.ts';
import type { Calls } from './calls.ts';
import type { Sightings } from './explain.ts';
import type { PwnatMessage } from './messages.ts';
import type { Tick, Timekeeping } from './ticking.ts';
import type { VariantName } from './variants.ts';

/** What a caller is told; times in ms. */
export interface PwnatCallerInput {
  readonly seed: string;
  /** The listener's address, as its NAT shows it, and its port. */
  readonly server: Endpoint;
  /** What the listener connects to, as it allows it to the letter. */
  readonly to: { readonly host: string; readonly port: string };
  /** Where TCP connections are taken in. Without it none are: then this only opens the hole. */
  readonly listen?: Endpoint | undefined;
  /** Default: pwnat. */
  readonly variant?: VariantName | undefined;
  /** Where to bind; default: any address, and the listener's port, for that is where it punches to. */
  readonly local?: Partial<Endpoint> | undefined;
  /** Both ends know a secret: the codec holds it, and reads nothing else. */
  readonly authenticated?: true | undefined;
  /** A STUN server, which says what our own NAT does when nothing comes. */
  readonly stun?: Endpoint | undefined;
  /** How long to try, ms. */
  readonly waitMs?: number | undefined;
}

export interface CallerContext extends Timekeeping {
  readonly input: PwnatCallerInput;
  readonly calls: Calls;
  readonly local: Endpoint | undefined;
  /** Where TCP connections are taken in. */
  readonly door: Endpoint | undefined;
  readonly startedAt: number;
  readonly knocks: number;
  /** udptunnel's request by which the listener is found, before any TCP connection asks. */
  readonly probe: number;
  /** A GOODBYE to it, which anybody can forge: heard; then another request was made; then that one was refused too. */
  readonly refusal: 'none' | 'heard' | 'asked' | 'again';
  readonly seen: Sightings;
  readonly outcome: Outcome | undefined;
}

/** `close` asks for an end, in any state. */
export type CallerEvent = NetHeard<PwnatMessage> | Tick | { readonly type: 'close' };

export const callerSetup = setup({
  types: {} as {
    context: CallerContext;
    events: CallerEvent;
    input: PwnatCallerInput;
    output: Outcome | undefined;
    emitted: OutcomeReported<Outcome> | ServerReported;
  },
  actors: { net: netPort<PwnatMessage>() },
}).extend({ actions: endings<CallerContext, CallerEvent>() });
