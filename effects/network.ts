/** Who counts as one where each has a share: whoever has one address of a network has all of them. Pure. */
import { isIPv6 } from './endpoint.ts';
import { ipToGroups } from './wire/stun-address.ts';

/** What one customer has to itself: an IPv4 address, or with IPv6 a /64 at the least (RFC 4291 §2.5.4). */
export function networkOf(host: string): string {
  const groups = isIPv6(host) ? ipToGroups(host.replace(/%.*/, '')) : undefined;
  return groups ? groups.slice(0, 4).join(':') : host;
}
