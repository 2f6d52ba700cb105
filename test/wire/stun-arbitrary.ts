/** Any STUN message and attribute, for properties; and the fixed ids, keys and bytes that the STUN tests share. */
import fc from 'fast-check';
import { DecodeError, fromHex, utf8 } from '../../effects/wire/bytes.ts';
import { ipv4ToText, ipv6ToText } from '../../effects/wire/stun-address.ts';
import { decodeStun, stunMethod, verifyFingerprint, verifyIntegrity, type StunAttribute, type StunAttributeType, type StunMessage } from '../../effects/wire/stun.ts';

export const id = hex('b7e7a701bc34d686fa87dfae');
export const classicId = hex('000102030405060708090a0b0c0d0e0f');
export const key = utf8('VOkJxbRl1RmTxUk/WvJxBt');
export const matrix = '\u30DE\u30C8\u30EA\u30C3\u30AF\u30B9';
export const request = (...attributes: StunAttribute[]): StunMessage => ({ class: 'request', method: stunMethod.binding, transactionId: id, attributes });
export const classic = (...attributes: StunAttribute[]): StunMessage => ({ ...request(...attributes), transactionId: classicId });


/** Flips one bit of a copy; `bit` is taken modulo the length. */
export function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  const at = bit % (bytes.length * 8);
  copy[at >> 3]! ^= 1 << (at & 7);
  return copy;
}

export function decoded(bytes: Uint8Array): StunMessage | undefined {
  try {
    return decodeStun(bytes);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return undefined;
  }
}

export function onlyDecodes(bytes: Uint8Array): void {
  decoded(bytes);
  verifyFingerprint(bytes);
  verifyIntegrity(bytes, key, 'sha1');
  verifyIntegrity(bytes, key, 'sha256');
}

/** The message with attributes, given in hex, appended and counted. */
export function append(bytes: Uint8Array, attributes: string): Uint8Array {
  const longer = new Uint8Array([...bytes, ...hex(attributes)]);
  longer[2] = (longer.length - 20) >> 8;
  longer[3] = longer.length - 20;
  return longer;
}

export function hex(text: string): Uint8Array {
  const bytes = fromHex(text.replace(/\s/g, ''));
  if (!bytes) throw new Error(`not hex: ${text}`);
  return bytes;
}

/** One attribute of each kind, but for the closing three. */
export function everything(): StunMessage {
  return request(...Object.values(KINDS).map((kind) => fc.sample<StunAttribute>(kind, { numRuns: 1, seed: 7 })[0]!));
}

export function groups(): fc.Arbitrary<number[]> {
  return fc.array(fc.oneof(fc.constant(0), fc.constant(0xffff), fc.nat(0xffff)), { minLength: 8, maxLength: 8 });
}

export function anyMessage(): fc.Arbitrary<StunMessage> {
  const ids = fc.oneof(
    fc.uint8Array({ minLength: 12, maxLength: 12 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }).filter((bytes) => bytes[0] !== 0x21),
  );
  return fc
    .record({
      class: fc.constantFrom('request', 'indication', 'success', 'error'),
      method: fc.nat(0xfff),
      transactionId: ids,
      attributes: fc.array(anyAttribute(), { maxLength: 6 }),
    })
    .map((message) => (message.transactionId.length === 16 ? { ...message, attributes: message.attributes.map(asClassic) } : message));
}

/** The same attribute as the classic form can carry it: what fills up to 4 bytes is part of the value there. */
export function asClassic(one: StunAttribute): StunAttribute {
  if (one.type === 'error-code') return { ...one, reason: one.reason.replace(/ +$/, '') };
  if (one.type === 'unknown-attributes') return { ...one, codes: one.codes.slice(one.codes.length % 2) };
  return one;
}

/** What an odd list of codes becomes in the classic form: its last one repeated. */
export function evenCodes(one: StunAttribute): StunAttribute {
  return one.type === 'unknown-attributes' ? { ...one, codes: [...one.codes, ...(one.codes.length % 2 === 1 ? one.codes.slice(-1) : [])] } : one;
}

export function anyAttribute(): fc.Arbitrary<StunAttribute> {
  const known = new Set([...Array.from({ length: 0x28 }, (_, code) => code), 0x8002, 0x8003, 0x8020, 0x8022, 0x8023, 0x8028, 0x8029, 0x802a, 0x802b, 0x802c]);
  const unknown = fc.record({
    type: fc.constant('unknown' as const),
    code: fc.oneof(fc.nat(0xffff), fc.integer({ min: 0xc000, max: 0xffff })).filter((code) => !known.has(code)),
    value: fc.uint8Array({ maxLength: 40 }),
  });
  return fc.oneof(unknown, ...Object.values<fc.Arbitrary<StunAttribute>>(KINDS));
}

