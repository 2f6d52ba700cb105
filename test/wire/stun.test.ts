/**
 * STUN on the wire: published vectors (RFC 5769 §2, RFC 8489 appendix B.1 as corrected by erratum 6268), every attribute
 * both ways, and hostile bytes. A vector is only right if its HMAC and CRC come out, which is what is asserted.
 */
import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError, fromHex, toHex, utf8 } from '../../effects/wire/bytes.ts';
import { ipToGroups, ipv4ToText, ipv6ToText } from '../../effects/wire/stun-address.ts';
import {
  attribute,
  decodeStun,
  encodeStun,
  isStun,
  longTermKey,
  stunMethod,
  unknownAttribute,
  unknownRequired,
  userHash,
  verifyFingerprint,
  verifyIntegrity,
} from '../../effects/wire/stun.ts';
import type { StunAttribute, StunAttributeType, StunMessage } from '../../effects/wire/stun.ts';

const id = hex('b7e7a701bc34d686fa87dfae');
const classicId = hex('000102030405060708090a0b0c0d0e0f');
const key = utf8('VOkJxbRl1RmTxUk/WvJxBt');
const matrix = '\u30DE\u30C8\u30EA\u30C3\u30AF\u30B9';
const request = (...attributes: StunAttribute[]): StunMessage => ({ class: 'request', method: stunMethod.binding, transactionId: id, attributes });
const classic = (...attributes: StunAttribute[]): StunMessage => ({ ...request(...attributes), transactionId: classicId });

describe('published vectors', () => {
  const sampleRequest = hex(
    `00010058 2112a442 b7e7a701bc34d686fa87dfae
     80220010 5354554e 20746573 7420636c 69656e74
     00240004 6e0001ff
     80290008 932ff9b151263b36
     00060009 6576746a3a68367659202020
     00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2
     80280004 e57a3bcf`,
  );

  test('the sample request is read and its HMAC and CRC agree (RFC 5769 §2.1)', () => {
    expect(decodeStun(sampleRequest)).toEqual(
      request(
        { type: 'software', value: 'STUN test client' },
        { type: 'priority', value: 0x6e0001ff },
        { type: 'ice-controlled', tieBreaker: 0x932ff9b151263b36n },
        { type: 'username', value: 'evtj:h6vY' },
        { type: 'message-integrity', value: hex('9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2') },
        { type: 'fingerprint', value: 0xe57a3bcf },
      ),
    );
    expect(isStun(sampleRequest)).toBe(true);
    expect(verifyIntegrity(sampleRequest, key, 'sha1')).toBe(true);
    expect(verifyFingerprint(sampleRequest)).toBe(true);
  });

  test('the sample IPv4 response is read and its HMAC and CRC agree (RFC 5769 §2.2)', () => {
    const bytes = hex(
      `0101003c 2112a442 b7e7a701bc34d686fa87dfae
       8022000b 7465737420766563746f7220
       00200008 0001a147e112a643
       00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7
       80280004 c07d4c96`,
    );
    const message = decodeStun(bytes);
    expect([message.class, message.method]).toEqual(['success', 1]);
    expect(attribute(message, 'software')).toEqual({ type: 'software', value: 'test vector' });
    expect(attribute(message, 'xor-mapped-address')?.endpoint).toEqual({ host: '192.0.2.1', port: 32853 });
    expect([verifyIntegrity(bytes, key, 'sha1'), verifyFingerprint(bytes)]).toEqual([true, true]);
  });

  test('the sample IPv6 response is read and its HMAC and CRC agree (RFC 5769 §2.3)', () => {
    const bytes = hex(
      `01010048 2112a442 b7e7a701bc34d686fa87dfae
       8022000b 7465737420766563746f7220
       00200014 0002a147 0113a9faa5d3f179bc25f4b5bed2b9d9
       00080014 a382954e4be67bf11784c97c8292c275bfe3ed41
       80280004 c8fb0b4c`,
    );
    expect(attribute(decodeStun(bytes), 'xor-mapped-address')?.endpoint).toEqual({ host: '2001:db8:1234:5678:11:2233:4455:6677', port: 32853 });
    expect([verifyIntegrity(bytes, key, 'sha1'), verifyFingerprint(bytes)]).toEqual([true, true]);
  });

  test('the long-term request is written to the byte (RFC 5769 §2.4)', () => {
    const message: StunMessage = {
      ...request({ type: 'username', value: matrix }, { type: 'nonce', value: 'f//499k954d6OL34oL9FSTvy64sA' }, { type: 'realm', value: 'example.org' }),
      transactionId: hex('78ad3433c6ad72c029da412e'),
    };
    const bytes = encodeStun(message, { integrity: { key: longTermKey(matrix, 'example.org', 'TheMatrIX'), algorithm: 'sha1' } });
    expect(toHex(bytes)).toBe(
      toHex(
        hex(
          `00010060 2112a442 78ad3433c6ad72c029da412e
           00060012 e3839ee38388e383aae38383e382afe382b90000
           0015001c 662f2f3439396b39353464364f4c33346f4c39465354767936347341
           0014000b 6578616d706c652e6f726700
           00080014 f67024656dd64a3e02b8e0712e85c9a28ca89666`,
        ),
      ),
    );
  });

  test('the SHA-256 request with USERHASH is written to the byte (RFC 8489 B.1, erratum 6268)', () => {
    const message: StunMessage = {
      ...request(
        { type: 'userhash', value: userHash(matrix, 'example.org') },
        { type: 'nonce', value: 'obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA' },
        { type: 'realm', value: 'example.org' },
        { type: 'password-algorithm', algorithm: 2, parameters: new Uint8Array(0) },
      ),
      transactionId: hex('78ad3433c6ad72c029da412e'),
    };
    const sha256Key = longTermKey(matrix, 'example.org', 'TheMatrIX', 'sha256');
    const bytes = encodeStun(message, { integrity: { key: sha256Key, algorithm: 'sha256' } });
    expect(toHex(bytes)).toBe(
      toHex(
        hex(
          `00010090 2112a442 78ad3433c6ad72c029da412e
           001e0020 4a3cf38fef6992bda952c6780417da0f24819415569e60b205c46e41407f1704
           00150029 6f624d61744a6f73324141414366 2f2f3439396b39353464364f4c33346f4c39465354767936347341 000000
           0014000b 6578616d706c652e6f726700
           001d0004 00020000
           001c0020 b5c7bf005b6c52a21c51c5e892f819241362 96cb927c43149309278cc6518e65`,
        ),
      ),
    );
    expect(verifyIntegrity(bytes, sha256Key, 'sha256')).toBe(true);
  });

  test('longTermKey is the MD5 of the example in RFC 8489 §9.2.2', () => {
    expect(toHex(longTermKey('user', 'realm', 'pass'))).toBe('8493fbc53ba582fb4c044c456bdc40eb');
  });
});

