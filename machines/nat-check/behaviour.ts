/**
 * From samples to behaviour: what the NATs before this host do (RFC 4787's words), which of the known kinds that is
 * (RFC 3489's), how sure that is, and which packets say so. Pure. What the samples cannot tell is null, with the reason.
 */
import { type Endpoint, formatEndpoint, sameEndpoint } from '../../effects/endpoint.ts';
import type { Dependence } from '../reach.ts';
import { type FilterFinding, filteringOf } from './filtering.ts';
import { type MappingFinding, mappingOf } from './mapping.ts';
import { type AllocationFinding, allocationOf, type PortAllocation } from './port-allocation.ts';
import type { Samples } from './samples.ts';
import type { Verdict } from './verdict.ts';

/** What a check found. Null is "not known", and `evidence` says why; times are ms. */
export interface Behaviour {
  /** Null where the tests that would name it could not be made. */
  readonly verdict: Verdict | null;
  /** Whether any answer came. */
  readonly udp: boolean;
  readonly nat: boolean | null;
  readonly mapping: Dependence | null;
  readonly filtering: Dependence | null;
  readonly hairpin: boolean | null;
  readonly portPreserved: boolean | null;
  readonly allocation: PortAllocation | null;
  /** How this host is seen from outside, and its own name for the same socket. */
  readonly reflexive: Endpoint | null;
  readonly local: Endpoint;
  /** The longest silence that a mapping is known to survive, ms, and the shortest that it did not; only when asked for. */
  readonly lifetime?: { readonly aliveMs: number | null; readonly deadMs: number | null };
  readonly evidence: readonly Evidence[];
}

/** One claim, and what supports it; a claim of null says why it is not known. */
export interface Evidence {
  readonly claim: 'udp' | 'nat' | 'mapping' | 'filtering' | 'hairpin' | 'portPreserved' | 'allocation' | 'lifetime';
  readonly value: string | boolean | null;
  /** 0 to 1; 0 where nothing is claimed. */
  readonly confidence: number;
  readonly because: string;
}

export function behaviourOf(samples: Samples): Behaviour {
  const { local, addresses, mappings, hairpin } = samples;
  const own = addresses[0] ?? local;
  const seen = mappings.find(({ mapped }) => mapped);
  const reflexive = seen?.mapped;
  if (!reflexive) return unseen(samples, own);
  if (isParrot(samples)) return parroted(samples, own, reflexive);

  const evidence: Evidence[] = [{ claim: 'udp', value: true, confidence: 1, because: `${formatEndpoint(seen.server)} answered` }];
  const claim = <T extends Evidence['value']>(what: Evidence['claim'], value: T, confidence: number, because: string): T => {
    evidence.push({ claim: what, value, confidence: value === null ? 0 : round(confidence), because });
    return value;
  };

  const nat = isNat(samples, reflexive, claim);
  const mapping = mappingOf(mappings);
  claim('mapping', mapping.mapping, mapping.confidence, mapping.because);
  const filtering = filteringOf(samples);
  claim('filtering', filtering.filtering, filtering.confidence, filtering.because);
  const noNat = (what: string): string => (nat === null ? 'not tested, as long as it is not known which way out is meant' : `there is no NAT that ${what}`);
  const turnsBack = !nat
    ? claim('hairpin', null, 0, noNat('could turn packets back'))
    : !hairpin
      ? claim('hairpin', null, 0, 'it was not tested: no second socket got an answer')
      : hairpin.heardFrom
        ? claim('hairpin', true, 1, `a request to ${formatEndpoint(hairpin.target)} from inside came back in, from ${formatEndpoint(hairpin.heardFrom)}`)
        : hairpin.asked === 0
          ? claim('hairpin', null, 0, hairpin.unsent ?? 'ordinary requests were lost too')
          : claim('hairpin', false, silence(samples.loss, hairpin.asked), `${hairpin.asked} requests from inside to ${formatEndpoint(hairpin.target)} did not come back`);
  const ports = allocationOf(samples.ports);
  const portPreserved = nat ? isPreserving(ports, local, reflexive, claim) : claim('portPreserved', null, 0, noNat('could keep or change a port'));
  const allocation = nat ? ports.allocation : null;
  claim('allocation', allocation && textOf(allocation), ports.confidence, nat ? ports.because : noNat('gives ports'));
  const lifetime = lifetimeOf(samples, claim);

  return {
    verdict: verdictOf(nat, mapping, filtering),
    udp: true,
    nat,
    mapping: mapping.mapping,
    filtering: filtering.filtering,
    hairpin: turnsBack,
    portPreserved,
    allocation,
    reflexive,
    local: nat === false ? reflexive : own,
    ...(lifetime ? { lifetime } : {}),
    evidence,
  };
}

