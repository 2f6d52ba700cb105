/** Two peers behind one NAT, at home or at a carrier: what to say when they have not met. Pure. */
import type { Endpoint } from '../effects/endpoint.ts';

/**
 * Undefined where the rendezvous sees them at two addresses, or the peer at its own: one that has a NAT before it also names
 * where it is inside.
 */
export function behindOneNat(mapped: Endpoint | undefined, [seen, inside]: readonly Endpoint[]): string | undefined {
  if (!mapped || !seen || !inside || seen.host !== mapped.host) return undefined;
  return (
    `Both sides are seen at ${seen.host}, so they are behind one NAT, at home or at a carrier. It would have to turn what they send to that address ` +
    'back in (hairpin), and seems not to; nor do they reach each other inside of it. A relay would help, or another connection for either side: IPv6, or a mobile phone.'
  );
}
