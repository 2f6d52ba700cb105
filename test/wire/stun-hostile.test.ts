/** STUN bytes that are old, cut, flipped or made up: decoded or refused, nothing else. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError, toHex, utf8 } from '../../effects/wire/bytes.ts';
import { attribute, decodeStun, encodeStun, isStun, verifyFingerprint, verifyIntegrity } from '../../effects/wire/stun.ts';
import { runs } from '../runs.ts';
import { anyMessage, classic, classicId, decoded, evenCodes, everything, flip, hex, id, key, onlyDecodes, request } from './stun-arbitrary.ts';

describe('the classic form', () => {
  const id3489 = toHex(classicId);

  test('has 16 bytes of id and no cookie, and is told by that', () => {
    const bytes = encodeStun(classic({ type: 'change-request', changeIp: true, changePort: false }));
    expect(toHex(bytes)).toBe(`00010008${id3489}0003000400000004`);
    expect(decodeStun(bytes).transactionId).toEqual(classicId);
    expect(isStun(bytes)).toBe(false);
  });

  test('an XORed address takes the first bytes of the id for its mask', () => {
    const bytes = encodeStun(classic({ type: 'xor-mapped-address', endpoint: { host: '16.32.48.64', port: 0x1234 } }));
    expect(toHex(bytes.subarray(20))).toBe('0020000800011235' + '10213243');
  });

  test('what fills a value up to 4 bytes is inside it, as RFC 3489 peers expect', () => {
    const bytes = encodeStun(classic({ type: 'error-code', code: 420, reason: 'Unknown' }, { type: 'unknown-attributes', codes: [0x77] }));
    expect(toHex(bytes.subarray(20))).toBe('0009000c00000414556e6b6e6f776e20' + '000a000400770077');
    expect(attribute(decodeStun(bytes), 'error-code')?.reason).toBe('Unknown');
  });

  test('its HMAC is over zeros up to a multiple of 64, and no FINGERPRINT is needed', () => {
    const bytes = encodeStun(classic({ type: 'username', value: 'user' }), { integrity: { key, algorithm: 'sha1' } });
    expect(verifyIntegrity(bytes, key, 'sha1')).toBe(true);
    expect(verifyIntegrity(bytes, utf8('other'), 'sha1')).toBe(false);
    // The same text signed the newer way, without the zeros, does not pass.
    const newer = encodeStun(request({ type: 'username', value: 'user' }), { integrity: { key, algorithm: 'sha1' } });
    const posed = newer.slice();
    posed.set(classicId, 4);
    expect(verifyIntegrity(posed, key, 'sha1')).toBe(false);
  });

  test('an id that begins with the cookie cannot be sent as classic', () => {
    expect(() => encodeStun({ ...classic(), transactionId: hex('2112a442' + '00'.repeat(12)) })).toThrow(RangeError);
  });
});

describe('decoding refuses', () => {
  const header = (length: string) => `0001${length}2112a442${toHex(id)}`;
  test.each([
    ['nothing', ''],
    ['19 bytes', header('0000').slice(2)],
    ['a top bit that is set', '8001' + header('0000').slice(4)],
    ['the second bit set', '4001' + header('0000').slice(4)],
    ['a length that is no multiple of 4', header('0002') + '0000'],
    ['a length short of the datagram', header('0000') + '80220000'],
    ['a length beyond the datagram', header('0008') + '80220000'],
    ['an attribute beyond the body', header('0004') + '80220004'],
    ['an address of family 3', header('000c') + '00010008' + '0003000101020304'],
    ['an IPv4 address of 16 bytes', header('0018') + '00010014' + '00010001' + '00'.repeat(16)],
    ['an IPv6 address of 4 bytes', header('000c') + '00200008' + '0002000101020304'],
    ['a CHANGE-REQUEST of 8 bytes', header('000c') + '00030008' + '0000000000000000'],
    ['an ERROR-CODE of 2 bytes', header('0008') + '00090002' + '04000000'],
    ['error class 2', header('0008') + '00090004' + '00000200'],
    ['error class 7', header('0008') + '00090004' + '00000700'],
    ['error number 100', header('0008') + '00090004' + '00000464'],
    ['an odd UNKNOWN-ATTRIBUTES', header('0008') + '000a0003' + '00010000'],
    ['a MESSAGE-INTEGRITY of 16 bytes', header('0014') + '00080010' + '00'.repeat(16)],
    ['a SHA-256 of 12 bytes', header('0010') + '001c000c' + '00'.repeat(12)],
    ['a SHA-256 of 36 bytes', header('0028') + '001c0024' + '00'.repeat(36)],
    ['a SHA-256 of 18 bytes', header('0018') + '001c0012' + '00'.repeat(20)],
    ['a FINGERPRINT of 3 bytes', header('0008') + '80280003' + '00000000'],
    ['anything behind FINGERPRINT', header('000c') + '8028000400000000' + '80220000'],
    ['a USE-CANDIDATE with a value', header('0008') + '00250001' + '00000000'],
    ['a DONT-FRAGMENT with a value', header('0008') + '001a0004' + '00000000'],
    ['a CHANNEL-NUMBER of 2 bytes', header('0008') + '000c0002' + '40000000'],
    ['a RESPONSE-PORT of 3 bytes', header('0008') + '00270003' + '12340000'],
    ['an address family 4 asked for', header('0008') + '00170004' + '04000000'],
    ['algorithm parameters beyond the value', header('0008') + '001d0004' + '00020004'],
    ['a USERNAME that is not UTF-8', header('0008') + '00060002' + 'c3280000'],
    ['a tie-breaker of 4 bytes', header('0008') + '80290004' + '00000000'],
  ])('%s, with a DecodeError', (_, text) => {
    expect(() => decodeStun(hex(text))).toThrow(DecodeError);
  });

  test('a truncated attribute, saying where', () => {
    expect(() => decodeStun(hex(header('0008') + '0006000501020304'))).toThrow('5 bytes wanted, 4 left at byte 24');
  });

  test('every prefix of a message', () => {
    fc.assert(
      fc.property(anyMessage(), fc.nat(), (message, cut) => {
        const bytes = encodeStun(message, { fingerprint: true });
        expect(() => decodeStun(bytes.subarray(0, cut % bytes.length))).toThrow(DecodeError);
      }),
    );
  });

  test('every message with bytes appended', () => {
    fc.assert(
      fc.property(anyMessage(), fc.uint8Array({ minLength: 1, maxLength: 40 }), (message, more) => {
        expect(() => decodeStun(new Uint8Array([...encodeStun(message), ...more]))).toThrow(DecodeError);
      }),
    );
  });

  test('a datagram larger than any message', () => {
    for (const size of [65_556, 100_000]) expect(() => decodeStun(new Uint8Array(size))).toThrow(DecodeError);
  });
});

describe('hostile bytes', () => {
  test('a flipped bit, random bytes and a random body do nothing but decode or be a DecodeError', () => {
    const flipped = fc.tuple(anyMessage(), fc.nat()).map(([message, bit]) => flip(encodeStun(message), bit));
    const framed = fc.tuple(fc.uint8Array({ maxLength: 120 }), fc.boolean()).map(([body, modern]) => {
      const bytes = new Uint8Array(20 + (body.length & ~3));
      bytes.set([0, 1, 0, body.length & ~3, ...(modern ? [0x21, 0x12, 0xa4, 0x42] : [])]);
      bytes.set(body.subarray(0, body.length & ~3), 20);
      return bytes;
    });
    const known = fc
      .tuple(fc.constantFrom(...Array.from({ length: 0x30 }, (_, code) => code), 0x8002, 0x8003, 0x8020, 0x8022, 0x8023, 0x8028, 0x8029, 0x802a, 0x802b, 0x802c), fc.uint8Array({ maxLength: 40 }))
      .map(([code, value]) => {
        const body = new Uint8Array(4 + ((value.length + 3) & ~3));
        body.set([code >> 8, code & 255, 0, value.length, ...value]);
        return new Uint8Array([0, 1, 0, body.length, 0x21, 0x12, 0xa4, 0x42, ...id, ...body]);
      });
    fc.assert(fc.property(fc.oneof(flipped, framed, known, fc.uint8Array({ maxLength: 200 })), onlyDecodes), { numRuns: runs(5_000, 1_000) });
  });

  test('what decodes encodes again to something that decodes the same, fillings of the classic form aside', () => {
    fc.assert(
      fc.property(anyMessage(), fc.nat(), (message, bit) => {
        const once = decoded(flip(encodeStun(message), bit));
        if (once) expect(decodeStun(encodeStun(once))).toEqual(once.transactionId.length === 12 ? once : { ...once, attributes: once.attributes.map(evenCodes) });
      }),
      { numRuns: 1000 },
    );
  });

  test('every single flipped bit of a signed and fingerprinted message is noticed', () => {
    const bytes = encodeStun(everything(), { integrity: [{ key, algorithm: 'sha1' }, { key, algorithm: 'sha256' }], fingerprint: true });
    expect(passes(bytes)).toBe(true);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const bad = flip(bytes, bit);
      if (decoded(bad)) expect([bit, verifyFingerprint(bad)]).toEqual([bit, false]);
    }
  });

  test.each(['sha1', 'sha256'] as const)('every single flipped bit of a message signed with %s alone is noticed', (algorithm) => {
    const bytes = encodeStun(everything(), { integrity: { key, algorithm } });
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const bad = flip(bytes, bit);
      if (decoded(bad)) expect([bit, verifyIntegrity(bad, key, algorithm)]).toEqual([bit, false]);
    }
  });

  function passes(bytes: Uint8Array): boolean {
    return verifyIntegrity(bytes, key, 'sha1') && verifyIntegrity(bytes, key, 'sha256') && verifyFingerprint(bytes);
  }
});
