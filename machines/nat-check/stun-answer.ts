/**
 * What a STUN server says to one request: RFC 8489 Binding with the behaviour discovery of RFC 5780, and the classic form of
 * RFC 3489. Keeps no memory. Whatever is not a well-formed Binding request is not answered at all.
 *
 * Bytes over IPv4, request > answer: plain 20 > 56, with an alternate 20 > 68; classic 20 > 44, with an alternate 20 > 56; error 420
 * 24 > 56; 12 fewer where the server is bound to every address. No answer is more than 48 bytes larger than its request, over
 * IPv6 96: less cannot be said, as RFC 5780 §6.1 wants all four addresses.
 */
import type { Endpoint } from '../../effects/endpoint.ts';
import { readable } from '../../effects/wire/bytes.ts';
import { ipToGroups } from '../../effects/wire/stun-address.ts';
import { attribute, decodeStun, encodeStun, type StunAttribute, type StunAttributeType, type StunMessage, stunMethod, verifyFingerprint } from '../../effects/wire/stun.ts';
import type { Place, Site } from './stun-sites.ts';

export interface StunAnswer {
  readonly bytes: Uint8Array;
  /** The label of the socket that it leaves from. */
  readonly socket: string;
  readonly to: Endpoint;
}

/** The answer to whatever came from `from` to `site`, or undefined for what a server keeps silent about. Never throws. */
export function answerStun(site: Site, data: Uint8Array, from: Endpoint): StunAnswer | undefined {
  const client = reflexive(from);
  const request = client && isBindingRequest(data) ? readStun(data) : undefined;
  if (!client || !request) return undefined;

  const unknown = refused(request, site);
  const change = attribute(request, 'change-request');
  const place = site.place(change?.changeIp === true, change?.changePort === true);
  if (unknown.length > 0 || !place) return errorAnswer(site, request, from, UNKNOWN_ATTRIBUTE, { type: 'unknown-attributes', codes: unknown });

  const port = attribute(request, 'response-port')?.port;
  const padding = attribute(request, 'padding');
  if (port === 0 || (port !== undefined && padding)) return errorAnswer(site, request, from, BAD_REQUEST);

  const attributes = [...described(request, client, place, site.other), ...(padding ? [padding] : [])];
  return { bytes: encoded(request, 'success', attributes), socket: place.socket, to: port === undefined ? from : { host: from.host, port } };
}

/** A message whose FINGERPRINT, if it has one, is right. */
export function readStun(data: Uint8Array): StunMessage | undefined {
  const message = readable(() => decodeStun(data));
  return message instanceof Error || (attribute(message, 'fingerprint') && !verifyFingerprint(data)) ? undefined : message;
}

/** The attributes of an answer from `place` to a request that was seen to come from `client`. */
export function described(request: StunMessage, client: Endpoint, { origin }: Place, other: Endpoint | undefined): readonly StunAttribute[] {
  const mapped: StunAttribute = { type: 'mapped-address', endpoint: client };
  if (isClassic(request)) {
    return [mapped, ...(origin ? [{ type: 'source-address', endpoint: origin } as const] : []), ...(other ? [{ type: 'changed-address', endpoint: other } as const] : [])];
  }
  return [
    { type: 'xor-mapped-address', endpoint: client },
    mapped,
    ...(origin ? [{ type: 'response-origin', endpoint: origin } as const] : []),
    ...(other ? [{ type: 'other-address', endpoint: other } as const] : []),
  ];
}

/** RFC 8489 §14.9. More in one request are an attack or a mistake, and the first ones show that; a guess. */
const UNKNOWN_LIMIT = 32;
const UNKNOWN_ATTRIBUTE: StunAttribute = { type: 'error-code', code: 420, reason: 'Unknown Attribute' };
const BAD_REQUEST: StunAttribute = { type: 'error-code', code: 400, reason: 'Bad Request' };

/**
 * Attributes that the codec reads and this server must not obey: RESPONSE-ADDRESS would make it a reflector, the others belong to
 * TURN and ICE. What belongs to credentials or to answers is known, and has no meaning in a request here.
 */
const REFUSED: { readonly [T in StunAttributeType]?: number } = {
  'response-address': 0x0002,
  'channel-number': 0x000c,
  lifetime: 0x000d,
  'xor-peer-address': 0x0012,
  data: 0x0013,
  'xor-relayed-address': 0x0016,
  'requested-address-family': 0x0017,
  'even-port': 0x0018,
  'requested-transport': 0x0019,
  'dont-fragment': 0x001a,
  'reservation-token': 0x0022,
  priority: 0x0024,
  'use-candidate': 0x0025,
};
const CHANGE_REQUEST = 0x0003;
const RESPONSE_PORT = 0x0027;

/** A cheap look, so that junk costs no exception. */
function isBindingRequest(data: Uint8Array): boolean {
  return data.length >= 20 && data[0] === 0 && data[1] === stunMethod.binding && ((data[2]! << 8) | data[3]!) === data.length - 20;
}

/** The client's address as an answer can tell it: without a zone, which is a matter of this host alone. */
function reflexive({ host, port }: Endpoint): Endpoint | undefined {
  const zone = host.indexOf('%');
  const plain = zone < 0 ? host : host.slice(0, zone);
  return port !== 0 && ipToGroups(plain) ? { host: plain, port } : undefined;
}

/** The codes that error 420 lists, once each: comprehension-required, and neither known nor possible at this site. */
function refused(request: StunMessage, site: Site): readonly number[] {
  const codes = new Set<number>();
  const change = attribute(request, 'change-request');
  for (const one of request.attributes) {
    const code = one.type === 'unknown' ? one.code : (REFUSED[one.type] ?? 0x8000);
    if (code < 0x8000) codes.add(code);
    if (one === change && !site.place(change.changeIp, change.changePort)) codes.add(CHANGE_REQUEST);
    if (one.type === 'response-port' && site.transport === 'tcp') codes.add(RESPONSE_PORT);
  }
  return [...codes].slice(0, UNKNOWN_LIMIT);
}

function errorAnswer(site: Site, request: StunMessage, to: Endpoint, ...attributes: readonly StunAttribute[]): StunAnswer {
  return { bytes: encoded(request, 'error', attributes), socket: site.socket, to };
}

function encoded(request: StunMessage, kind: 'success' | 'error', attributes: readonly StunAttribute[]): Uint8Array {
  const { method, transactionId } = request;
  const fingerprint = !isClassic(request) && attribute(request, 'fingerprint') !== undefined;
  return encodeStun({ class: kind, method, transactionId, attributes }, { fingerprint });
}

function isClassic({ transactionId }: StunMessage): boolean {
  return transactionId.length === 16;
}
