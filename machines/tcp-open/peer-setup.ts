/** The types that the tcp-open peer's states and actions share. */
import { setup } from 'xstate';
import { type NetHeard, netPort } from '../../effects/net-actor.ts';
import type { OutcomeReported } from '../../effects/scenario.ts';
import { endings } from '../endings.ts';
import type { Outcome } from '../outcome.ts';
import type { OpenMessage } from './messages.ts';
import type { OpenPeerContext, OpenPeerInput } from './session.ts';

/** `close` asks for an end, in any state. A connection that was handed over is no affair of the machine's any more. */
export type OpenPeerEvent = NetHeard<OpenMessage> | { readonly type: 'close' };

export const peerSetup = setup({
  types: {} as {
    context: OpenPeerContext;
    events: OpenPeerEvent;
    input: OpenPeerInput;
    output: Outcome;
    emitted: OutcomeReported<Outcome>;
  },
  actors: { net: netPort<OpenMessage>() },
}).extend({ actions: endings<OpenPeerContext, OpenPeerEvent>() });
