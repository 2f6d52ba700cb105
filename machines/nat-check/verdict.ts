/** What a NAT check comes to, in the words that people know: the four cones of RFC 3489 and what else it can be. */

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
