/**
 * The bytes of udp-punch: STUN Binding messages (RFC 8489) with a FINGERPRINT and four attributes of our own, all from the
 * comprehension-optional private range. What peers say to each other carries MESSAGE-INTEGRITY-SHA256 under a key of the
 * room and of both sessions. Holds the keys, and never shows them.
 *
 *   ROOM    C7E0  32  identifier of the room, derived from its name          register, leave
 *   MEMBER  C7E1  12  session(8) round(1) mapping(1) 0(2)                    all to and from the rendezvous
 *   PEER    C7E2  12  as MEMBER, of the other peer                           introduced
 *   PAIR    C7E3  16  receiver's session(8) sender's session(8)              probe, confirm, bye
 *   FILL    C7EF   n  zeros, so that no answer is longer than its request    register, observe
 * Endpoints that are offered or introduced stand in XOR-PEER-ADDRESS, one attribute each.
 */
import type { Codec, Decoded } from '../../effects/codec.ts';
import { DecodeError, fromHex, toHex } from '../../effects/wire/bytes.ts';
import {
  attribute, decodeStun, encodeStun, isStun, type StunAttribute, type StunClass, type StunMessage, unknownAttribute, verifyFingerprint, verifyIntegrity,
} from '../../effects/wire/stun.ts';
import { assertNever } from '../outcome.ts';
import { CANDIDATE_LIMIT, type MappingSeen, type PunchMessage } from './messages.ts';
import { roomKeys } from './room-keys.ts';

/** The whole size of a registration: two introductions of seven IPv6 endpoints each, in answer and to the other peer. */
export const REGISTER_SIZE = 560;
/** The whole size of an observation: its answer with an IPv6 address. */
export const OBSERVE_SIZE = 72;

/** The room of recordings: its name is public, so that a log shows nothing of the real one and yet refolds. */
const OPEN_ROOM = 'natpunch-log';

const BINDING = 0x001;
const ROOM = 0xc7e0;
const MEMBER = 0xc7e1;
const PEER = 0xc7e2;
const PAIR = 0xc7e3;
const FILL = 0xc7ef;
const XOR_PEER_ADDRESS = 0x0012;

const MAPPINGS: readonly MappingSeen[] = ['unknown', 'same', 'varies'];
const REFUSALS = { 486: 'room-full', 508: 'busy' } as const;
const NOTHING = new Uint8Array(32);

/** A peer's codec. `room` is the secret that both peers share. */
export function peerCodec(room: string): Codec<PunchMessage> {
  const keys = roomKeys(room);
  return {
    encode: (message) => encode(message, keys.id, keys.sessionKey),
    decode: (data) => decode(data, (id) => (id === toHex(keys.id) ? undefined : id), keys.sessionKey),
  };
}

/** What recordings use in the place of `peerCodec(room)`. */
export function openPeerCodec(): Codec<PunchMessage> {
  return peerCodec(OPEN_ROOM);
}

/** The rendezvous's codec: it knows no room's secret, so it reads none of what peers say to each other. */
export function rendezvousCodec(): Codec<PunchMessage> {
  return { encode: (message) => encode(message, NOTHING), decode: (data) => decode(data, (id) => id) };
}

type SessionKey = (one: string, other: string) => Uint8Array;