describe('round trips', () => {
  test('every attribute kind survives, in both forms and all classes and methods', () => {
    fc.assert(
      fc.property(anyMessage(), (message) => {
        const bytes = encodeStun(message);
        expect(bytes.length % 4).toBe(0);
        expect(decodeStun(bytes)).toEqual(message);
      }),
      { numRuns: 500 },
    );
  });

  test('each kind is generated at least once by the above', () => {
    const seen = new Set(fc.sample(anyAttribute(), { numRuns: 3000, seed: 1 }).map(({ type }) => type));
    expect([...Object.keys(KINDS), 'unknown'].filter((type) => !seen.has(type as StunAttributeType))).toEqual([]);
  });

  const endpoint = { host: '192.0.2.1', port: 0x1234 };
  const plain = '0008 0001 1234 c0000201';
  const xored = '0008 0001 3326 e112a643';
  const layouts: readonly (readonly [StunAttribute, string])[] = [
    [{ type: 'mapped-address', endpoint }, `0001 ${plain}`],
    [{ type: 'response-address', endpoint }, `0002 ${plain}`],
    [{ type: 'change-request', changeIp: false, changePort: true }, '0003 0004 00000002'],
    [{ type: 'change-request', changeIp: true, changePort: true }, '0003 0004 00000006'],
    [{ type: 'source-address', endpoint }, `0004 ${plain}`],
    [{ type: 'changed-address', endpoint }, `0005 ${plain}`],
    [{ type: 'username', value: 'ab' }, '0006 0002 61620000'],
    [{ type: 'password', value: 'abc' }, '0007 0003 61626300'],
    [{ type: 'message-integrity', value: new Uint8Array(20).fill(1) }, `0008 0014 ${'01'.repeat(20)}`],
    [{ type: 'error-code', code: 699, reason: 'no' }, '0009 0006 00000663 6e6f0000'],
    [{ type: 'unknown-attributes', codes: [1, 0x7fff, 3] }, '000a 0006 00017fff 00030000'],
    [{ type: 'reflected-from', endpoint }, `000b ${plain}`],
    [{ type: 'channel-number', channel: 0x4001 }, '000c 0004 40010000'],
    [{ type: 'lifetime', seconds: 600 }, '000d 0004 00000258'],
    [{ type: 'xor-peer-address', endpoint }, `0012 ${xored}`],
    [{ type: 'data', value: hex('010203') }, '0013 0003 01020300'],
    [{ type: 'realm', value: 'r' }, '0014 0001 72000000'],
    [{ type: 'nonce', value: 'n' }, '0015 0001 6e000000'],
    [{ type: 'xor-relayed-address', endpoint }, `0016 ${xored}`],
    [{ type: 'requested-address-family', family: 6 }, '0017 0004 02000000'],
    [{ type: 'even-port', reserveNext: true }, '0018 0001 80000000'],
    [{ type: 'requested-transport', protocol: 17 }, '0019 0004 11000000'],
    [{ type: 'dont-fragment' }, '001a 0000'],
    [{ type: 'message-integrity-sha256', value: new Uint8Array(32).fill(2) }, `001c 0020 ${'02'.repeat(32)}`],
    [{ type: 'password-algorithm', algorithm: 1, parameters: hex('ff') }, '001d 0008 00010001 ff000000'],
    [{ type: 'userhash', value: new Uint8Array(32).fill(3) }, `001e 0020 ${'03'.repeat(32)}`],
    [{ type: 'xor-mapped-address', endpoint }, `0020 ${xored}`],
    [{ type: 'reservation-token', value: hex('0102030405060708') }, '0022 0008 0102030405060708'],
    [{ type: 'priority', value: 0xfffffffe }, '0024 0004 fffffffe'],
    [{ type: 'use-candidate' }, '0025 0000'],
    [{ type: 'padding', length: 5 }, '0026 0005 0000000000000000'],
    [{ type: 'response-port', port: 0x1234 }, '0027 0002 12340000'],
    [{ type: 'password-algorithms', algorithms: [2, 1].map((algorithm) => ({ algorithm, parameters: hex('') })) }, '8002 0008 00020000 00010000'],
    [{ type: 'alternate-domain', value: 'd.e' }, '8003 0003 642e6500'],
    [{ type: 'software', value: 's' }, '8022 0001 73000000'],
    [{ type: 'alternate-server', endpoint }, `8023 ${plain}`],
    [{ type: 'fingerprint', value: 0x80000001 }, '8028 0004 80000001'],
    [{ type: 'ice-controlled', tieBreaker: 0x0102030405060708n }, '8029 0008 0102030405060708'],
    [{ type: 'ice-controlling', tieBreaker: 1n }, '802a 0008 0000000000000001'],
    [{ type: 'response-origin', endpoint }, `802b ${plain}`],
    [{ type: 'other-address', endpoint }, `802c ${plain}`],
  ];
  test.each(layouts.map(([one, bytes]) => [one.type, one, bytes] as const))('%s has its registered code and layout', (_, one, bytes) => {
    const encoded = encodeStun(request(one));
    expect(toHex(encoded.subarray(20))).toBe(toHex(hex(bytes)));
    expect(decodeStun(encoded).attributes).toEqual([one]);
  });

  test('the layouts above leave no kind out', () => {
    const shown = new Set(layouts.map(([{ type }]) => type));
    expect(Object.keys(KINDS).filter((type) => !shown.has(type as StunAttributeType))).toEqual([]);
  });

  test('type bits interleave class and method', () => {
    const first = (message: StunMessage) => toHex(encodeStun(message).subarray(0, 2));
    expect(first(request())).toBe('0001');
    expect(first({ ...request(), class: 'indication', method: stunMethod.data })).toBe('0017');
    expect(first({ ...request(), class: 'success', method: stunMethod.allocate })).toBe('0103');
    expect(first({ ...request(), class: 'error', method: 0xfff })).toBe('3fff');
    expect(first({ ...request(), method: 0xfff })).toBe('3eef');
  });

  test('an unknown attribute keeps its code and value, private codes too', () => {
    const message = request({ type: 'unknown', code: 0xc0de, value: hex('0102030405') }, { type: 'unknown', code: 0x7abc, value: hex('') });
    expect(toHex(encodeStun(message)).slice(40)).toBe('c0de00050102030405000000' + '7abc0000');
    expect(unknownAttribute(decodeStun(encodeStun(message)), 0xc0de)).toEqual(hex('0102030405'));
    expect(unknownAttribute(message, 0xc0df)).toBeUndefined();
  });

  test('a message out of a Buffer equals one out of a Uint8Array', () => {
    const bytes = encodeStun(request({ type: 'data', value: hex('aabb') }));
    expect(decodeStun(Buffer.from(bytes))).toStrictEqual(decodeStun(bytes));
  });
});

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
    fc.assert(fc.property(fc.oneof(flipped, framed, known, fc.uint8Array({ maxLength: 200 })), onlyDecodes), { numRuns: 5000 });
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

