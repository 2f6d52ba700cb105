/** What the three-role client asks itself before it takes a transition: above all, whether it was the server that spoke. */
import { type Endpoint, sameEndpoint } from '../../effects/endpoint.ts';
import { type CheckContext, isOriginal as isOriginalServer } from './text-check.ts';
import { CONE, FIRST, TESTS, type TextClientEvent } from './text-client-setup.ts';
import * as timing from './text-timing.ts';
import type { TestedNat } from './text.ts';

type Args = { readonly context: CheckContext; readonly event: TextClientEvent };
type Guard = (args: Args) => boolean;

export const isOneHost: Guard = ({ context: { input } }) => input.server.host === input.assist.host;
export const isMapped: Guard = ({ context, event }) => event.type === 'mapped' && event.socket === FIRST && isServer(context, event.from);
/** The original, which took a repetition for the assist's report. */
export const isReturned: Guard = ({ context, event }) => event.type === 'register' && event.socket === FIRST && isServer(context, event.from);
export const isSteady: Guard = ({ context: { reflexive, reported } }) => reflexive !== undefined && reported !== undefined && sameEndpoint(reflexive, reported);
export const isContradiction: Guard = (args) => {
  const { context, event } = args;
  return isMapped(args) && event.type === 'mapped' && context.reflexive !== undefined && !sameEndpoint(event.endpoint, context.reflexive);
};
/** The last of the two. */
export const isConeOpen: Guard = ({ event }) => event.type === 'udp.opened' && event.socket === CONE;
export const isFullCone: Guard = (args) => isTest(args, 'full-cone', CONE) && isServer(args.context, args.event.from);
/** From the main port it would be the original's, which was meant for the port before ours and proves nothing. */
export const isRestricted: Guard = (args) => {
  const { server } = args.context.input;
  return isTest(args, 'restricted', TESTS) && args.event.from.host === server.host && args.event.from.port !== server.port;
};
export const isLastTest: Guard = (args) => isTest(args, 'port-restricted', TESTS) && isServer(args.context, args.event.from);
export const isOriginal: Guard = ({ context }) => isOriginalServer(context);
export const isSocketLost: Guard = ({ event }) => event.type === 'net.failed' && event.effect === 'udp.open';
export const mayAskServer: Guard = ({ context }) => context.attempt < timing.REGISTER_ATTEMPTS;
export const mayAskAssist: Guard = ({ context }) => context.attempt < timing.ASSIST_ATTEMPTS;
export const mayAskFullCone: Guard = ({ context }) => context.asked < Math.min(timing.FULL_CONE_ATTEMPTS + timing.FULL_CONE_MORE * context.repeated, timing.FULL_CONE_MAX);
export const maySayNext: Guard = ({ context }) => context.nexts < timing.NEXT_ATTEMPTS;
/** The original answers the second NEXT; the third waits until that answer should be here. */
export const isSecondNext: Guard = ({ context }) => context.nexts === 2;

function isServer({ input }: CheckContext, from: Endpoint): boolean {
  return sameEndpoint(from, input.server);
}

function isTest(args: Args, nat: TestedNat, socket: string): args is Args & { readonly event: Extract<TextClientEvent, { type: 'test' }> } {
  const { event } = args;
  return event.type === 'test' && event.nat === nat && event.socket === socket;
}