/** The chance that so many requests in a row all went unanswered for another reason than loss. */
function silence(loss: number, asked: number): number {
  return 1 - loss ** asked;
}

function round(confidence: number): number {
  return Math.max(0, Math.min(0.9999, Math.floor(confidence * 10_000) / 10_000));
}

type Claim = <T extends Evidence['value']>(what: Evidence['claim'], value: T, confidence: number, because: string) => T;

/** Nobody said how this host is seen. An error response shows that UDP passes, and no more. */
function unseen({ mappings, tcp }: Samples, local: Endpoint): Behaviour {
  const refusing = mappings.find(({ refusal }) => refusal !== undefined);
  const servers = mappings.map(({ server, asked }) => `${formatEndpoint(server)} (asked ${asked} times)`).join(' and ');
  const { confidence, hint } = explainSilence(mappings.length, tcp);
  const evidence: Evidence = refusing
    ? { claim: 'udp', value: true, confidence: 1, because: `${formatEndpoint(refusing.server)} answered, but only with error ${refusing.refusal}` }
    : { claim: 'udp', value: false, confidence, because: `nothing came from ${servers}${hint}` };
  return {
    verdict: refusing ? null : 'udp-blocked',
    udp: refusing !== undefined,
    nat: null,
    mapping: null,
    filtering: null,
    hairpin: null,
    portPreserved: null,
    allocation: null,
    reflexive: null,
    local,
    evidence: refusing ? [evidence, ...untold('nobody has said how this host is seen')] : [evidence],
  };
}

/** So many sockets cannot be seen at one endpoint. */
const PARROT_SOCKETS = 3;

/** The server names the same endpoint to every socket, or something on the path writes it: nothing that it says can be believed. */
function isParrot({ ports }: Samples): boolean {
  const [first, ...others] = ports.flatMap(({ mapped }) => (mapped ? [mapped] : []));
  return first !== undefined && others.length + 1 >= PARROT_SOCKETS && others.every((mapped) => sameEndpoint(mapped, first));
}

function parroted(samples: Samples, local: Endpoint, reflexive: Endpoint): Behaviour {
  const because = `every socket is said to be seen as ${formatEndpoint(reflexive)}, which cannot be: the server, or something on the path, is not telling the truth`;
  return { ...unseen(samples, local), verdict: null, udp: true, evidence: [{ claim: 'udp', value: true, confidence: 1, because: 'answers came' }, ...untold(because)] };
}

/** All that a check could have told, and why it does not. */
function untold(because: string): readonly Evidence[] {
  return (['nat', 'mapping', 'filtering', 'hairpin', 'portPreserved', 'allocation'] as const).map((claim) => ({ claim, value: null, confidence: 0, because }));
}

/** From here on a silence is taken for blocked UDP in what follows from it. */
export const PROVEN_BLOCKED = 0.97;