describe('integrity and fingerprint', () => {
  const software: StunAttribute = { type: 'software', value: 'x' };
  const both = [{ key, algorithm: 'sha256' }, { key, algorithm: 'sha1' }] as const;
  const types = (bytes: Uint8Array) => decodeStun(bytes).attributes.map(({ type }) => type);

  test('close the message in the order of RFC 8489, however they are asked for', () => {
    const bytes = encodeStun(request(software), { integrity: both, fingerprint: true });
    expect(types(bytes)).toEqual(['software', 'message-integrity', 'message-integrity-sha256', 'fingerprint']);
    for (const algorithm of ['sha1', 'sha256'] as const) expect(verifyIntegrity(bytes, key, algorithm)).toBe(true);
    expect(verifyFingerprint(bytes)).toBe(true);
  });

  test('an integrity does not depend on what is appended behind it', () => {
    const alone = encodeStun(request(software), { integrity: { key, algorithm: 'sha1' } });
    const closed = encodeStun(request(software), { integrity: both, fingerprint: true });
    expect(attribute(decodeStun(closed), 'message-integrity')).toEqual(attribute(decodeStun(alone), 'message-integrity'));
  });

  test('are false when absent, under another key and on bytes that are no message', () => {
    const bytes = encodeStun(request(software), { integrity: { key, algorithm: 'sha1' } });
    expect([verifyIntegrity(bytes, utf8('no'), 'sha1'), verifyIntegrity(bytes, key, 'sha256'), verifyFingerprint(bytes)]).toEqual([false, false, false]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 90 }), (junk) => {
        expect([verifyIntegrity(junk, key, 'sha1'), verifyIntegrity(junk, key, 'sha256'), verifyFingerprint(junk)]).toEqual([false, false, false]);
      }),
    );
  });

  test('hold for every message, and survive decoding and encoding unchanged', () => {
    fc.assert(
      fc.property(anyMessage(), fc.uint8Array({ maxLength: 100 }), (message, secret) => {
        const bytes = encodeStun(message, { integrity: { key: secret, algorithm: 'sha1' }, fingerprint: true });
        expect([verifyIntegrity(bytes, secret, 'sha1'), verifyFingerprint(bytes)]).toEqual([true, true]);
        if (message.transactionId.length === 12) expect(encodeStun(decodeStun(bytes))).toEqual(bytes);
      }),
    );
  });

  test('checking leaves the bytes alone, those of a Buffer too', () => {
    const bytes = encodeStun(request(software), { integrity: both, fingerprint: true });
    const buffer = Buffer.from(bytes);
    expect([verifyIntegrity(buffer, Buffer.from(key), 'sha1'), verifyIntegrity(buffer, key, 'sha256'), verifyFingerprint(buffer)]).toEqual([true, true, true]);
    expect(toHex(buffer)).toBe(toHex(bytes));
  });

  test('stale ones are dropped when made anew', () => {
    const old = decodeStun(encodeStun(request(software), { integrity: both, fingerprint: true }));
    const resigned = encodeStun({ ...old, transactionId: id.slice().fill(7) }, { integrity: { key: utf8('new'), algorithm: 'sha1' } });
    expect(types(resigned)).toEqual(['software', 'message-integrity']);
    expect(verifyIntegrity(resigned, utf8('new'), 'sha1')).toBe(true);
    const stamped = encodeStun(old, { fingerprint: true });
    expect(types(stamped)).toEqual(['software', 'message-integrity', 'message-integrity-sha256', 'fingerprint']);
    expect([verifyIntegrity(stamped, key, 'sha256'), verifyFingerprint(stamped)]).toEqual([true, true]);
  });

  test('an attribute slipped in behind an integrity is left out', () => {
    const signed = encodeStun(request(software), { integrity: { key, algorithm: 'sha1' } });
    const smuggled = append(signed, '80220004' + '6576696c' + '7abc0000');
    expect(verifyIntegrity(smuggled, key, 'sha1')).toBe(true);
    expect(types(smuggled)).toEqual(['software', 'message-integrity']);
    expect(unknownRequired(decodeStun(smuggled))).toEqual([]);
  });

  test('a MESSAGE-INTEGRITY behind the SHA-256 one, or a second one, counts neither when decoding nor when verifying', () => {
    const sha1Tail = toHex(encodeStun(request(software), { integrity: { key, algorithm: 'sha1' } }).subarray(28));
    const signed = encodeStun(request(software), { integrity: { key, algorithm: 'sha256' } });
    expect(types(append(signed, sha1Tail))).toEqual(['software', 'message-integrity-sha256']);
    expect(verifyIntegrity(append(signed, sha1Tail), key, 'sha1')).toBe(false);
    const twice = append(encodeStun(request(software), { integrity: { key: utf8('first'), algorithm: 'sha1' } }), sha1Tail);
    expect(types(twice)).toEqual(['software', 'message-integrity']);
    expect(verifyIntegrity(twice, key, 'sha1')).toBe(false);
  });

  test('a SHA-256 cut to 16 bytes is read but never believed', () => {
    const full = attribute(decodeStun(encodeStun(request(), { integrity: { key, algorithm: 'sha256' } })), 'message-integrity-sha256')!;
    const cut = encodeStun(request({ ...full, value: full.value.subarray(0, 16) }));
    expect(attribute(decodeStun(cut), 'message-integrity-sha256')?.value.length).toBe(16);
    expect(verifyIntegrity(cut, key, 'sha256')).toBe(false);
  });

  test('a key array that is reused for another key is another key', () => {
    const reused = Buffer.from(key);
    const bytes = encodeStun(request(), { integrity: { key: reused, algorithm: 'sha1' } });
    reused[0]! ^= 1;
    expect([verifyIntegrity(bytes, reused, 'sha1'), verifyIntegrity(bytes, key, 'sha1')]).toEqual([false, true]);
  });

  test('two keys for one algorithm are a RangeError', () => {
    expect(() => encodeStun(request(), { integrity: [{ key, algorithm: 'sha1' }, { key, algorithm: 'sha1' }] })).toThrow(RangeError);
  });
});

