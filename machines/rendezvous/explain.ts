/** Words for why two peers of a room did not connect, where it is the same for UDP and TCP. Pure. */
import { type Endpoint, formatEndpoint } from '../../effects/endpoint.ts';
import { assertNever, type Failed, failed } from '../outcome.ts';
import type { Refusal } from './bytes.ts';

export const RELAY = 'A relay, or one side with a public address or a forwarded port, would help.';
export const LOOKS_ALIKE = 'A firewall between the two, or a peer that stopped, looks the same.';

/** `idleMs`: when the place of a member that has crashed is free. */
export function explainRefusal(reason: Refusal, server: Endpoint, idleMs: number): Failed {
  switch (reason) {
    case 'room-full':
      return failed('room-full', `The room has two peers already. Choose another room; if one of the two has crashed, its place is free after ${idleMs / 1000} s.`);
    case 'busy':
      return failed('rendezvous-busy', 'The rendezvous has no place for another room at the moment. Try again later, or use another rendezvous.');
    case 'not-a-rendezvous':
      return failed('no-rendezvous', `A STUN server answers at ${formatEndpoint(server)}, but it is no rendezvous. Start one with: natpunch serve rendezvous`);
    default:
      return assertNever(reason);
  }
}

/** Whose NAT varies, where one does, and who is at the other side. */
export function sides(isOurs: boolean): readonly [varying: string, other: string] {
  return isOurs ? ["This side's NAT", "the peer's side"] : ["The peer's NAT", 'this side'];
}
