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
import { encodeStun, type StunAttribute, type StunClass, type StunMessage } from '../../effects/wire/stun.ts';
import { assertNever } from '../outcome.ts';
import {
  BINDING, FILL, hexBytes, MEMBER, member, NOTHING, OBSERVE_SIZE, PAIR, PEER, peerAddress, ports, PROBE_SIZE, REGISTER_SIZE, room, unscoped, XOR_PEER_ADDRESS,
} from './attributes.ts';
import { decode, type Knowledge } from './decode.ts';
import { CANDIDATE_LIMIT, type PunchMessage } from './messages.ts';
import { roomKeys } from './room-keys.ts';

export { OBSERVE_SIZE, PROBE_SIZE, REGISTER_SIZE } from './attributes.ts';

/** The room of recordings: its name is public, so that a log shows nothing of the real one and yet refolds. */
const OPEN_ROOM = 'natpunch-log';

/** A header whose length is not that of the datagram. */
const UNREADABLE = new Uint8Array([0, 1, 0xff, 0xfc, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

/** A peer's codec. `room` is the secret that both peers share. */
export function peerCodec(room: string): Codec<PunchMessage> {
  const keys = roomKeys(room);
  return {
    encode: (message) => encode(message, { room: keys.id, sessionKey: keys.sessionKey }),
    decode: (data) => decode(data, { roomName: (id) => (id === toHex(keys.id) ? undefined : id), sessionKey: keys.sessionKey }),
    unreadable: UNREADABLE,
  };
}

/** What recordings use in the place of `peerCodec(room)`. Of a nonce it shows only that there was one. */
export function openPeerCodec(): Codec<PunchMessage> {
  const open = peerCodec(OPEN_ROOM);
  return { ...open, encode: (message) => open.encode('nonce' in message && message.nonce !== undefined ? { ...message, nonce: 'nonce' } : message) };
}

/**
 * The rendezvous's codec: it knows no room's secret, so it reads none of what peers say to each other. `secret` is its own:
 * from it come the nonces that prove an address, for as long as the process lives.
 */
export function rendezvousCodec(secret: string): Codec<PunchMessage> {
  const nonceFor = ({ host, port }: Endpoint): string => identifier(secret, `nonce ${host} ${port}`, 0, 8);
  return {
    encode: (message, remote) => encode(message, { room: NOTHING, nonce: () => (remote ? nonceFor(remote) : '') }),
    decode: (data, remote) => decode(data, { roomName: (id) => id, isProof: (nonce) => remote !== undefined && nonce === nonceFor(remote) }),
    unreadable: UNREADABLE,
  };
}

/** What recordings use in the place of `rendezvousCodec(secret)`. */
export function openRendezvousCodec(): Codec<PunchMessage> {
  return rendezvousCodec(OPEN_ROOM);
}

/** What one side puts into messages that do not name it. */
interface Own {
  readonly room: Uint8Array;
  readonly sessionKey?: Knowledge['sessionKey'];
  readonly nonce?: () => string;
}

function encode(message: PunchMessage, own: Own): Uint8Array {
  switch (message.type) {
    case 'register': {
      const { peer, round, mapping, candidates, forecast } = message;
      const nonce = message.proven ? own.nonce?.() : message.nonce;
      return fill(REGISTER_SIZE, 'request', message.txid, [
        room(message.room, own.room),
        member(MEMBER, peer, round, mapping),
        ...ports(forecast),
        ...candidates.slice(0, CANDIDATE_LIMIT).map(peerAddress),
        ...(nonce === undefined ? [] : [{ type: 'nonce', value: nonce } as const]),
      ]);
    }
    case 'leave':
      return plain('indication', message.txid, [room(message.room, own.room), member(MEMBER, message.peer)]);
    case 'observe':
      return fill(OBSERVE_SIZE, 'request', message.txid, [member(MEMBER, message.peer)]);
    case 'mapped':
    case 'introduced': {
      const { txid, to, mapped, alternate, known } = message;
      const attributes: StunAttribute[] = [member(MEMBER, to, 0, known), { type: 'xor-mapped-address', endpoint: unscoped(mapped) }];
      if (alternate) attributes.push({ type: 'other-address', endpoint: unscoped(alternate) });
      if (message.type === 'introduced') {
        const { id, round, mapping, endpoints, forecast, ageMs } = message.peer;
        attributes.push(member(PEER, id, round, mapping, ageMs), ...ports(forecast), ...endpoints.slice(0, CANDIDATE_LIMIT + 1).map(peerAddress));
      }
      return plain('success', txid, attributes);
    }
    case 'challenged':
      return plain('error', message.txid, [
        member(MEMBER, message.to),
        { type: 'error-code', code: 401, reason: '' },
        { type: 'nonce', value: message.nonce ?? own.nonce?.() ?? '' },
      ]);
    case 'refused': {
      const { txid, to, reason } = message;
      if (reason === 'not-a-rendezvous') {
        return plain('error', txid, [{ type: 'error-code', code: 420, reason }, { type: 'unknown-attributes', codes: [XOR_PEER_ADDRESS] }]);
      }
      return plain('error', txid, [member(MEMBER, to), { type: 'error-code', code: reason === 'room-full' ? 486 : 508, reason }]);
    }
    case 'probe':
    case 'confirm':
    case 'bye': {
      const { txid, sender, receiver } = message;
      const attributes: StunAttribute[] = [{ type: 'unknown', code: PAIR, value: hexBytes(receiver + sender, 16) }];
      if (message.type === 'confirm') attributes.push({ type: 'xor-mapped-address', endpoint: unscoped(message.observed) });
      if (message.type === 'probe') {
        if (message.nominate) attributes.push({ type: 'use-candidate' });
        attributes.push({ type: 'unknown', code: FILL, value: new Uint8Array(PROBE_SIZE - 88 - (message.nominate ? 4 : 0)) });
      }
      const kind = message.type === 'probe' ? 'request' : message.type === 'confirm' ? 'success' : 'indication';
      const key = own.sessionKey?.(sender, receiver) ?? NOTHING;
      return encodeStun(stun(kind, txid, attributes), { integrity: { key, algorithm: 'sha256' }, fingerprint: true });
    }
    default:
      return assertNever(message);
  }
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