describe('reading a message', () => {
  test('of two attributes of a type the first counts', () => {
    const message = decodeStun(encodeStun(request({ type: 'realm', value: 'a' }, { type: 'realm', value: 'b' })));
    expect(attribute(message, 'realm')?.value).toBe('a');
    expect(attribute(message, 'nonce')).toBeUndefined();
  });

  test('unknownRequired lists each unknown code below 0x8000 once', () => {
    const unknown = (code: number): StunAttribute => ({ type: 'unknown', code, value: hex('') });
    expect(unknownRequired(request(unknown(0x7001), unknown(0xc001), unknown(0x0030), unknown(0x7001)))).toEqual([0x7001, 0x0030]);
  });

  test('the old code 0x8020 is XOR-MAPPED-ADDRESS', () => {
    const bytes = encodeStun(request({ type: 'xor-mapped-address', endpoint: { host: '192.0.2.1', port: 32853 } }));
    bytes[20] = 0x80;
    expect(attribute(decodeStun(bytes), 'xor-mapped-address')?.endpoint).toEqual({ host: '192.0.2.1', port: 32853 });
  });

  test('RESPONSE-PORT is read with its padding counted or not', () => {
    for (const size of ['2', '4']) {
      expect(decodeStun(hex(`000100082112a442${toHex(id)}0027000${size}12340000`)).attributes).toEqual([{ type: 'response-port', port: 0x1234 }]);
    }
  });

  test('isStun wants 20 bytes, a first byte of 0 to 3 and the cookie', () => {
    const bytes = encodeStun(request());
    expect(isStun(bytes)).toBe(true);
    expect(isStun(bytes.subarray(0, 19))).toBe(false);
    expect(isStun(hex('04' + toHex(bytes).slice(2)))).toBe(false);
    expect(isStun(flip(bytes, 4 * 8))).toBe(false);
  });
});

