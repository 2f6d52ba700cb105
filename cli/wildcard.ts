/**
 * What a server has to know of the addresses that a wildcard stands for. The system chooses where an answer to a datagram leaves
 * from, and on a host with several addresses that may be another than was asked; a NAT drops it.
 */
import { ownAddresses } from '../adapters/node/addresses.ts';
import { isIPv6, isLoopback, isWildcard } from '../effects/endpoint.ts';

/** The addresses of this host that a wildcard stands for, best first and loopback too; one alone where no answer can go astray. */
export function wildcardHosts(host: string, all: readonly string[] = isWildcard(host) ? ownAddresses(isIPv6(host) ? 6 : 4) : []): readonly string[] {
  return all.filter((address) => !isLoopback(address)).length > 1 ? all : [host];
}

/** What to say of a server that listens on a wildcard; undefined where all is well. */
export function wildcardWarning(host: string, hosts = wildcardHosts(host)): string | undefined {
  if (hosts.length < 2) return undefined;
  return `this host has several addresses (${hosts.filter((one) => !isLoopback(one)).join(', ')}), and ${host} may answer from another than was asked, which NATs drop: name one with --listen`;
}
