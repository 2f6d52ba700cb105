/** Why the caller did not come through, in words for people, from what it observed. Pure; claims no more than was seen. */
import { type Endpoint, formatEndpoint } from '../../effects/endpoint.ts';
import { type Failed, failed } from '../outcome.ts';
import type { Rejected } from './messages.ts';
import { VARIANTS, type VariantName } from './variants.ts';

/** What the caller has seen while nothing came. */
export interface Sightings {
  /** This host's own addresses. */
  readonly addresses: readonly Endpoint[];
  /** What the STUN server says of our socket; undefined without an answer. */
  readonly mapped: Endpoint | undefined;
  /** The listener's address has been asked by an echo request, and has answered it. */
  readonly pinged: boolean;
  readonly pong: boolean;
  /** Datagrams of no bytes came from the listener: it runs, it has heard of us, and its datagrams arrive. */
  readonly punched: boolean;
  /** What was said of our datagrams on their way. */
  readonly rejected: Rejected['why'] | undefined;
  /** The local system's last refusal to send. */
  readonly trouble: string | undefined;
  /** pypwnat's greeting has come, but nothing better. */
  readonly greeted: boolean;
}

export const NOTHING_SEEN: Sightings = { addresses: [], mapped: undefined, pinged: false, pong: false, punched: false, rejected: undefined, trouble: undefined, greeted: false };

export interface Attempt {
  readonly server: Endpoint;
  readonly to: { readonly host: string; readonly port: string };
  readonly variant: VariantName;
  readonly authenticated: boolean;
  readonly stun: Endpoint | undefined;
  readonly local: Endpoint | undefined;
}

export function explainNoAnswer(attempt: Attempt, seen: Sightings): Failed {
  const { server, variant, authenticated } = attempt;
  const at = formatEndpoint(server);
  const facts = [...onTheWay(seen, attempt), ...ownNat(seen, attempt)];
  if (authenticated && seen.greeted) {
    return failed('no-reply', `Somebody at ${at} greets as ${variant} does, but does not prove the secret: it is another program, or has another secret.`);
  }
  const reasons = seen.punched ? whyMute(attempt) : whyUnheard(attempt, seen);
  const { local } = attempt;
  if (local && seen.mapped && movesPort(seen.mapped, local, seen.addresses)) {
    return failed('no-path', `The NAT in front of this host shows UDP port ${local.port} as ${seen.mapped.port}, but the listener can only punch towards the same number. Choose another --port on both sides, or forward the port.${sentences(facts)}`);
  }
  return failed('no-reply', `${seen.punched ? `The listener at ${at} has punched towards this host, but has not answered` : `Nothing came from ${at}`}.${sentences(facts)} What it can be, the likeliest first: ${numbered(reasons)}.`);
}

export function explainDenied({ server, to }: Attempt): Failed {
  return failed('no-path', `The listener at ${formatEndpoint(server)} seems to refuse ${to.host}:${to.port}. It has to be named there to the letter: --allow ${to.host}:${to.port}`);
}

export function explainLost({ server }: Attempt): Failed {
  return failed('peer-lost', `The listener at ${formatEndpoint(server)} has fallen silent, and no new hole could be opened. It stopped, or one of the networks changed.`);
}

/** It runs, and the forged error gets through. */
function whyMute({ server, variant, authenticated }: Attempt): readonly string[] {
  return [
    authenticated ? 'the listener does not know the same secret, or is another program' : 'the listener wants a secret',
    `the listener does not speak as ${variant} does`,
    `this host's datagrams do not get in at ${formatEndpoint(server)}: a NAT on the way moves a port, or a firewall does not let them through`,
  ];
}

function whyUnheard(attempt: Attempt, seen: Sightings): readonly string[] {
  const { server, variant, authenticated, local } = attempt;
  const isNatted = isBehindNat(seen);
  return [
    // A NAT that has not opened says so too.
    ...(seen.rejected === 'port' && !isNatted ? [`nobody listens on UDP port ${server.port} there`] : []),
    ...(isNatted
      ? [`the NAT in front of this host does not translate the forged ICMP error, so that it leaves with a private source and is lost (Linux does this; a host with a public address, or another router, would do)`]
      : [`this host's provider or a firewall drops forged ICMP errors`]),
    `the listener is not running at ${formatEndpoint(server)}, or not as ${variant} with echo requests to ${VARIANTS[variant].nobody}`,
    `the listener's NAT rewrites the identifier of its echo requests or the number of its UDP port, or lets no ICMP errors in`,
    ...(seen.mapped === undefined && isNatted ? [`the NAT in front of this host rewrites UDP port ${local?.port ?? server.port}`] : []),
    ...(authenticated ? ['the listener does not know the same secret'] : ['the listener wants a secret']),
  ];
}

function onTheWay({ pinged, pong, punched, rejected, trouble }: Sightings, { server }: Attempt): readonly string[] {
  return [
    ...(punched ? ['the listener runs, and the forged ICMP error reaches it'] : []),
    ...(pong ? [`${server.host} answers an ordinary ping, so ICMP itself passes`] : pinged && !punched ? [`${server.host} answers no ordinary ping; that alone proves nothing`] : []),
    // The listener's NAT may have said it before it opened.
    ...(rejected === 'port' && !punched ? [`${server.host} says that its UDP port ${server.port} is closed: its NAT has not opened, or without a NAT nobody listens there`] : []),
    ...(rejected === 'filtered' ? ['a router says that UDP there is prohibited'] : []),
    ...(rejected === 'no-route' ? ['a router says that there is no way there'] : []),
    ...(trouble === undefined ? [] : [`this host said: ${trouble}`]),
  ];
}

function ownNat(seen: Sightings, { stun, local }: Attempt): readonly string[] {
  const own = seen.addresses[0]?.host;
  if (stun === undefined) return own === undefined ? [] : [isBehindNat(seen) ? `this host's own address ${own} is private, so a NAT stands in front of it` : `this host's own address ${own} is public`];
  if (!seen.mapped) return [`the STUN server at ${formatEndpoint(stun)} did not answer`];
  const isOwn = seen.addresses.some(({ host }) => host === seen.mapped?.host);
  const at = formatEndpoint(seen.mapped);
  return [isOwn ? `the STUN server sees this host at its own address ${at}: no NAT stands in front of it` : `the STUN server sees this host's port ${local?.port ?? 0} at ${at}: a NAT stands in front of it`];
}

function movesPort(mapped: Endpoint, local: Endpoint, addresses: Sightings['addresses']): boolean {
  return mapped.port !== local.port && !addresses.some(({ host }) => host === mapped.host);
}

function isBehindNat({ mapped, addresses }: Sightings): boolean {
  if (mapped) return !addresses.some(({ host }) => host === mapped.host);
  return addresses.length > 0 && addresses.every(({ host }) => isPrivate(host));
}

/** RFC 1918, RFC 6598 (carriers), RFC 3927, and loopback. */
function isPrivate(host: string): boolean {
  const [one = 0, two = 0] = host.split('.').map(Number);
  return one === 10 || one === 127 || (one === 172 && two >> 4 === 1) || (one === 192 && two === 168) || (one === 100 && two >> 6 === 1) || (one === 169 && two === 254);
}

function numbered(reasons: readonly string[]): string {
  return reasons.map((reason, n) => `(${n + 1}) ${reason}`).join('; ');
}

function sentences(facts: readonly string[]): string {
  return facts.length === 0 ? '' : ` Seen: ${facts.join('; ')}.`;
}
