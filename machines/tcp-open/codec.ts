/**
 * The bytes of tcp-open: STUN Binding messages (RFC 8489 §6.2.2) in TCP streams, with a FINGERPRINT and five attributes of our
 * own from the comprehension-optional private range (reading is in `decode.ts`). What peers say to each other carries
 * MESSAGE-INTEGRITY-SHA256 under a key of the room and of both sessions. Holds the keys, and never shows them.
 *
 *   ROOM    C7F0  32  identifier of the room, derived from its name and from      register, foretell
 *                     the attempt
 *   MEMBER  C7F1  16  session(8) round trip in 0.1 ms, or FFFF(2) round of        all to and from the rendezvous
 *                     the forecast(1) 1 if it keeps its port(1) its age in ms(2) 0(2)
 *   PEER    C7F2  16  as MEMBER, of the other peer                                introduced
 *   PAIR    C7F3  16  receiver's session(8) sender's session(8)                   probe, confirm, handover
 *   PORTS   C7F4  12  a forecast, see `port-forecast-bytes.ts`                    foretell; introduced: the peer's
 * Endpoints that are offered or introduced stand in XOR-PEER-ADDRESS, one attribute each; the rendezvous's other port in
 * OTHER-ADDRESS. A handover is an indication, the only one there is: whoever cuts the stream knows by its first byte that it is
 * the last message.
 */
import type { Codec, Framing } from '../../effects/codec.ts';
import { toHex } from '../../effects/wire/bytes.ts';
import type { StunAttribute } from '../../effects/wire/stun.ts';
import { assertNever } from '../outcome.ts';
import { CANDIDATE_LIMIT, pairAttribute, peerAddresses, plain, portsAttribute, refusal, roomAttribute, type SessionKey, signed, unscoped } from '../rendezvous/bytes.ts';
import { PUBLIC_ROOM, roomKeys } from '../rendezvous/keys.ts';
import { MEMBER, member, PAIR, PEER, PORTS, ROOM } from './attributes.ts';
import { decode } from './decode.ts';
import type { OpenMessage, Room } from './messages.ts';
import { ATTEMPTS } from './timing.ts';

/** No message of ours is longer: an introduction with seven IPv6 endpoints and a forecast has 292 bytes, a STUN server's refusal may have some more. */
export const MESSAGE_LIMIT = 548;

/** Keys of rooms are not those of other protocols, even for one name. */
const KEY_LABEL = 'natpunch tcp-open 1';

/** A peer's codec. `room` is the secret that both peers share. */
export function openCodec(room: string): Codec<OpenMessage> {
  const { id, again, sessionKey } = roomKeys(room, KEY_LABEL);
  const rooms = Array.from({ length: ATTEMPTS }, (_, attempt) => (attempt === 0 ? id : again(attempt)));
  const names = rooms.map(toHex);
  const roomName = (name: string): Room => {
    const attempt = names.indexOf(name);
    return attempt < 0 ? { room: name } : attempt === 0 ? {} : { attempt };
  };
  return {
    encode: (message) => encode(message, { rooms, sessionKey }),
    decode: (data) => decode(data, { roomName, sessionKey }),
    ...STREAM,
  };
}

/** What recordings use in the place of `openCodec(room)`. */
export function publicOpenCodec(): Codec<OpenMessage> {
  return openCodec(PUBLIC_ROOM);
}

/** The rendezvous's codec: it knows no room's secret, so it reads none of what peers say to each other. */
export function openRendezvousCodec(): Codec<OpenMessage> {
  return {
    encode: (message) => encode(message, { rooms: [] }),
    decode: (data) => decode(data, { roomName: (room) => ({ room }) }),
    ...STREAM,
  };
}

/** One side's own, which messages do not name. */
interface Own {
  /** By attempt. */
  readonly rooms: readonly Uint8Array[];
  readonly sessionKey?: SessionKey;
}

function encode(message: OpenMessage, own: Own): Uint8Array {
  switch (message.type) {
    case 'register': {
      const { txid, peer, rttMs, keepsPort, candidates } = message;
      return plain('request', txid, [
        roomOf(message, own),
        member(MEMBER, { id: peer, rttMs, keepsPort }),
        ...peerAddresses(candidates, CANDIDATE_LIMIT),
      ]);
    }
    case 'observe':
      return plain('request', message.txid, [member(MEMBER, { id: message.peer })]);
    case 'foretell': {
      const { txid, peer, rttMs, round, forecast } = message;
      return plain('request', txid, [roomOf(message, own), member(MEMBER, { id: peer, rttMs, round }), ...portsAttribute(PORTS, forecast)]);
    }
    case 'mapped':
    case 'introduced': {
      const { txid, to, mapped } = message;
      const round = message.type === 'introduced' ? message.round : 0;
      const attributes: StunAttribute[] = [member(MEMBER, { id: to, round }), { type: 'xor-mapped-address', endpoint: unscoped(mapped) }];
      if (message.type === 'mapped' && message.alternate) attributes.push({ type: 'other-address', endpoint: unscoped(message.alternate) });
      if (message.type === 'introduced') {
        const { endpoints, forecast } = message.peer;
        attributes.push(member(PEER, message.peer), ...portsAttribute(PORTS, forecast), ...peerAddresses(endpoints, CANDIDATE_LIMIT + 1));
      }
      return plain('success', txid, attributes);
    }
    case 'refused':
      return refusal(message.txid, message.reason, member(MEMBER, { id: message.to }));
    case 'probe':
    case 'confirm':
    case 'handover': {
      const { type, txid, sender, receiver } = message;
      const kind = type === 'probe' ? 'request' : type === 'confirm' ? 'success' : 'indication';
      return signed(kind, txid, [pairAttribute(PAIR, message)], own.sessionKey?.(sender, receiver));
    }
    default:
      return assertNever(message);
  }
}

function roomOf({ room, attempt = 0 }: Room, { rooms }: Own): StunAttribute {
  return roomAttribute(ROOM, room, rooms[attempt]);
}

const HEADER = 20;
const COOKIE = [0x21, 0x12, 0xa4, 0x42];

/** The type of a Binding indication: class bits 01, method 1. */
const INDICATION = 0x0011;

const cut: Framing = (received) => {
  const frames: Uint8Array[] = [];
  let at = 0;
  for (;;) {
    const next = received.subarray(at);
    if (!canBegin(next)) return undefined;
    const size = next.length < HEADER ? Infinity : HEADER + lengthOf(next);
    if (size > next.length) return { frames, rest: next };
    frames.push(next.subarray(0, size));
    at += size;
    if ((((next[0] ?? 0) << 8) | (next[1] ?? 0)) === INDICATION) return { frames, rest: received.subarray(at), isOver: true };
  }
};

/** Whether a message of ours can begin like this, as far as it goes. */
function canBegin(bytes: Uint8Array): boolean {
  if (bytes.length > 0 && (bytes[0] ?? 0) > 1) return false;
  if (COOKIE.some((byte, n) => n + 4 < bytes.length && bytes[n + 4] !== byte)) return false;
  return bytes.length < 4 || (lengthOf(bytes) % 4 === 0 && HEADER + lengthOf(bytes) <= MESSAGE_LIMIT);
}

function lengthOf(bytes: Uint8Array): number {
  return ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
}

const STREAM = {
  framing: cut,
  /** A request of method Binding that says nothing. */
  unreadable: new Uint8Array([0, 1, 0, 0, ...COOKIE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
  unframed: new Uint8Array([0xff]),
} as const;