describe('encoding refuses, with a RangeError', () => {
  const refused: readonly (readonly [string, StunAttribute, string])[] = [
    ['a host name', { type: 'mapped-address', endpoint: { host: 'example.org', port: 1 } }, '"example.org" is not an IP literal'],
    ['a port over 65535', { type: 'mapped-address', endpoint: { host: '1.2.3.4', port: 65536 } }, '65536 is not a port'],
    ['a negative port, XORed', { type: 'xor-mapped-address', endpoint: { host: '1.2.3.4', port: -1 } }, '-1 is not a port'],
    ['an error code of 299', { type: 'error-code', code: 299, reason: '' }, '299 is not an error code'],
    ['a userhash of 31 bytes', { type: 'userhash', value: new Uint8Array(31) }, '31 bytes of userhash'],
    ['a token of 7 bytes', { type: 'reservation-token', value: new Uint8Array(7) }, '7 bytes of reservation-token'],
    ['a negative lifetime', { type: 'lifetime', seconds: -1 }, '-1 is not an unsigned 32-bit integer'],
    ['a tie-breaker of 65 bits', { type: 'ice-controlled', tieBreaker: 1n << 64n }, 'not an unsigned 64-bit integer'],
    ['padding of negative length', { type: 'padding', length: -4 }, '-4 zero bytes'],
    ['65536 bytes of data', { type: 'data', value: new Uint8Array(65_536) }, '65536 bytes in data'],
    ['a body of 65536 bytes', { type: 'data', value: new Uint8Array(65_532) }, 'a STUN body of 65536 bytes'],
    ['an unknown attribute whose code is known', { type: 'unknown', code: 0x0020, value: new Uint8Array(8) }, 'attribute 0x20 has a type'],
    ['an attribute code of 17 bits', { type: 'unknown', code: 0x10000, value: new Uint8Array(0) }, '65536 is not an unsigned 16-bit integer'],
  ];
  test.each(refused)('%s', (_, one, message) => {
    const encoding = () => encodeStun(request(one));
    expect(encoding).toThrow(RangeError);
    expect(encoding).toThrow(message);
  });

  test('a method of 13 bits and an id of neither 12 nor 16 bytes', () => {
    expect(() => encodeStun({ ...request(), method: 0x1000 })).toThrow(RangeError);
    expect(() => encodeStun({ ...request(), transactionId: new Uint8Array(13) })).toThrow(RangeError);
  });

  test('a FINGERPRINT for which the body has no room left', () => {
    const full = request({ type: 'data', value: new Uint8Array(65_528) });
    expect(decodeStun(encodeStun(full))).toEqual(full);
    expect(() => encodeStun(full, { fingerprint: true })).toThrow('a STUN body of 65540 bytes');
  });
});

