/** What a NAT check comes to, in the words that people know: the four cones of RFC 3489 and what else it can be. */
import { type Failed, failed } from '../outcome.ts';

/** What a host's NATs do to it, in one word. */
export type Verdict =
  /** No NAT, and strangers get in. */
  | 'open'
  /** No NAT, but a filter keeps strangers out. */
  | 'firewalled'
  | 'full-cone'
  | 'restricted'
  | 'port-restricted'
  | 'symmetric'
  | 'udp-blocked'
  /** Strangers are kept out, and the server could not tell by what. */
  | 'restricted-or-port-restricted';

/** A check was told to stop before it had a verdict. */
export const UNCHECKED: Failed = failed('interrupted', 'Stopped before the check was done.');
