/** The text of seed 001's nat_check.py, byte for byte: two words, addresses, three texts, and nothing else. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromUtf8, utf8 } from '../../effects/wire/bytes.ts';
import { ipv4ToText } from '../../effects/wire/stun-address.ts';
import { textCodec, type TextMessage } from '../../machines/nat-check/text.ts';

const codec = textCodec();
const VECTORS: readonly (readonly [TextMessage, string])[] = [
  [{ type: 'register' }, 'register'],
  [{ type: 'next' }, 'NEXT'],
  [{ type: 'mapped', endpoint: { host: '1.2.3.4', port: 10000 } }, '1.2.3.4:10000'],
  [{ type: 'mapped', endpoint: { host: '255.255.255.255', port: 65535 } }, '255.255.255.255:65535'],
  [{ type: 'mapped', endpoint: { host: '0.0.0.0', port: 1 } }, '0.0.0.0:1'],
  [{ type: 'test', nat: 'full-cone' }, 'TEST FOR FULL-CONE NAT'],
  [{ type: 'test', nat: 'restricted' }, 'TEST FOR Restricted NAT'],
  [{ type: 'test', nat: 'port-restricted' }, 'TEST FOR Restricted-Port NAT'],
];

describe('bytes', () => {
  test.each(VECTORS)('%j is %s, without a mark at its end', (message, text) => {
    expect(fromUtf8(codec.encode(message))).toBe(text);
    expect(codec.decode(utf8(text))).toEqual({ kind: 'message', message });
  });

  test('the words in hexadecimal, as on the wire', () => {
    const hex = (message: TextMessage): string => Buffer.from(codec.encode(message)).toString('hex');
    expect(hex({ type: 'register' })).toBe('7265676973746572');
    expect(hex({ type: 'next' })).toBe('4e455854');
    expect(hex({ type: 'test', nat: 'full-cone' })).toBe('5445535420464f522046554c4c2d434f4e45204e4154');
  });

  test('every IPv4 endpoint comes back', () => {
    const endpoint = fc.record({ host: fc.tuple(fc.nat(0xffff), fc.nat(0xffff)).map(([high, low]) => ipv4ToText(high, low)), port: fc.integer({ min: 1, max: 65535 }) });
    fc.assert(
      fc.property(endpoint, (one) => {
        expect(codec.decode(codec.encode({ type: 'mapped', endpoint: one }))).toEqual({ kind: 'message', message: { type: 'mapped', endpoint: one } });
      }),
    );
  });
});

describe('nothing else is a message', () => {
  test.each([
    '', 'REGISTER', 'Register', 'register\n', ' register', 'next', 'NEXT ', 'NEXTNEXT', 'TEST FOR', 'TEST FOR RESTRICTED NAT', 'TEST FOR Restricted-Port NAT\0',
    '1.2.3.4', '1.2.3.4:', '1.2.3.4:0', '1.2.3.4:00001', '1.2.3.4:65536', '1.2.3.4:123456', '1.2.3.4:5 ', '1.2.3:4', '1.2.3.4.5:6', '999.1.1.1:5', '1.2.3.256:5', '010.0.0.1:5', '[::1]:5', 'example.org:5', '-1.2.3.4:5', '1.2.3.4:+5',
  ])('%j', (text) => expect(codec.decode(utf8(text)).kind).toBe('unreadable'));

  test('whatever the bytes, and however many', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(['message', 'unreadable']).toContain(codec.decode(bytes).kind);
      }),
    );
    expect(codec.decode(new Uint8Array(65_507).fill(0x31)).kind).toBe('unreadable');
  });

  test('no beginning of a word and no bit-flip in it reads as another word', () => {
    for (const [, text] of VECTORS.filter(([{ type }]) => type !== 'mapped')) {
      const bytes = utf8(text);
      for (let size = 0; size < bytes.length; size += 1) expect(codec.decode(bytes.subarray(0, size)).kind).toBe('unreadable');
      for (let bit = 0; bit < bytes.length * 8; bit += 1) {
        const flipped = Uint8Array.from(bytes);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        expect(codec.decode(flipped).kind).toBe('unreadable');
      }
    }
  });
});