describe('address text', () => {
  test.each([
    ['::', '0:0:0:0:0:0:0:0'],
    ['::1', '0::0001'],
    ['2001:db8::1', '2001:0DB8:0:0:0:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8::1:1:1:1:1'],
    ['2001:db8::1:0:0:1', '2001:db8:0:0:1:0:0:1'],
    ['2001:0:0:1::1', '2001:0:0:1:0:0:0:1'],
    ['1:2:3:4:5:6::', '1:2:3:4:5:6:0:0'],
    ['::ffff:192.0.2.1', '::FFFF:c000:201'],
    ['64:ff9b::c000:201', '64:ff9b::192.0.2.1'],
  ])('%s is canonical for %s (RFC 5952)', (canonical, text) => {
    expect(ipv6ToText(ipToGroups(text)!)).toBe(canonical);
  });

  test('any eight groups survive, in text that Node takes for IPv6 and URLs call canonical', () => {
    fc.assert(
      fc.property(groups(), (some) => {
        const text = ipv6ToText(some);
        expect(ipToGroups(text)).toEqual(some);
        expect(isIPv6(text)).toBe(true);
        if (!text.includes('.')) expect(new URL(`http://[${text}]`).hostname).toBe(`[${text}]`);
      }),
      { numRuns: 500 },
    );
  });

  test.each([':', ':::', '1', '1:2', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7::8', '::12345', '::g', '::1%eth0', '1.2.3.4::', '::1.2.3', '::1.2.3.4:5', ' ::1', '::1 ', ':1::', '::1:'])(
    '%j is no IPv6 literal',
    (text) => expect(ipToGroups(text)).toBeUndefined(),
  );

  test.each(['', '1.2.3', '1.2.3.4.5', '256.1.1.1', '01.2.3.4', '00.0.0.0', '1..2.3', '.1.2.3', '1.2.3.4.', ' 1.2.3.4', '1.2.3.4 ', '1,2.3.4', '0x1.2.3.4', '-1.2.3.4'])('%j is no IPv4 literal', (text) =>
    expect(ipToGroups(text)).toBeUndefined(),
  );
});

/** Flips one bit of a copy; `bit` is taken modulo the length. */
function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  const at = bit % (bytes.length * 8);
  copy[at >> 3]! ^= 1 << (at & 7);
  return copy;
}

