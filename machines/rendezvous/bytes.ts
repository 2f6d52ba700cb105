/**
 * What udp-punch and tcp-open have in common as bytes: STUN Binding messages (RFC 8489) with a FINGERPRINT and attributes of our
 * own, and MESSAGE-INTEGRITY-SHA256 on what peers say to each other. Each has codes of its own, and its codec the table of them.
 * Whatever cannot be read is said to be so; nothing here throws.
 */
import type { Decoded } from '../../effects/codec.ts';
import type { Endpoint } from '../../effects/endpoint.ts';
import { fromHex, readable, toHex } from '../../effects/wire/bytes.ts';
import { attribute, decodeStun, encodeStun, type StunAttribute, type StunClass, type StunMessage, stunMethod, verifyIntegrity } from '../../effects/wire/stun.ts';
import type { Forecast } from '../port-forecast.ts';
import { forecastBytes } from '../port-forecast-bytes.ts';

/** A registration and an introduction of this many addresses beside the observed one; a host with more has too many to try. */
export const CANDIDATE_LIMIT = 6;

/** `not-a-rendezvous`: a STUN server that does not know our attributes. */
export type Refusal = 'room-full' | 'busy' | 'not-a-rendezvous';

/** The key of two sessions, in either order. */
export type SessionKey = (one: string, other: string) => Uint8Array;

/** Both sessions of a message between peers, 16 hex digits each. */
export interface Pair {
  readonly sender: string;
  readonly receiver: string;
}

/** In the place of a room or a key that this side does not have. */
const NOTHING: Uint8Array = new Uint8Array(32);

export const XOR_PEER_ADDRESS = 0x0012;

// ---- writing

export function plain(kind: StunClass, txid: string, attributes: readonly StunAttribute[]): Uint8Array {
  return encodeStun(stun(kind, txid, attributes), { fingerprint: true });
}

/** From a peer to a peer. Without the key of the two it is signed by nobody's, which none believes. */
export function signed(kind: StunClass, txid: string, attributes: readonly StunAttribute[], key = NOTHING): Uint8Array {
  return encodeStun(stun(kind, txid, attributes), { integrity: { key, algorithm: 'sha256' }, fingerprint: true });
}

/** `member`: whom it is told; a plain STUN server tells nobody. */
export function refusal(txid: string, reason: Refusal, member: StunAttribute): Uint8Array {
  if (reason === 'not-a-rendezvous') {
    return plain('error', txid, [{ type: 'error-code', code: 420, reason }, { type: 'unknown-attributes', codes: [XOR_PEER_ADDRESS] }]);
  }
  return plain('error', txid, [member, { type: 'error-code', code: reason === 'room-full' ? 486 : 508, reason }]);
}

/** The identifier that is named, 64 hex digits, or `own`. */
export function roomAttribute(code: number, named: string | undefined, own: Uint8Array | undefined): StunAttribute {
  return { type: 'unknown', code, value: named === undefined ? (own ?? NOTHING) : hexBytes(named, 32) };
}

export function pairAttribute(code: number, { sender, receiver }: Pair): StunAttribute {
  return { type: 'unknown', code, value: hexBytes(receiver + sender, 16) };
}

/** None for a forecast that says nothing. */
export function portsAttribute(code: number, forecast: Forecast): readonly StunAttribute[] {
  const value = forecastBytes(forecast);
  return value ? [{ type: 'unknown', code, value }] : [];
}

/** Where a peer may be, at most so many. */
export function peerAddresses(endpoints: readonly Endpoint[], limit: number): readonly StunAttribute[] {
  return endpoints.slice(0, limit).map((endpoint) => ({ type: 'xor-peer-address', endpoint: unscoped(endpoint) }));
}

/** Hex of our own making; anything else becomes zeros rather than a crash. */
export function hexBytes(text: string, size: number): Uint8Array {
  const bytes = fromHex(text);
  return bytes?.length === size ? bytes : new Uint8Array(size);
}

/** Without the zone of a link-local address, which means nothing to others. */
export function unscoped({ host, port }: Endpoint): Endpoint {
  const zone = host.indexOf('%');
  return { host: zone < 0 ? host : host.slice(0, zone), port };
}

// ---- reading

/** A message of method Binding with a transaction of RFC 8489; `undefined` for other STUN, and in words what is none. */
export function readBinding(data: Uint8Array): StunMessage | string | undefined {
  const message = readable(() => decodeStun(data));
  if (message instanceof Error) return message.message;
  return message.method === stunMethod.binding && message.transactionId.length === 12 ? message : undefined;
}

/** Whose message this is, as its PAIR says and the key of the two proves; in words why it is nobody's. */
export function readPair(data: Uint8Array, pair: Uint8Array, sessionKey: SessionKey | undefined): Pair | string {
  if (pair.length !== 16) return 'PAIR must have 16 bytes';
  const receiver = toHex(pair.subarray(0, 8));
  const sender = toHex(pair.subarray(8));
  if (!sessionKey || !verifyIntegrity(data, sessionKey(sender, receiver), 'sha256')) return 'not signed with the key of this room';
  return { sender, receiver };
}

export function readPeerAddresses({ attributes }: StunMessage): readonly Endpoint[] {
  return attributes.flatMap((one) => (one.type === 'xor-peer-address' ? [one.endpoint] : []));
}

/** Of an error response of a rendezvous. */
export function readRefusal(message: StunMessage): Refusal | undefined {
  const code = attribute(message, 'error-code')?.code;
  return code === 486 ? 'room-full' : code === 508 ? 'busy' : undefined;
}

export function heard<M>(message: M): Decoded<M> {
  return { kind: 'message', message };
}

export function unreadable(reason: string): Decoded<never> {
  return { kind: 'unreadable', reason };
}

function stun(kind: StunClass, txid: string, attributes: readonly StunAttribute[]): StunMessage {
  return { class: kind, method: stunMethod.binding, transactionId: hexBytes(txid, 12), attributes };
}