function encode(message: PunchMessage, ownRoom: Uint8Array, sessionKey?: SessionKey): Uint8Array {
  switch (message.type) {
    case 'register': {
      const { peer, round, mapping, candidates, nonce } = message;
      return fill(REGISTER_SIZE, 'request', message.txid, [
        room(message.room, ownRoom),
        member(MEMBER, peer, round, mapping),
        ...candidates.slice(0, CANDIDATE_LIMIT).map((endpoint) => ({ type: 'xor-peer-address', endpoint }) as const),
        ...(nonce === undefined ? [] : [{ type: 'nonce', value: nonce } as const]),
      ]);
    }
    case 'leave':
      return plain('indication', message.txid, [room(message.room, ownRoom), member(MEMBER, message.peer)]);
    case 'observe':
      return fill(OBSERVE_SIZE, 'request', message.txid, [member(MEMBER, message.peer)]);
    case 'mapped':
    case 'introduced': {
      const { txid, to, mapped, alternate } = message;
      const attributes: StunAttribute[] = [member(MEMBER, to), { type: 'xor-mapped-address', endpoint: mapped }];
      if (alternate) attributes.push({ type: 'other-address', endpoint: alternate });
      if (message.type === 'introduced') {
        const { id, round, mapping, endpoints } = message.peer;
        attributes.push(member(PEER, id, round, mapping));
        for (const endpoint of endpoints.slice(0, CANDIDATE_LIMIT + 1)) attributes.push({ type: 'xor-peer-address', endpoint });
      }
      return plain('success', txid, attributes);
    }
    case 'challenged':
      return plain('error', message.txid, [
        member(MEMBER, message.to),
        { type: 'error-code', code: 401, reason: '' },
        { type: 'nonce', value: message.nonce },
      ]);
    case 'refused': {
      const code = message.reason === 'room-full' ? 486 : message.reason === 'busy' ? 508 : 420;
      return plain('error', message.txid, [member(MEMBER, message.to), { type: 'error-code', code, reason: message.reason }]);
    }
    case 'probe':
    case 'confirm':
    case 'bye': {
      const { txid, sender, receiver } = message;
      const attributes: StunAttribute[] = [{ type: 'unknown', code: PAIR, value: hexBytes(receiver + sender, 16) }];
      if (message.type === 'confirm') attributes.push({ type: 'xor-mapped-address', endpoint: message.observed });
      if (message.type === 'probe' && message.nominate) attributes.push({ type: 'use-candidate' });
      const kind = message.type === 'probe' ? 'request' : message.type === 'confirm' ? 'success' : 'indication';
      const key = sessionKey?.(sender, receiver) ?? NOTHING;
      return encodeStun(stun(kind, txid, attributes), { integrity: { key, algorithm: 'sha256' }, fingerprint: true });
    }
    default:
      return assertNever(message);
  }
}

function decode(data: Uint8Array, roomName: (id: string) => string | undefined, sessionKey?: SessionKey): Decoded<PunchMessage> {
  if (!isStun(data)) return { kind: 'payload' };
  let message: StunMessage;
  try {
    message = decodeStun(data);
  } catch (error) {
    if (error instanceof DecodeError) return { kind: 'unreadable', reason: error.message };
    throw error;
  }
  if (message.method !== BINDING || message.transactionId.length !== 12) return { kind: 'payload' };
  const pair = unknownAttribute(message, PAIR);
  const self = unknownAttribute(message, MEMBER);
  if (!pair && !self) return foreign(message);
  if (!verifyFingerprint(data)) return { kind: 'unreadable', reason: 'the fingerprint does not match' };
  if (self) return withRendezvous(message, self, roomName) ?? { kind: 'unreadable', reason: 'a rendezvous message without its attributes' };
  if (pair?.length !== 16) return { kind: 'unreadable', reason: 'PAIR must have 16 bytes' };
  const receiver = toHex(pair.subarray(0, 8));
  const sender = toHex(pair.subarray(8));
  if (!sessionKey || !verifyIntegrity(data, sessionKey(sender, receiver), 'sha256')) {
    return { kind: 'unreadable', reason: 'not signed with the key of this room' };
  }
  return betweenPeers(message, sender, receiver) ?? { kind: 'unreadable', reason: 'a peer message of an unknown class' };
}

function betweenPeers(message: StunMessage, sender: string, receiver: string): Decoded<PunchMessage> | undefined {
  const txid = toHex(message.transactionId);
  switch (message.class) {
    case 'request':
      return heard({ type: 'probe', txid, sender, receiver, nominate: attribute(message, 'use-candidate') !== undefined });
    case 'success': {
      const observed = attribute(message, 'xor-mapped-address')?.endpoint;
      return observed && heard({ type: 'confirm', txid, sender, receiver, observed });
    }
    case 'indication':
      return heard({ type: 'bye', txid, sender, receiver });
    case 'error':
      return undefined;
  }
}

