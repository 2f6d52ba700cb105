/** Whether one socket is seen under one endpoint by all (RFC 4787 §4.1), from who saw it where. Pure. */
import { type Endpoint, formatEndpoint, sameEndpoint } from '../../effects/endpoint.ts';
import type { Dependence } from '../reach.ts';
import type { MappingSample } from './samples.ts';

export interface MappingFinding {
  readonly mapping: Dependence | null;
  /** Two servers saw different endpoints, whatever they depend on. */
  readonly varies: boolean;
  readonly confidence: number;
  readonly because: string;
}

interface Seen {
  readonly server: Endpoint;
  readonly mapped: Endpoint;
}

export function mappingOf(samples: readonly MappingSample[]): MappingFinding {
  const seen: Seen[] = samples.flatMap(({ server, mapped }) => (mapped ? [{ server, mapped }] : []));
  const pairs = seen.flatMap((one, i) => seen.slice(i + 1).map((other) => [one, other] as const));
  const ofOneAddress = pairs.filter(([one, other]) => one.server.host === other.server.host && one.server.port !== other.server.port);
  const ofTwoAddresses = pairs.filter(([one, other]) => one.server.host !== other.server.host);
  const because = `${seen.map(({ server, mapped }) => `${formatEndpoint(server)} sees ${formatEndpoint(mapped)}`).join(', ')}${rewriting(samples)}`;

  if (pairs.some(([one, other]) => sameEndpoint(one.server, other.server) && varies([one, other]))) {
    return { mapping: null, varies: false, confidence: 0, because: `${because}; the first of them saw another address later, so a NAT has forgotten the socket in between: check again` };
  }
  if (pairs.every(([one, other]) => sameEndpoint(one.mapped, other.mapped))) {
    if (ofTwoAddresses.length > 0) return { mapping: 'endpoint-independent', varies: false, confidence: 0.9999, because };
    return unknown(samples, seen, because);
  }
  if (ofOneAddress.some(varies)) return { mapping: 'address-and-port-dependent', varies: true, confidence: 0.999, because };
  if (ofOneAddress.length > 0) return { mapping: 'address-dependent', varies: true, confidence: 0.999, because };
  return { mapping: null, varies: true, confidence: 0, because: `${because}; it varies, but no server was seen at two ports, so whether with the port too is not known` };
}

/** Everybody who answered has the same address, so another one may see something else. */
function unknown(samples: readonly MappingSample[], seen: readonly Seen[], because: string): MappingFinding {
  const silent = samples.filter(({ mapped }) => !mapped).map(({ server }) => formatEndpoint(server));
  const why = silent.length > 0 ? `${silent.join(', ')} did not answer` : seen.length > 1 ? 'all of them are ports of one address' : 'the server has named no other address';
  return { mapping: null, varies: false, confidence: 0, because: `${because}; ${why}: a second --stun server at another address would tell` };
}

function varies([one, other]: readonly [Seen, Seen]): boolean {
  return !sameEndpoint(one.mapped, other.mapped);
}

function rewriting(samples: readonly MappingSample[]): string {
  const rewritten = samples.find((sample) => sample.rewritten)?.rewritten;
  return rewritten ? `; something on the path rewrites addresses inside packets, to ${formatEndpoint(rewritten)}` : '';
}
