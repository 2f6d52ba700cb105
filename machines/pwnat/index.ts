/** pwnat as a cast for any world: `a` listens, `b` calls; there is nobody else. */
import type { Scenario } from '../../effects/scenario.ts';
import { pwnatCaller } from './caller.ts';
import { pwnatCodec } from './codec.ts';
import { pwnatListener } from './listener.ts';
import { type VariantName, VARIANTS } from './variants.ts';

/** A listener in a world waits no longer than its callers try, and some. */
const WAIT_MS = 12_000;

/** With samyk/pwnat's addresses and ports. */
export const pwnat: Scenario = cast('pwnat');
/** With pypwnat's, and its greeting. */
export const pypwnat: Scenario = cast('pypwnat');

function cast(variant: VariantName): Scenario {
  const codec = pwnatCodec({ variant });
  return {
    name: variant,
    part(host, { seed, address }) {
      if (host === 'a') return { machine: pwnatListener, codec, input: { seed, variant, waitMs: WAIT_MS, allow: [{ ...TO, at: { host: '127.0.0.1', port: 80 } }] } };
      if (host === 'b') return { machine: pwnatCaller, codec, input: { seed, variant, server: { host: address('a'), port: VARIANTS[variant].port }, to: TO } };
      return undefined;
    },
  };
}

const TO = { host: '127.0.0.1', port: '80' } as const;

export type { Destination } from './callee.ts';
export type { PwnatCallerInput } from './caller-setup.ts';
export { pwnatCaller } from './caller.ts';
export { pwnatCodec, publicPwnatCodec } from './codec.ts';
export type { PwnatListenerInput } from './listener-setup.ts';
export { pwnatListener } from './listener.ts';
export type { PwnatMessage } from './messages.ts';
export { type VariantName, VARIANTS } from './variants.ts';