/** A dead server is as silent as blocked UDP. */
function explainSilence(servers: number, tcp: Samples['tcp']): { readonly confidence: number; readonly hint: string } {
  const other = servers > 1 ? '' : '; a second --stun server would tell that from blocked UDP';
  switch (tcp?.answer) {
    case 'stun':
      return { confidence: PROVEN_BLOCKED, hint: `; ${formatEndpoint(tcp.server)} answers STUN over TCP, so it lives and it is UDP that is blocked` };
    case 'taken':
      return { confidence: 0.6, hint: `; ${formatEndpoint(tcp.server)} takes TCP connections, but no STUN over TCP: it may have no STUN server on UDP${other}` };
    case 'refused':
      return { confidence: servers > 1 ? 0.8 : 0.5, hint: `, and TCP to it fails too: the server may be down${other}` };
    case undefined:
      return { confidence: servers > 1 ? 0.8 : 0.5, hint: `: the server may be down${other}` };
  }
}

/** Address and port must both be this host's own. A kept port alone means nothing. */
function isNat({ addresses, local, ownsReflexive, mappings }: Samples, reflexive: Endpoint, claim: Claim): boolean | null {
  const seen = `seen as ${formatEndpoint(reflexive)}`;
  const ways = mappings.flatMap(({ mapped }) => (mapped ? [addresses.some((address) => sameEndpoint(address, mapped))] : []));
  if (ways.includes(true) && ways.includes(false)) {
    return claim('nat', null, 0, 'some servers see an address of this host, others do not: it has two ways out, and only one of them through a NAT. Choose one with --local');
  }
  if (addresses.some((address) => sameEndpoint(address, reflexive))) return claim('nat', false, 0.9999, `${seen}, which is an address of this host`);
  if (ownsReflexive && reflexive.port === local.port) return claim('nat', false, 0.99, `${seen}, to which this host can bind a socket`);
  const own = addresses.map(formatEndpoint).join(', ');
  const binding = ownsReflexive === false ? ', and no socket can be bound to that address' : '';
  return claim('nat', true, 0.9999, `${seen}, which is none of this host's own (${own})${binding}`);
}

/** One port may be kept by chance, or given up because another mapping of the socket has it; several tell. */
function isPreserving({ allocation, confidence, because }: AllocationFinding, local: Endpoint, reflexive: Endpoint, claim: Claim): boolean {
  const seen = `local port ${local.port} is seen as ${reflexive.port}`;
  if (!allocation) return claim('portPreserved', reflexive.port === local.port, 0.99, seen);
  return claim('portPreserved', allocation.kind === 'preserved', confidence, `${seen}; ${because}`);
}

function lifetimeOf({ lifetime }: Samples, claim: Claim): Behaviour['lifetime'] {
  if (!lifetime) return undefined;
  const { aliveMs = null, deadMs = null, trouble } = lifetime;
  const words = [aliveMs === null ? '' : `alive after ${aliveMs / 1000} s of silence`, deadMs === null ? '' : `gone after ${deadMs / 1000} s`, trouble ?? ''];
  claim('lifetime', aliveMs === null && deadMs === null ? null : `${(aliveMs ?? 0) / 1000} s`, 0.99, words.filter((word) => word !== '').join(', '));
  return { aliveMs, deadMs };
}

function verdictOf(nat: boolean | null, { mapping, varies }: MappingFinding, { filtering, keepsStrangersOut }: FilterFinding): Verdict | null {
  if (nat === null) return null;
  if (nat && varies) return 'symmetric';
  if (nat && mapping === null) return null;
  switch (filtering) {
    case 'endpoint-independent':
      return nat ? 'full-cone' : 'open';
    case 'address-dependent':
      return nat ? 'restricted' : 'firewalled';
    case 'address-and-port-dependent':
      return nat ? 'port-restricted' : 'firewalled';
    case null:
      if (!keepsStrangersOut) return null;
      return nat ? 'restricted-or-port-restricted' : 'firewalled';
  }
}

function textOf(allocation: PortAllocation): string {
  switch (allocation.kind) {
    case 'sequential':
      return `sequential, step ${allocation.step}`;
    case 'block':
      return `block of about ${allocation.size}`;
    default:
      return allocation.kind;
  }
}
