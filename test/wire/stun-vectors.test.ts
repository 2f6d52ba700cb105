/** STUN against what others published, and against itself: vectors, layouts, round trips. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../effects/wire/bytes.ts';
import { attribute, decodeStun, encodeStun, isStun, longTermKey, stunMethod, unknownAttribute, userHash, verifyFingerprint, verifyIntegrity, type StunAttribute, type StunAttributeType, type StunMessage } from '../../effects/wire/stun.ts';
import { KINDS, anyAttribute, anyMessage, hex, key, matrix, request } from './stun-arbitrary.ts';

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