/** Generators of every kind but 'unknown' and the closing three, which encodeStun moves to the end. */
export const KINDS: { readonly [T in Exclude<StunAttributeType, 'unknown' | 'message-integrity' | 'message-integrity-sha256' | 'fingerprint'>]: fc.Arbitrary<StunAttribute & { type: T }> } = (() => {
  const endpoint = fc.record({
    host: fc.oneof(
      fc.tuple(fc.nat(0xffff), fc.nat(0xffff)).map(([high, low]) => ipv4ToText(high, low)),
      groups().map(ipv6ToText),
    ),
    port: fc.nat(0xffff),
  });
  const u32 = fc.nat(0xffffffff);
  const words = fc.string({ unit: 'binary', maxLength: 70 });
  const algorithm = fc.record({ algorithm: fc.nat(0xffff), parameters: fc.uint8Array({ maxLength: 9 }) });
  const withEndpoint = <T extends string>(type: T) => fc.record({ type: fc.constant(type), endpoint });
  const withText = <T extends string>(type: T) => fc.record({ type: fc.constant(type), value: words });
  const withBytes = <T extends string>(type: T, minLength: number, maxLength: number) => fc.record({ type: fc.constant(type), value: fc.uint8Array({ minLength, maxLength }) });
  const withTieBreaker = <T extends string>(type: T) => fc.record({ type: fc.constant(type), tieBreaker: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }) });
  const just = <T extends string>(type: T) => fc.record({ type: fc.constant(type) });
  return {
    'mapped-address': withEndpoint('mapped-address'),
    'xor-mapped-address': withEndpoint('xor-mapped-address'),
    'response-address': withEndpoint('response-address'),
    'source-address': withEndpoint('source-address'),
    'changed-address': withEndpoint('changed-address'),
    'reflected-from': withEndpoint('reflected-from'),
    'alternate-server': withEndpoint('alternate-server'),
    'response-origin': withEndpoint('response-origin'),
    'other-address': withEndpoint('other-address'),
    'xor-peer-address': withEndpoint('xor-peer-address'),
    'xor-relayed-address': withEndpoint('xor-relayed-address'),
    username: withText('username'),
    password: withText('password'),
    realm: withText('realm'),
    nonce: withText('nonce'),
    software: withText('software'),
    'alternate-domain': withText('alternate-domain'),
    data: withBytes('data', 0, 300),
    'reservation-token': withBytes('reservation-token', 8, 8),
    userhash: withBytes('userhash', 32, 32),
    priority: fc.record({ type: fc.constant('priority'), value: u32 }),
    'dont-fragment': just('dont-fragment'),
    'use-candidate': just('use-candidate'),
    'ice-controlled': withTieBreaker('ice-controlled'),
    'ice-controlling': withTieBreaker('ice-controlling'),
    'change-request': fc.record({ type: fc.constant('change-request'), changeIp: fc.boolean(), changePort: fc.boolean() }),
    'error-code': fc.record({ type: fc.constant('error-code'), code: fc.integer({ min: 300, max: 699 }), reason: words }),
    'unknown-attributes': fc.record({ type: fc.constant('unknown-attributes'), codes: fc.array(fc.nat(0xffff), { maxLength: 5 }) }),
    padding: fc.record({ type: fc.constant('padding'), length: fc.nat(64) }),
    'response-port': fc.record({ type: fc.constant('response-port'), port: fc.nat(0xffff) }),
    'channel-number': fc.record({ type: fc.constant('channel-number'), channel: fc.nat(0xffff) }),
    lifetime: fc.record({ type: fc.constant('lifetime'), seconds: u32 }),
    'requested-address-family': fc.record({ type: fc.constant('requested-address-family'), family: fc.constantFrom(4 as const, 6 as const) }),
    'even-port': fc.record({ type: fc.constant('even-port'), reserveNext: fc.boolean() }),
    'requested-transport': fc.record({ type: fc.constant('requested-transport'), protocol: fc.nat(0xff) }),
    'password-algorithm': algorithm.map((one) => ({ type: 'password-algorithm' as const, ...one })),
    'password-algorithms': fc.record({ type: fc.constant('password-algorithms'), algorithms: fc.array(algorithm, { maxLength: 3 }) }),
  };
})();
