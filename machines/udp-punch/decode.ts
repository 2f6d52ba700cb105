/** Reading udp-punch's bytes: form first, then whose they are, then what they say. Never throws. */
import type { Decoded } from '../../effects/codec.ts';
import { toHex } from '../../effects/wire/bytes.ts';
import { attribute, isStun, type StunMessage, unknownAttribute, verifyFingerprint } from '../../effects/wire/stun.ts';
import { readForecast } from '../port-forecast-bytes.ts';
import { CANDIDATE_LIMIT, heard, type Pair, readBinding, readPair, readPeerAddresses, readRefusal, type SessionKey, unreadable, XOR_PEER_ADDRESS } from '../rendezvous/bytes.ts';
import { MEMBER, NONCE_LIMIT, OBSERVE_SIZE, PAIR, PEER, PORTS, readMember, REGISTER_SIZE, ROOM } from './attributes.ts';
import type { PunchMessage } from './messages.ts';

/** What one side knows that helps it to read. */
export interface Knowledge {
  /** What to call a room of this identifier; a peer does not name its own. */
  roomName(id: string): string | undefined;
  readonly sessionKey?: SessionKey;
  /** Whether a nonce proves the sender's address. */
  readonly isProof?: (nonce: string) => boolean;
}

export function decode(data: Uint8Array, knowledge: Knowledge): Decoded<PunchMessage> {
  if (!isStun(data)) return { kind: 'payload' };
  // Before anything can throw: floods of cut datagrams are cheap to make, and a stack trace is not.
  if (data.length !== 20 + (((data[2] ?? 0) << 8) | (data[3] ?? 0))) return unreadable('cut short');
  const message = readBinding(data);
  if (message === undefined) return { kind: 'payload' };
  if (typeof message === 'string') return unreadable(message);
  const pair = unknownAttribute(message, PAIR);
  const self = unknownAttribute(message, MEMBER);
  const isOurs = pair !== undefined || self !== undefined;
  if ((isOurs || attribute(message, 'fingerprint')) && !verifyFingerprint(data)) return unreadable('the fingerprint does not match');
  if (self) return withRendezvous(message, data.length, self, knowledge) ?? unreadable('a rendezvous message without its attributes');
  if (!pair) return foreign(message);
  const known = readPair(data, pair, knowledge.sessionKey);
  if (typeof known === 'string') return unreadable(known);
  return betweenPeers(message, known) ?? unreadable('a peer message of an unknown class');
}

function betweenPeers(message: StunMessage, { sender, receiver }: Pair): Decoded<PunchMessage> | undefined {
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

function withRendezvous(message: StunMessage, size: number, self: Uint8Array, { roomName, isProof }: Knowledge): Decoded<PunchMessage> | undefined {
  const txid = toHex(message.transactionId);
  const me = readMember(self);
  const roomId = unknownAttribute(message, ROOM);
  if (!me || (roomId && roomId.length !== 32)) return undefined;
  const forecast = readForecast(unknownAttribute(message, PORTS));
  const endpoints = readPeerAddresses(message);
  switch (message.class) {
    case 'request': {
      // What was not filled could be answered by more.
      if (size < (roomId ? REGISTER_SIZE : OBSERVE_SIZE)) return undefined;
      if (!roomId) return heard({ type: 'observe', txid, peer: me.id });
      const { id: peer, round, mapping } = me;
      const nonce = nonceOf(message);
      const known = isProof ? (nonce !== undefined && isProof(nonce) ? { proven: true as const } : {}) : { nonce };
      return heard({ type: 'register', txid, room: roomName(toHex(roomId)), peer, round, mapping, forecast, candidates: endpoints.slice(0, CANDIDATE_LIMIT), ...known });
    }
    case 'indication':
      return roomId && heard({ type: 'leave', txid, room: roomName(toHex(roomId)), peer: me.id });
    case 'success': {
      const mapped = attribute(message, 'xor-mapped-address')?.endpoint;
      const alternate = attribute(message, 'other-address')?.endpoint;
      const other = unknownAttribute(message, PEER);
      if (!mapped) return undefined;
      const known = me.mapping === 'unknown' ? undefined : me.mapping;
      if (!other) return heard({ type: 'mapped', txid, to: me.id, mapped, alternate, known });
      const peer = readMember(other);
      return peer && heard({ type: 'introduced', txid, to: me.id, mapped, alternate, known, peer: { ...peer, forecast, endpoints: endpoints.slice(0, CANDIDATE_LIMIT + 1) } });
    }
    case 'error': {
      const code = attribute(message, 'error-code')?.code;
      const nonce = nonceOf(message);
      if (code === 401 && nonce !== undefined) return heard({ type: 'challenged', txid, to: me.id, ...(isProof ? {} : { nonce }) });
      const reason = readRefusal(message);
      return reason && heard({ type: 'refused', txid, to: me.id, reason });
    }
  }
}

/**
 * STUN that is none of ours is the application's, unless it is a plain STUN server's answer to a registration: a refusal of
 * our attributes, or an address and no word of the room. The latter may be the application's as well.
 */
function foreign(message: StunMessage): Decoded<PunchMessage> {
  const refused = { type: 'refused', txid: toHex(message.transactionId), to: '', reason: 'not-a-rendezvous' } as const;
  switch (message.class) {
    case 'error':
      return attribute(message, 'unknown-attributes')?.codes.includes(XOR_PEER_ADDRESS) ? heard(refused) : { kind: 'payload' };
    case 'success':
      return { kind: 'message', message: refused, payload: true };
    default:
      return { kind: 'payload' };
  }
}

function nonceOf(message: StunMessage): string | undefined {
  const value = attribute(message, 'nonce')?.value;
  return value !== undefined && value.length <= NONCE_LIMIT ? value : undefined;
}
