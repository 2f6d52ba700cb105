/**
 * Which worlds definitions allow to meet. From RFC 4787's words alone (`machines/reach.ts`, `test/grid/oracle.ts`), never from the
 * simulator; where no definition decides, as behind a table too small for an attempt, nothing is claimed.
 */
import type { HoleReach } from '../../machines/pwnat/prospects.ts';
import { canPunch, type Reach } from '../../machines/reach.ts';
import { BLOCKED, type Device, type Expected, expected } from '../nat-check/oracle.ts';
import { canMeet as canCall } from '../pwnat/oracle.ts';
import { isFirewall, isPlain, mappingOf, reachOf } from './nats.ts';
import type { NatSpec, WorldSpec } from './spec.ts';

/** All NATs before b. */
export function natsOfB({ a, b, near }: WorldSpec): readonly NatSpec[] {
  if (near === 'lan') return a;
  return near === 'carrier' ? [...b, ...a.slice(-1)] : b;
}

/** By plain UDP punching, with the addresses at home told too. */
export function mayPunch(spec: WorldSpec): boolean {
  const [one, other] = [spec.a, natsOfB(spec)];
  if (!isPlain(one) || !isPlain(other)) return false;
  const [a, b] = [reachOf(one), reachOf(other)];
  if (!a.udp || !b.udp) return false;
  if (spec.near === 'lan') return true;
  if (spec.near === 'carrier') return mayTurnBack(spec);
  return canPunch(a, b);
}

/** Below one carrier: it turns packets back, and everybody is known under one port to all. */
export function mayTurnBack({ a, b }: WorldSpec): boolean {
  const carrier = a.at(-1);
  if (carrier === undefined) return false;
  const isCarrier = !isFirewall(carrier) && carrier.hairpin === true;
  return isCarrier && mappingOf(a) === 'endpoint-independent' && mappingOf(b) === 'endpoint-independent';
}

/** With ports told or guessed, by one varying NAT on a side at the most, and in quiet. */
export function mayGuess(spec: WorldSpec): boolean {
  const [one, other] = [spec.a, natsOfB(spec)];
  if (spec.near !== undefined || spec.couples === 2 || !isPlain(one) || !isPlain(other)) return false;
  const [a, b] = [reachOf(one), reachOf(other)];
  if (!a.udp || !b.udp || ![one, other].flat().every(isTellable)) return false;
  const [x, y] = [kindOf(one, a), kindOf(other, b)];
  if (x === 'unclear' || y === 'unclear') return false;
  return x === 'steady' || y === 'steady' || (x === 'counted' && y === 'counted');
}

type PortKind = 'steady' | 'counted' | 'random' | 'unclear';

function kindOf(nats: readonly NatSpec[], { mapping }: Reach): PortKind {
  if (mapping === 'endpoint-independent') return 'steady';
  const [nat] = nats;
  if (nats.length !== 1 || nat === undefined || mapping !== 'address-and-port-dependent') return 'unclear';
  switch (nat.ports?.kind) {
    case 'sequential':
      return Math.abs(nat.ports.step) <= 4 && nat.ports.noisePerSecond <= 20 ? 'counted' : 'unclear';
    case 'random':
      return 'random';
    default:
      return 'unclear';
  }
}

/** An early probe would move a port aside that was told; see "What it cannot do" of docs/protocols/udp-punch.md. */
function isTellable({ clash, parity }: NatSpec): boolean {
  return clash !== true && parity !== true;
}

/** Without addresses at home, and without openers. */
export function mayPunchPlainly(spec: WorldSpec): boolean {
  return spec.near === undefined && ![...spec.a, ...spec.b].some(({ clash }) => clash) && mayPunch(spec);
}

/** By n4's sweep (`test/grid/n4.test.ts`): who is foretold is hit, if the other's filter does not mind, and is answered where it was seen. */
export function maySweep(spec: WorldSpec): boolean {
  if (spec.near !== undefined || ![spec.a, spec.b].every((nats) => isPlain(nats) && nats.every(isTellable))) return false;
  const sides = [spec.a, spec.b].map((nats) => ({ ...reachOf(nats), isForetold: isForetold(nats) }));
  const [a, b] = sides;
  if (!a?.udp || !b?.udp) return false;
  const isHeard = (sender: typeof a, receiver: typeof a): boolean => receiver.isForetold && (receiver.filtering !== 'address-and-port-dependent' || sender.isForetold);
  return isHeard(a, b) || isHeard(b, a);
}

