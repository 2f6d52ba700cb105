/** Any message of udp-punch, for properties of its codec. Identifiers, addresses and words as the machines make them. */
import fc from 'fast-check';
import type { Endpoint } from '../../effects/endpoint.ts';
import { toHex } from '../../effects/wire/bytes.ts';
import { ipv4ToText, ipv6ToText } from '../../effects/wire/stun-address.ts';
import type { Forecast } from '../../machines/port-forecast.ts';
import { CANDIDATE_LIMIT } from '../../machines/rendezvous/bytes.ts';
import type { PunchMessage, Register } from '../../machines/udp-punch/messages.ts';

type Kinds = { readonly [T in PunchMessage['type']]: fc.Arbitrary<Extract<PunchMessage, { type: T }>> };

const groups = fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 });
const host = fc.oneof(fc.tuple(fc.nat(0xffff), fc.nat(0xffff)).map(([high, low]) => ipv4ToText(high, low)), groups.map(ipv6ToText));
export const anyEndpoint: fc.Arbitrary<Endpoint> = fc.record({ host, port: fc.nat(0xffff) });

const hexOf = (size: number): fc.Arbitrary<string> => fc.uint8Array({ minLength: size, maxLength: size }).map(toHex);
const txid = hexOf(12);
const id = hexOf(8);
const fixed = <T extends string>(type: T): fc.Arbitrary<T> => fc.constant(type);
const mapping = fc.constantFrom('unknown' as const, 'same' as const, 'varies' as const);
const round = fc.nat(255);
/** As it can be said on the wire. */
export const anyForecast: fc.Arbitrary<Forecast> = fc.oneof(
  fc.constantFrom<Forecast>({ kind: 'unknown' }, { kind: 'steady' }),
  fc.record({
    kind: fixed('counting'),
    step: fc.integer({ min: -0x8000, max: 0x7fff }).filter((step) => step !== 0),
    perSecond: fc.nat(0xffff),
    rttMs: fc.nat(0xffff),
  }),
  fc.tuple(fc.integer({ min: 1, max: 0xffff }), fc.integer({ min: 1, max: 0xffff })).map(([one, other]): Forecast => ({ kind: 'random', first: Math.min(one, other), last: Math.max(one, other) })),
);
const nonce = fc.string({ maxLength: 40 });
const known = fc.constantFrom(undefined, 'same' as const, 'varies' as const);
const alternate = fc.option(anyEndpoint, { nil: undefined });

/** Without a room: a peer's codec puts in its own. */
export const kinds: Kinds = {
  register: fc.record({
    type: fixed('register'),
    txid,
    room: fc.constant(undefined),
    peer: id,
    round,
    candidates: fc.array(anyEndpoint, { maxLength: CANDIDATE_LIMIT }),
    mapping,
    forecast: anyForecast,
    nonce: fc.option(nonce, { nil: undefined }),
  }),
  leave: fc.record({ type: fixed('leave'), txid, room: fc.constant(undefined), peer: id }),
  observe: fc.record({ type: fixed('observe'), txid, peer: id }),
  mapped: fc.record({ type: fixed('mapped'), txid, to: id, mapped: anyEndpoint, alternate, known }),
  introduced: fc.record({
    type: fixed('introduced'),
    txid,
    to: id,
    mapped: anyEndpoint,
    alternate,
    known,
    peer: fc.record({ id, round, mapping, forecast: anyForecast, ageMs: fc.nat(0xffff), endpoints: fc.array(anyEndpoint, { maxLength: CANDIDATE_LIMIT + 1 }) }),
  }),
  challenged: fc.record({ type: fixed('challenged'), txid, to: id, nonce }),
  refused: fc.record({ type: fixed('refused'), txid, to: id, reason: fc.constantFrom('room-full', 'busy') }),
  probe: fc.record({ type: fixed('probe'), txid, sender: id, receiver: id, nominate: fc.boolean() }),
  confirm: fc.record({ type: fixed('confirm'), txid, sender: id, receiver: id, observed: anyEndpoint }),
  bye: fc.record({ type: fixed('bye'), txid, sender: id, receiver: id }),
};

export const anyMessage: fc.Arbitrary<PunchMessage> = fc.oneof(...Object.values<fc.Arbitrary<PunchMessage>>(kinds));
export const betweenPeers: fc.Arbitrary<PunchMessage> = fc.oneof(kinds.probe, kinds.confirm, kinds.bye);
/** As the rendezvous reads it: with a room's identifier, and whether its source is proven in the place of the proof. */
export const registrationSeen: fc.Arbitrary<Register> = fc
  .tuple(kinds.register, hexOf(32), fc.option(fc.constant(true as const), { nil: undefined }))
  .map(([message, room, proven]) => ({ ...message, room, nonce: undefined, proven }));
/** As the rendezvous reads and says them, but for its challenges. */
export const withRendezvous: fc.Arbitrary<PunchMessage> = fc.oneof(
  registrationSeen,
  fc.tuple(kinds.leave, hexOf(32)).map(([message, room]) => ({ ...message, room })),
  kinds.observe,
  kinds.mapped,
  kinds.introduced,
  kinds.refused,
);

/** A copy with one bit turned. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[bit >> 3]! ^= 0x80 >> (bit & 7);
  return copy;
}
