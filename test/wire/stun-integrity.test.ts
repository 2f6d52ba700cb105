/** Integrity, fingerprint, reading and what encoding refuses. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex, utf8 } from '../../effects/wire/bytes.ts';
import { attribute, decodeStun, encodeStun, isStun, unknownRequired, verifyFingerprint, verifyIntegrity, type StunAttribute } from '../../effects/wire/stun.ts';
import { anyMessage, append, flip, hex, id, key, request } from './stun-arbitrary.ts';

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
