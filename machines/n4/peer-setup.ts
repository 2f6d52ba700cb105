/** The types that the n4 peer's states and actions share. */
import { setup } from 'xstate';
import { type NetHeard, netPort } from '../../effects/net-actor.ts';
import type { OutcomeReported } from '../../effects/scenario.ts';
import { endings } from '../endings.ts';
import type { Outcome } from '../outcome.ts';
import type { N4Message } from './codec.ts';
import type { N4PeerContext, N4PeerInput } from './session.ts';

/** `close` asks for a clean end, in any state. */
export type N4PeerEvent = NetHeard<N4Message> | { readonly type: 'close' };

export const peerSetup = setup({
  types: {} as {
    context: N4PeerContext;
    events: N4PeerEvent;
    input: N4PeerInput;
    output: Outcome;
    emitted: OutcomeReported<Outcome>;
  },
  actors: { net: netPort<N4Message>() },
}).extend({ actions: endings<N4PeerContext, N4PeerEvent>() });
