/** The types that the udp-punch peer's states and actions share. */
import { setup } from 'xstate';
import { type NetHeard, netPort } from '../../effects/net-actor.ts';
import type { OutcomeReported } from '../../effects/scenario.ts';
import { endings } from '../endings.ts';
import type { Outcome } from '../outcome.ts';
import type { PunchMessage } from './messages.ts';
import type { PeerContext, PeerInput } from './session.ts';

/** `close` asks for a clean end, in any state. */
export type PeerEvent = NetHeard<PunchMessage> | { readonly type: 'close' };

export const peerSetup = setup({
  types: {} as {
    context: PeerContext;
    events: PeerEvent;
    input: PeerInput;
    output: Outcome;
    emitted: OutcomeReported<Outcome>;
  },
  actors: { net: netPort<PunchMessage>() },
}).extend({ actions: endings<PeerContext, PeerEvent>() });
