/** A NAT of a world's spec: as the simulator builds it, and in the words of RFC 4787, from which alone it is told who can meet. */
import { type Dependence, FIREWALL, LINUX_NAT, type NatBehaviour } from '../../adapters/sim/index.ts';
import type { Reach } from '../../machines/reach.ts';
import type { NatSpec } from './spec.ts';

export function built(nat: NatSpec): NatBehaviour {
  const { mapping, filtering, ports, parity, hairpin, rst, clash, icmpErrors, blocked, table, lifetimeS } = nat;
  const usual = isFirewall(nat) ? FIREWALL : LINUX_NAT;
  return {
    ...usual,
    mapping: mapping ?? usual.mapping,
    filtering: filtering ?? usual.filtering,
    allocation: ports ?? usual.allocation,
    parity: parity ?? usual.parity,
    hairpin: hairpin ?? usual.hairpin,
    unsolicitedSyn: rst || clash ? 'reset' : usual.unsolicitedSyn,
    earlyProbe: clash ? 'clash' : usual.earlyProbe,
    icmp: icmpErrors ? { ...usual.icmp, unknownErrors: 'translated' } : usual.icmp,
    blocked: blocked ?? usual.blocked,
    table: table ?? usual.table,
    expiry: lifetimeS === undefined ? usual.expiry : { ...usual.expiry, unrepliedMs: lifetimeS * 1_000, repliedMs: lifetimeS * 1_000 },
  };
}

export function isFirewall({ ports }: NatSpec): boolean {
  return ports?.kind === 'none';
}

export function mappingOf(nats: readonly NatSpec[]): Dependence {
  return strictest(nats.filter((nat) => !isFirewall(nat)).map(({ mapping }) => mapping ?? LINUX_NAT.mapping));
}

export function filteringOf(nats: readonly NatSpec[]): Dependence {
  return strictest(nats.map(({ filtering }) => filtering ?? LINUX_NAT.filtering));
}

/** All boxes before a host taken together: two remotes see it alike only if every box lets them, a stranger gets in only past every box. */
export function reachOf(nats: readonly NatSpec[]): Reach {
  const varying = nats.filter((nat) => !isFirewall(nat) && nat.mapping !== undefined && nat.mapping !== 'endpoint-independent');
  const ports = varying.length === 1 && varying[0]?.ports?.kind === 'sequential' ? 'counted' : 'random';
  return { nat: nats.length > 0, udp: nats.every(({ blocked }) => !blocked?.includes('udp')), mapping: mappingOf(nats), filtering: nats.length > 0 ? filteringOf(nats) : 'endpoint-independent', ports };
}

const ORDER: readonly Dependence[] = ['endpoint-independent', 'address-dependent', 'address-and-port-dependent'];

function strictest(all: readonly Dependence[]): Dependence {
  return ORDER[Math.max(0, ...all.map((one) => ORDER.indexOf(one)))] ?? 'endpoint-independent';
}

/** Rows that an honest attempt of any of our protocols needs, and those of a few that were given up before, with room. A guess. */
const ROOMY = 512;
/** The same, counted in sockets. A guess. */
const SOCKETS = 64;
/** Half of it is every keepalive's pace here. */
const LASTING_S = 30;

/**
 * Whether these do only what their mapping and filtering say: they forget nothing in time, and have room and ports. Behind others
 * a protocol may well connect, but no definition says so.
 */
export function isPlain(nats: readonly NatSpec[]): boolean {
  return nats.every((nat) => (nat.table?.size ?? Infinity) >= ROOMY && (nat.lifetimeS ?? Infinity) >= LASTING_S && hasPorts(nat) && (nat.ports?.kind !== 'preserve' || nat.ports.clash !== 'drop'));
}

/** A port for each socket, or where the mapping varies, one for each row: three checks in a row, two of them broken off, find no port left of 64. */
function hasPorts({ ports, mapping = LINUX_NAT.mapping }: NatSpec): boolean {
  return ports?.kind !== 'block' || ports.size >= (mapping === 'endpoint-independent' ? SOCKETS : ROOMY);
}
