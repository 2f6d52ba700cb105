/**
 * The sockets of a STUN server and how they lie to each other: two addresses by two ports, or one address. Names nothing
 * that cannot be known: a socket that is bound to every address has no origin. Sources: RFC 3489 §8.1, RFC 5780 §6.
 */
import { type Endpoint, isWildcard } from '../../effects/endpoint.ts';
import type { Accepted } from '../server.ts';

/** The four corners of {A1, A2} × {P1, P2}; a server on one address has the first only. */
export const CORNERS = ['a1p1', 'a1p2', 'a2p1', 'a2p2'] as const;
export type Corner = (typeof CORNERS)[number];

/** Where an answer can leave from. */
export interface Place {
  /** The label of the socket. */
  readonly socket: string;
  /** Undefined where the server is bound to every address and so cannot tell. */
  readonly origin: Endpoint | undefined;
}

/** Where a request came to, and what can be told and done there. */
export interface Site extends Place {
  readonly transport: 'udp' | 'tcp';
  /** The other address with the other port: OTHER-ADDRESS, and CHANGED-ADDRESS of old. */
  readonly other: Endpoint | undefined;
  /** Where CHANGE-REQUEST wants the answer from: this place where no flag is set, undefined where that is not possible. */
  place(changeIp: boolean, changePort: boolean): Place | undefined;
}

/** The label of a socket on one more address, which has nothing to do with the others. */
export function besideLabel(n: number): string {
  return `${BESIDE}${n}`;
}
const BESIDE = 'beside-';

/** The label of the TCP listener beside a UDP socket. */
export function tcpLabel(label: string): string {
  return `tcp-${label}`;
}

/** What was opened over UDP, by label. */
export function udpSites(opened: Readonly<Record<string, Endpoint>>): ReadonlyMap<string, Site> {
  const places = new Map<Corner, Place>();
  for (const corner of CORNERS) {
    const local = opened[corner];
    if (local) places.set(corner, { socket: corner, origin: nameable(local) });
  }
  const sites = [...places].map(([corner, place]): [string, Site] => {
    const at = (changeIp: boolean, changePort: boolean): Place | undefined => places.get(moved(corner, changeIp, changePort));
    return [corner, { ...place, transport: 'udp', other: at(true, true)?.origin, place: at }];
  });
  for (const [label, local] of Object.entries(opened)) {
    if (label.startsWith(BESIDE)) sites.push([label, loneSite({ socket: label, origin: nameable(local) }, 'udp', undefined)]);
  }
  return new Map(sites);
}

/** One accepted connection. It can be answered from nowhere else, whatever else is open. */
export function tcpSite(opened: Readonly<Record<string, Endpoint>>, { listener, socket, local }: Accepted): Site {
  const corner = CORNERS.find((one) => tcpLabel(one) === listener);
  const isWhole = CORNERS.every((one) => opened[tcpLabel(one)]);
  const other = corner && isWhole ? opened[tcpLabel(moved(corner, true, true))] : undefined;
  return loneSite({ socket, origin: local }, 'tcp', other && nameable(other));
}

/** Answers from nowhere but where it is. */
function loneSite(here: Place, transport: Site['transport'], other: Endpoint | undefined): Site {
  return { ...here, transport, other, place: (changeIp, changePort) => (changeIp || changePort ? undefined : here) };
}

function moved(corner: Corner, changeIp: boolean, changePort: boolean): Corner {
  return CORNERS[CORNERS.indexOf(corner) ^ (changeIp ? 2 : 0) ^ (changePort ? 1 : 0)] ?? corner;
}

function nameable(local: Endpoint): Endpoint | undefined {
  return isWildcard(local.host) ? undefined : local;
}
