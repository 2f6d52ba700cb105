/** The types that the STUN check's states and actions share. */
import { setup } from 'xstate';
import { type NetHeard, netPort } from '../../effects/net-actor.ts';
import type { OutcomeReported } from '../../effects/scenario.ts';
import { endings } from '../endings.ts';
import type { Failed } from '../outcome.ts';
import type { CheckMessage } from './stun-messages.ts';
import type { CheckContext, Checked, CheckInput } from './stun-session.ts';
import { UNCHECKED } from './verdict.ts';

/** `close` asks for a clean end, in any state. */
export type CheckEvent = NetHeard<CheckMessage> | { readonly type: 'close' };

export const checkSetup = setup({
  types: {} as {
    context: CheckContext;
    events: CheckEvent;
    input: CheckInput;
    output: Checked | Failed;
    emitted: OutcomeReported<Checked | Failed>;
  },
  actors: { net: netPort<CheckMessage>() },
}).extend({ actions: endings<CheckContext, CheckEvent>(UNCHECKED) });