function withRendezvous(message: StunMessage, self: Uint8Array, roomName: (id: string) => string | undefined): Decoded<PunchMessage> | undefined {
  const txid = toHex(message.transactionId);
  const me = readMember(self);
  const roomId = unknownAttribute(message, ROOM);
  if (!me || (roomId && roomId.length !== 32)) return undefined;
  const endpoints = message.attributes.flatMap((one) => (one.type === 'xor-peer-address' ? [one.endpoint] : []));
  switch (message.class) {
    case 'request': {
      if (!roomId) return heard({ type: 'observe', txid, peer: me.id });
      const { id: peer, round, mapping } = me;
      const nonce = attribute(message, 'nonce')?.value;
      return heard({ type: 'register', txid, room: roomName(toHex(roomId)), peer, round, mapping, candidates: endpoints.slice(0, CANDIDATE_LIMIT), nonce });
    }
    case 'indication':
      return roomId && heard({ type: 'leave', txid, room: roomName(toHex(roomId)), peer: me.id });
    case 'success': {
      const mapped = attribute(message, 'xor-mapped-address')?.endpoint;
      const alternate = attribute(message, 'other-address')?.endpoint;
      const other = unknownAttribute(message, PEER);
      if (!mapped) return undefined;
      if (!other) return heard({ type: 'mapped', txid, to: me.id, mapped, alternate });
      const peer = readMember(other);
      return peer && heard({ type: 'introduced', txid, to: me.id, mapped, alternate, peer: { ...peer, endpoints: endpoints.slice(0, CANDIDATE_LIMIT + 1) } });
    }
    case 'error': {
      const code = attribute(message, 'error-code')?.code;
      const nonce = attribute(message, 'nonce')?.value;
      if (code === 401 && nonce !== undefined) return heard({ type: 'challenged', txid, to: me.id, nonce });
      if (code === 486 || code === 508) return heard({ type: 'refused', txid, to: me.id, reason: REFUSALS[code] });
      return undefined;
    }
  }
}

/** STUN that is none of ours is the application's, unless it is a plain STUN server's refusal of our attributes. */
function foreign(message: StunMessage): Decoded<PunchMessage> {
  const unknown = attribute(message, 'unknown-attributes')?.codes ?? [];
  if (message.class !== 'error' || !unknown.includes(XOR_PEER_ADDRESS)) return { kind: 'payload' };
  return heard({ type: 'refused', txid: toHex(message.transactionId), to: '', reason: 'not-a-rendezvous' });
}

function heard(message: PunchMessage): Decoded<PunchMessage> {
  return { kind: 'message', message };
}

function stun(kind: StunClass, txid: string, attributes: readonly StunAttribute[]): StunMessage {
  return { class: kind, method: BINDING, transactionId: hexBytes(txid, 12), attributes };
}

function plain(kind: StunClass, txid: string, attributes: readonly StunAttribute[]): Uint8Array {
  return encodeStun(stun(kind, txid, attributes), { fingerprint: true });
}

/** With FILL as needed, so that the whole datagram has `size` bytes. */
function fill(size: number, kind: StunClass, txid: string, attributes: readonly StunAttribute[]): Uint8Array {
  const bare = plain(kind, txid, attributes);
  const room = size - bare.length - 4;
  return room < 0 ? bare : plain(kind, txid, [...attributes, { type: 'unknown', code: FILL, value: new Uint8Array(room) }]);
}

function room(name: string | undefined, own: Uint8Array): StunAttribute {
  return { type: 'unknown', code: ROOM, value: name === undefined ? own : hexBytes(name, 32) };
}

function member(code: number, id: string, round = 0, mapping: MappingSeen = 'unknown'): StunAttribute {
  const value = new Uint8Array(12);
  value.set(hexBytes(id, 8));
  value[8] = Math.min(round, 255);
  value[9] = MAPPINGS.indexOf(mapping);
  return { type: 'unknown', code, value };
}

function readMember(value: Uint8Array): { id: string; round: number; mapping: MappingSeen } | undefined {
  const mapping = MAPPINGS[value[9] ?? MAPPINGS.length];
  if (value.length !== 12 || mapping === undefined) return undefined;
  return { id: toHex(value.subarray(0, 8)), round: value[8] ?? 0, mapping };
}

/** Hex of our own making; anything else becomes zeros rather than a crash. */
function hexBytes(text: string, size: number): Uint8Array {
  const bytes = fromHex(text);
  return bytes?.length === size ? bytes : new Uint8Array(size);
}
