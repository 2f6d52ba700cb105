/** The types that the three-role client's states and actions share, and the names of its sockets. */
import { setup } from 'xstate';
import { type NetHeard, netPort } from '../../effects/net-actor.ts';
import type { OutcomeReported } from '../../effects/scenario.ts';
import { endings } from '../endings.ts';
import type { CheckContext, CheckOutcome, TextClientInput } from './text-check.ts';
import type { TextMessage } from './text.ts';
import { UNCHECKED } from './verdict.ts';

/** The first phase's: it talks to both. */
export const FIRST = 'first';
/** Talks to the assist only. */
export const CONE = 'cone';
/** Talks to the server only. */
export const TESTS = 'tests';

/** `close` asks for a clean end, in any state. */
export type TextClientEvent = NetHeard<TextMessage> | { readonly type: 'close' };

export const clientSetup = setup({
  types: {} as { context: CheckContext; events: TextClientEvent; input: TextClientInput; output: CheckOutcome; emitted: OutcomeReported<CheckOutcome> },
  actors: { net: netPort<TextMessage>() },
}).extend({ actions: endings<CheckContext, TextClientEvent>(UNCHECKED) });
