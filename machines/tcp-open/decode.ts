/** Reading tcp-open's messages, each cut from its stream: form first, then whose they are, then what they say. Never throws. */
import type { Decoded } from '../../effects/codec.ts';
import { toHex } from '../../effects/wire/bytes.ts';
import { attribute, type StunMessage, unknownAttribute, verifyFingerprint } from '../../effects/wire/stun.ts';
import { readForecast } from '../port-forecast-bytes.ts';
import { CANDIDATE_LIMIT, heard, type Pair, readBinding, readPair, readPeerAddresses, readRefusal, type SessionKey, unreadable } from '../rendezvous/bytes.ts';
import { MEMBER, PAIR, PEER, PORTS, readMember, ROOM } from './attributes.ts';
import type { OpenMessage, Room } from './messages.ts';

/** What one side knows that helps it to read. */
export interface Knowledge {
  /** What to call a room of this identifier; a peer does not name its own, but for the attempt. */
  roomName(id: string): Room;
  readonly sessionKey?: SessionKey;
}

/** A stream belongs to the protocol alone, so whatever is no message of ours is unreadable. */
export function decode(data: Uint8Array, knowledge: Knowledge): Decoded<OpenMessage> {
  const message = readBinding(data);
  if (message === undefined) return unreadable('not a Binding message of RFC 8489');
  if (typeof message === 'string') return unreadable(message);
  const self = unknownAttribute(message, MEMBER);
  const pair = unknownAttribute(message, PAIR);
  if ((self || pair) && !verifyFingerprint(data)) return unreadable('the fingerprint does not match');
  if (self) return withRendezvous(message, self, knowledge) ?? unreadable('a rendezvous message without its attributes');
  if (!pair) return foreign(message);
  const known = readPair(data, pair, knowledge.sessionKey);
  return typeof known === 'string' ? unreadable(known) : betweenPeers(message, known);
}

function betweenPeers(message: StunMessage, { sender, receiver }: Pair): Decoded<OpenMessage> {
  const txid = toHex(message.transactionId);
  switch (message.class) {
    case 'request':
      return heard({ type: 'probe', txid, sender, receiver });
    case 'success':
      return heard({ type: 'confirm', txid, sender, receiver });
    case 'indication':
      return heard({ type: 'handover', txid, sender, receiver });
    case 'error':
      return unreadable('a peer message of an unknown class');
  }
}

function withRendezvous(message: StunMessage, self: Uint8Array, { roomName }: Knowledge): Decoded<OpenMessage> | undefined {
  const txid = toHex(message.transactionId);
  const me = readMember(self);
  if (!me) return undefined;
  const endpoints = readPeerAddresses(message);
  const ports = unknownAttribute(message, PORTS);
  const forecast = readForecast(ports);
  switch (message.class) {
    case 'request': {
      const roomId = unknownAttribute(message, ROOM);
      if (!roomId) return heard({ type: 'observe', txid, peer: me.id });
      if (roomId.length !== 32) return undefined;
      const room = roomName(toHex(roomId));
      if (ports) return forecast.kind === 'unknown' ? undefined : heard({ type: 'foretell', txid, ...room, peer: me.id, rttMs: me.rttMs, round: me.round, forecast });
      return heard({ type: 'register', txid, ...room, peer: me.id, rttMs: me.rttMs, ...(me.keepsPort ? { keepsPort: true } : {}), candidates: endpoints.slice(0, CANDIDATE_LIMIT) });
    }
    case 'success': {
      const mapped = attribute(message, 'xor-mapped-address')?.endpoint;
      if (!mapped) return undefined;
      const other = unknownAttribute(message, PEER);
      if (!other) return heard({ type: 'mapped', txid, to: me.id, mapped, alternate: attribute(message, 'other-address')?.endpoint });
      const peer = readMember(other);
      if (peer?.rttMs === undefined) return undefined;
      return heard({ type: 'introduced', txid, to: me.id, round: me.round, mapped, peer: { ...peer, rttMs: peer.rttMs, forecast, endpoints: endpoints.slice(0, CANDIDATE_LIMIT + 1) } });
    }
    case 'error': {
      const reason = readRefusal(message);
      return reason && heard({ type: 'refused', txid, to: me.id, reason });
    }
    case 'indication':
      return undefined;
  }
}

/** A plain STUN server answers a registration by a refusal of our attributes, or by an address and no word of the room. */
function foreign(message: StunMessage): Decoded<OpenMessage> {
  const isAnswer = message.class === 'error' || (message.class === 'success' && attribute(message, 'xor-mapped-address') !== undefined);
  return isAnswer ? heard({ type: 'refused', txid: toHex(message.transactionId), to: '', reason: 'not-a-rendezvous' }) : unreadable('not a message of tcp-open');
}
