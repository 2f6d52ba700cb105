/** What the system says about sockets, in the port's stable codes and in words. No socket is touched here. */
import type { NetFailure } from '../../effects/net.ts';

export interface Failure {
  readonly code: NetFailure;
  /** A clause for people, without who or where, e.g. `permission denied`. */
  readonly why: string;
}

/** The port's code for an error of Node's. An error that is not known here keeps its own words, under `unknown`. */
export function failureOf(error: unknown): Failure {
  const known = FAILURES.get(systemCode(error));
  return known ?? { code: 'unknown', why: oneLine(error instanceof Error ? error.message : String(error)) };
}

/** `EADDRINUSE` and its like, or an empty string when the error does not carry one. */
export function systemCode(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

const FAILURES: ReadonlyMap<string, Failure> = new Map<string, Failure>([
  ['EADDRINUSE', { code: 'address-in-use', why: 'the address is in use' }],
  ['EADDRNOTAVAIL', { code: 'address-not-available', why: 'this host does not have that address' }],
  ['EACCES', { code: 'not-permitted', why: 'permission denied' }],
  ['EPERM', { code: 'not-permitted', why: 'not permitted, perhaps by a firewall on this host' }],
  ['ENETUNREACH', { code: 'unreachable', why: 'no route to that network' }],
  ['EHOSTUNREACH', { code: 'unreachable', why: 'no route to that host' }],
  ['ENETDOWN', { code: 'unreachable', why: 'the network is down' }],
  ['EHOSTDOWN', { code: 'unreachable', why: 'the host is down' }],
  // What a kernel says to a destination that cannot be one, such as port 0 or another family's address.
  ['EINVAL', { code: 'unreachable', why: 'that is not an address this socket can use' }],
  ['EAFNOSUPPORT', { code: 'unsupported', why: 'this host does not have that address family' }],
  ['ECONNREFUSED', { code: 'refused', why: 'the other end refused' }],
  ['ECONNRESET', { code: 'reset', why: 'the other end reset the connection' }],
  ['ECONNABORTED', { code: 'reset', why: 'this host gave the connection up' }],
  ['ENOTCONN', { code: 'reset', why: 'the other end is gone' }],
  ['EPIPE', { code: 'reset', why: 'the other end is gone' }],
  ['ETIMEDOUT', { code: 'timed-out', why: 'no answer in time' }],
  ['EMSGSIZE', { code: 'too-large', why: 'too large for one datagram' }],
  ['EMFILE', { code: 'exhausted', why: 'this process has too many open files' }],
  ['ENFILE', { code: 'exhausted', why: 'this host has too many open files' }],
  ['ENOBUFS', { code: 'exhausted', why: 'no buffer space left' }],
  ['ENOMEM', { code: 'exhausted', why: 'no memory left' }],
]);

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