/** Socket 20 of a range leaves from twenty ports above the first: every NAT keeps ports, or the only one counts them one by one. */
function isForetold(nats: readonly NatSpec[]): boolean {
  const isEven = mappingOf(nats) === 'endpoint-independent';
  if (isEven && nats.every(keepsPorts)) return true;
  const [nat] = nats;
  return nats.length === 1 && nat?.mapping === 'address-and-port-dependent' && nat.ports?.kind === 'sequential' && nat.ports.step === 1 && nat.ports.noisePerSecond === 0;
}

export function keepsPorts({ ports, mapping }: NatSpec): boolean {
  return ports?.kind === 'none' || ((mapping ?? 'endpoint-independent') === 'endpoint-independent' && (ports === undefined || ports.kind === 'preserve'));
}

/** By TCP (RFC 5382): where UDP could be blocked, TCP is not; told ports where a NAT counts, in quiet, and nobody refuses what it does not know. */
export function mayOpen(spec: WorldSpec): boolean {
  const [one, other] = [spec.a, natsOfB(spec)];
  if (!isPlain(one) || !isPlain(other) || spec.near === 'carrier') return false;
  if (spec.near === 'lan') return true;
  const [a, b] = [reachOf(one), reachOf(other)].map((reach) => ({ ...reach, udp: true }));
  if (a === undefined || b === undefined) return false;
  if (canPunch(a, b)) return true;
  const all = [one, other].flat();
  if (spec.couples === 2 || !all.every(isTellable) || all.some(({ rst, ports }) => rst || (ports?.kind === 'sequential' && ports.noisePerSecond > 0))) return false;
  const kinds = [kindOf(one, a), kindOf(other, b)];
  return kinds.every((kind) => kind === 'steady' || kind === 'counted');
}

/** By pwnat (RFC 5508, `test/pwnat/oracle.ts`): a listens and b calls. Of chains nothing is claimed. */
export function mayCall({ a, b, near }: WorldSpec): boolean {
  if (near !== undefined || a.length > 1 || b.length > 1 || ![a, b].every((nats) => isPlain(nats) && nats.every(isTellable))) return false;
  return canCall(holeReachOf(b), holeReachOf(a));
}

function holeReachOf(nats: readonly NatSpec[]): HoleReach {
  const passes = nats.every(({ blocked }) => blocked?.includes('icmp') !== true);
  return { ...reachOf(nats), keepsPorts: nats.every(keepsPorts), errorsLeave: passes && nats.every((nat) => isFirewall(nat) || nat.icmpErrors === true), errorsArrive: passes };
}

// ---- checks

/** Whether a check can read what is before a. */
export function isReadable({ a }: WorldSpec): boolean {
  return isPlain(a) && a.every(isTellable);
}

/** Also how its ports are given: by one NAT, alone or below a carrier that keeps them. */
export function isWhollyReadable({ a }: WorldSpec): boolean {
  const [near, above] = a;
  if (near === undefined || isFirewall(near)) return a.length <= 1;
  const isKnown = near.ports?.kind !== 'sequential' || (near.ports.noisePerSecond === 0 && Math.abs(near.ports.step) <= 2);
  return isKnown && (above === undefined || (!isFirewall(above) && keepsPorts(above) && above.filtering === undefined));
}

export function expectedOf({ a }: WorldSpec): Expected {
  return reachOf(a).udp ? expected(a.map(deviceOf)) : BLOCKED;
}

function deviceOf(nat: NatSpec): Device {
  const { mapping = 'endpoint-independent', filtering = 'address-and-port-dependent', hairpin = false, ports } = nat;
  const isWall = isFirewall(nat);
  return { translates: !isWall, mapping: isWall ? 'endpoint-independent' : mapping, filtering, hairpin: !isWall && hairpin, ports: nameOf(ports) };
}

function nameOf(ports: NonNullable<NatSpec['ports']> = { kind: 'preserve', clash: 'random' }): string {
  switch (ports.kind) {
    case 'none':
    case 'preserve':
      return 'preserved';
    case 'sequential':
      return `sequential ${ports.step}`;
    default:
      return ports.kind;
  }
}