function decoded(bytes: Uint8Array): StunMessage | undefined {
  try {
    return decodeStun(bytes);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return undefined;
  }
}

function onlyDecodes(bytes: Uint8Array): void {
  decoded(bytes);
  verifyFingerprint(bytes);
  verifyIntegrity(bytes, key, 'sha1');
  verifyIntegrity(bytes, key, 'sha256');
}

/** The message with attributes, given in hex, appended and counted. */
function append(bytes: Uint8Array, attributes: string): Uint8Array {
  const longer = new Uint8Array([...bytes, ...hex(attributes)]);
  longer[2] = (longer.length - 20) >> 8;
  longer[3] = longer.length - 20;
  return longer;
}

function hex(text: string): Uint8Array {
  const bytes = fromHex(text.replace(/\s/g, ''));
  if (!bytes) throw new Error(`not hex: ${text}`);
  return bytes;
}

/** One attribute of each kind, but for the closing three. */
function everything(): StunMessage {
  return request(...Object.values(KINDS).map((kind) => fc.sample<StunAttribute>(kind, { numRuns: 1, seed: 7 })[0]!));
}

function groups(): fc.Arbitrary<number[]> {
  return fc.array(fc.oneof(fc.constant(0), fc.constant(0xffff), fc.nat(0xffff)), { minLength: 8, maxLength: 8 });
}

function anyMessage(): fc.Arbitrary<StunMessage> {
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
function asClassic(one: StunAttribute): StunAttribute {
  if (one.type === 'error-code') return { ...one, reason: one.reason.replace(/ +$/, '') };
  if (one.type === 'unknown-attributes') return { ...one, codes: one.codes.slice(one.codes.length % 2) };
  return one;
}

/** What an odd list of codes becomes in the classic form: its last one repeated. */
function evenCodes(one: StunAttribute): StunAttribute {
  return one.type === 'unknown-attributes' ? { ...one, codes: [...one.codes, ...(one.codes.length % 2 === 1 ? one.codes.slice(-1) : [])] } : one;
}

function anyAttribute(): fc.Arbitrary<StunAttribute> {
  const known = new Set([...Array.from({ length: 0x28 }, (_, code) => code), 0x8002, 0x8003, 0x8020, 0x8022, 0x8023, 0x8028, 0x8029, 0x802a, 0x802b, 0x802c]);
  const unknown = fc.record({
    type: fc.constant('unknown' as const),
    code: fc.oneof(fc.nat(0xffff), fc.integer({ min: 0xc000, max: 0xffff })).filter((code) => !known.has(code)),
    value: fc.uint8Array({ maxLength: 40 }),
  });
  return fc.oneof(unknown, ...Object.values<fc.Arbitrary<StunAttribute>>(KINDS));
}

/** Generators of every kind but 'unknown' and the closing three, which encodeStun moves to the end. */
const KINDS: { readonly [T in Exclude<StunAttributeType, 'unknown' | 'message-integrity' | 'message-integrity-sha256' | 'fingerprint'>]: fc.Arbitrary<StunAttribute & { type: T }> } = (() => {
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
