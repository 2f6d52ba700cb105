/**
 * The HELLO by which the caller finds a listener and learns whether it allows the destination; one GOODBYE is not believed, for anybody
 * can forge it: another request has to be refused, too. Pure; sends nothing.
 */
import type { CallerContext } from './caller-setup.ts';
import type { Hello } from './messages.ts';

export function helloOf(context: CallerContext): Hello {
  const isNew = askedOnce(context) !== 'none';
  return { type: 'hello', request: isNew ? another(context) : context.probe, ...context.input.to };
}

/** The refusal as it stands once `helloOf` has been sent. */
export function askedOnce({ refusal }: CallerContext): CallerContext['refusal'] {
  return refusal === 'heard' ? 'asked' : refusal;
}

/** Was it asked by one of these HELLOs? */
export function isProbe(context: CallerContext, request: number): boolean {
  const { probe, refusal } = context;
  return request === probe || ((refusal === 'asked' || refusal === 'again') && request === another(context));
}

/** It takes no TCP connections in, so that only this tells whether the destination is allowed. With a secret no HELLO is sent. */
export function wantsAnswer({ input: { listen, authenticated, variant } }: CallerContext): boolean {
  return listen === undefined && authenticated !== true && variant !== 'pypwnat';
}

function another({ probe }: CallerContext): number {
  return (probe + 1) & 0xffff;
}
