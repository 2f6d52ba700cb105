/**
 * The bytes of udp-punch: STUN Binding messages (RFC 8489) with a FINGERPRINT and five attributes of our own, all from the
 * comprehension-optional private range (`attributes.ts`; reading is in `decode.ts`). What peers say to each other carries MESSAGE-INTEGRITY-SHA256 under a key of the
 * room and of both sessions. Holds the keys, and never shows them.
 *
 *   ROOM    C7E0  32  identifier of the room, derived from its name          register, leave
 *   MEMBER  C7E1  12  session(8) round(1) mapping(1) 0(2)                    all to and from the rendezvous
 *   PEER    C7E2  12  as MEMBER, of the other peer, and its age(2) in ms     introduced
 *   PAIR    C7E3  16  receiver's session(8) sender's session(8)              probe, confirm, bye
 *   PORTS   C7E4  12  kind(1) 0(1) step(2) rate(2) rtt(2) first(2) last(2)   register, introduced
 *   FILL    C7EF   n  zeros, so that no answer is longer than its request    register, observe, probe
 * Endpoints that are offered or introduced stand in XOR-PEER-ADDRESS, one attribute each.
 */
import type { Codec } from '../../effects/codec.ts';
import type { Endpoint } from '../../effects/endpoint.ts';
import { identifier } from '../../effects/seed.ts';
import { toHex } from '../../effects/wire/bytes.ts';
import type { StunAttribute, StunClass } from '../../effects/wire/stun.ts';
import { assertNever } from '../outcome.ts';
import { CANDIDATE_LIMIT, pairAttribute, peerAddresses, plain, portsAttribute, refusal, roomAttribute, type SessionKey, signed, unscoped } from '../rendezvous/bytes.ts';
import { PUBLIC_ROOM, roomKeys } from '../rendezvous/keys.ts';
import { FILL, MEMBER, member, OBSERVE_SIZE, PAIR, PEER, PORTS, PROBE_SIZE, REGISTER_SIZE, ROOM } from './attributes.ts';
import { decode } from './decode.ts';
import type { PunchMessage } from './messages.ts';

export { OBSERVE_SIZE, PROBE_SIZE, REGISTER_SIZE } from './attributes.ts';

/** Keys of rooms are not those of other protocols, even for one name. */
export const KEY_LABEL = 'natpunch udp-punch 1';

/** A header whose length is not that of the datagram. */
const UNREADABLE = new Uint8Array([0, 1, 0xff, 0xfc, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

/** A peer's codec. `room` is the secret that both peers share. */
export function peerCodec(room: string): Codec<PunchMessage> {
  const keys = roomKeys(room, KEY_LABEL);
  return {
    encode: (message) => encode(message, { room: keys.id, sessionKey: keys.sessionKey }),
    decode: (data) => decode(data, { roomName: (id) => (id === toHex(keys.id) ? undefined : id), sessionKey: keys.sessionKey }),
    unreadable: UNREADABLE,
  };
}

/** What recordings use in the place of `peerCodec(room)`. Of a nonce it shows only that there was one. */
export function publicPeerCodec(): Codec<PunchMessage> {
  const open = peerCodec(PUBLIC_ROOM);
  return { ...open, encode: (message) => open.encode('nonce' in message && message.nonce !== undefined ? { ...message, nonce: 'nonce' } : message) };
}

/**
 * The rendezvous's codec: it knows no room's secret, so it reads none of what peers say to each other. `secret` is its own:
 * from it come the nonces that prove an address, for as long as the process lives.
 */
export function rendezvousCodec(secret: string): Codec<PunchMessage> {
  const nonceFor = ({ host, port }: Endpoint): string => identifier(secret, `nonce ${host} ${port}`, 0, 8);
  return {
    encode: (message, remote) => encode(message, { nonce: () => (remote ? nonceFor(remote) : '') }),
    decode: (data, remote) => decode(data, { roomName: (id) => id, isProof: (nonce) => remote !== undefined && nonce === nonceFor(remote) }),
    unreadable: UNREADABLE,
  };
}

/** What recordings use in the place of `rendezvousCodec(secret)`. */
export function publicRendezvousCodec(): Codec<PunchMessage> {
  return rendezvousCodec(PUBLIC_ROOM);
}

/** What one side puts into messages that do not name it. */
interface Own {
  readonly room?: Uint8Array;
  readonly sessionKey?: SessionKey;
  readonly nonce?: () => string;
}

function encode(message: PunchMessage, own: Own): Uint8Array {
  switch (message.type) {
    case 'register': {
      const { peer, round, mapping, candidates, forecast } = message;
      const nonce = message.proven ? own.nonce?.() : message.nonce;
      return fill(REGISTER_SIZE, 'request', message.txid, [
        roomAttribute(ROOM, message.room, own.room),
        member(MEMBER, peer, round, mapping),
        ...portsAttribute(PORTS, forecast),
        ...peerAddresses(candidates, CANDIDATE_LIMIT),
        ...(nonce === undefined ? [] : [{ type: 'nonce', value: nonce } as const]),
      ]);
    }
    case 'leave':
      return plain('indication', message.txid, [roomAttribute(ROOM, message.room, own.room), member(MEMBER, message.peer)]);
    case 'observe':
      return fill(OBSERVE_SIZE, 'request', message.txid, [member(MEMBER, message.peer)]);
    case 'mapped':
    case 'introduced': {
      const { txid, to, mapped, alternate, known } = message;
      const attributes: StunAttribute[] = [member(MEMBER, to, 0, known), { type: 'xor-mapped-address', endpoint: unscoped(mapped) }];
      if (alternate) attributes.push({ type: 'other-address', endpoint: unscoped(alternate) });
      if (message.type === 'introduced') {
        const { id, round, mapping, endpoints, forecast, ageMs } = message.peer;
        attributes.push(member(PEER, id, round, mapping, ageMs), ...portsAttribute(PORTS, forecast), ...peerAddresses(endpoints, CANDIDATE_LIMIT + 1));
      }
      return plain('success', txid, attributes);
    }
    case 'challenged':
      return plain('error', message.txid, [
        member(MEMBER, message.to),
        { type: 'error-code', code: 401, reason: '' },
        { type: 'nonce', value: message.nonce ?? own.nonce?.() ?? '' },
      ]);
    case 'refused':
      return refusal(message.txid, message.reason, member(MEMBER, message.to));
    case 'probe':
    case 'confirm':
    case 'bye': {
      const { txid, sender, receiver } = message;
      const attributes = [pairAttribute(PAIR, message)];
      if (message.type === 'confirm') attributes.push({ type: 'xor-mapped-address', endpoint: unscoped(message.observed) });
      if (message.type === 'probe') {
        if (message.nominate) attributes.push({ type: 'use-candidate' });
        attributes.push({ type: 'unknown', code: FILL, value: new Uint8Array(PROBE_SIZE - 88 - (message.nominate ? 4 : 0)) });
      }
      const kind = message.type === 'probe' ? 'request' : message.type === 'confirm' ? 'success' : 'indication';
      return signed(kind, txid, attributes, own.sessionKey?.(sender, receiver));
    }
    default:
      return assertNever(message);
  }
}

/** With FILL as needed, so that the whole datagram has `size` bytes. */
function fill(size: number, kind: StunClass, txid: string, attributes: readonly StunAttribute[]): Uint8Array {
  const bare = plain(kind, txid, attributes);
  const room = size - bare.length - 4;
  return room < 0 ? bare : plain(kind, txid, [...attributes, { type: 'unknown', code: FILL, value: new Uint8Array(room) }]);
}
