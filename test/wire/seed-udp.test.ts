/** The text of seed 001's server.py and client.py, byte for byte: three words, and everything else is chat. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { redactor } from '../../effects/codec.ts';
import { fromUtf8, utf8 } from '../../effects/wire/bytes.ts';
import { ipv4ToText } from '../../effects/wire/stun-address.ts';
import { seedCodec, type SeedMessage } from '../../machines/seed-udp/codec.ts';

const codec = seedCodec();
const said = (text: string): ReturnType<typeof codec.decode> => codec.decode(utf8(text));
const chat = (size: number): ReturnType<typeof codec.decode> => ({ kind: 'message', message: { type: 'chat', size }, payload: true });

describe('bytes', () => {
  test.each<[SeedMessage, string]>([
    [{ type: 'register' }, 'REGISTER'],
    [{ type: 'knock' }, 'KNOCK'],
    [{ type: 'introduced', peer: { host: '1.2.3.4', port: 5 } }, '1.2.3.4:5'],
    [{ type: 'introduced', peer: { host: '255.255.255.255', port: 65535 } }, '255.255.255.255:65535'],
  ])('%j is %s, without a mark at its end', (message, text) => {
    expect(fromUtf8(codec.encode(message))).toBe(text);
    expect(said(text)).toMatchObject({ kind: 'message', message });
  });

  test('every IPv4 endpoint comes back', () => {
    const endpoint = fc.record({ host: fc.tuple(fc.nat(0xffff), fc.nat(0xffff)).map(([high, low]) => ipv4ToText(high, low)), port: fc.integer({ min: 1, max: 65535 }) });
    fc.assert(
      fc.property(endpoint, (peer) => {
        expect(codec.decode(codec.encode({ type: 'introduced', peer }))).toEqual({ kind: 'message', message: { type: 'introduced', peer }, payload: true });
      }),
    );
  });

  test('the two words are not payload, an address may be a chat about addresses and so is', () => {
    expect(said('REGISTER')).toEqual({ kind: 'message', message: { type: 'register' } });
    expect(said('KNOCK')).toEqual({ kind: 'message', message: { type: 'knock' } });
    expect(said('1.2.3.4:5')).toMatchObject({ payload: true });
  });
});

describe('chat', () => {
  test.each(['', 'register', 'REGISTER\n', ' KNOCK', 'KNOCKKNOCK', 'abcdefgh: 0', '1.2.3.4', '1.2.3.4:', '1.2.3.4:65536', '1.2.3.4:5 ', '1.2.3:4', '[::1]:5', 'example.org:5', '1.2.3.4:123456'])(
    'is what %j is',
    (text) => expect(said(text)).toEqual(chat(text.length)),
  );

  test('is every other datagram, whatever its bytes, and its words are not repeated in the message', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const decoded = codec.decode(bytes);
        expect(decoded.kind).toBe('message');
        expect(decoded).toEqual(chat(bytes.length));
      }),
    );
    expect(codec.decode(new Uint8Array(65_507).fill(0xff))).toEqual(chat(65_507));
  });

  test('is recorded by its length alone', () => {
    const redact = redactor(codec, codec);
    expect(fromUtf8(redact(utf8('abcdefgh: 17'))!)).toBe('............');
    expect(fromUtf8(redact(utf8('KNOCK'))!)).toBe('KNOCK');
  });
});

describe('an address of nobody', () => {
  test.each(['999.1.1.1:5', '256.0.0.1:5', '1.2.3.256:5', '1.2.3.4:0', '1.2.3.4:00000'])('is chat: %s', (text) => {
    expect(said(text)).toEqual(chat(text.length));
  });

  test.each(['010.0.0.1:5', '1.2.3.04:5'])('is chat: %s', (text) => {
    expect(said(text)).toEqual(chat(text.length));
  });
});
