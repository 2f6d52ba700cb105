/** ICMP as bytes: what pwnat and pypwnat were seen to send, any message there and back, and nothing but DecodeError for the rest. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError, fromHex, toHex } from '../../effects/wire/bytes.ts';
import { decodeIcmp, encodeIcmp, internetChecksum, IP_PROTOCOL, quotedEcho, type IcmpMessage } from '../../effects/wire/icmp.ts';
import { flip, hex } from './stun-arbitrary.ts';

const NOTHING = new Uint8Array(0);
const echo = (id: number, sequence = id): IcmpMessage => ({ kind: 'echo-request', id, sequence, data: NOTHING });

describe('what was seen on the wire', () => {
  test('is written the same: the echo requests of pwnat and of pypwnat', () => {
    expect(toHex(encodeIcmp(echo(0)))).toBe('0800f7ff00000000');
    expect(toHex(encodeIcmp(echo(42)))).toBe('0800f7ab002a002a');
  });

  test('is written the same: the time exceeded of pwnat, which quotes such a request', () => {
    const data = encodeIcmp(echo(0));
    const quoted = { src: '198.18.1.2', dst: '3.3.3.3', protocol: IP_PROTOCOL.icmp, data, id: 0x0100 };
    const bytes = encodeIcmp({ kind: 'time-exceeded', code: 0, rest: 0, quoted });
    expect(toHex(bytes)).toBe('0b00f4ff00000000' + '4500001c010000000101ebc7c612010203030303' + '0800f7ff00000000');
  });

  test('is written the same: that of pypwnat, whose quote has a senseless length', () => {
    const data = encodeIcmp(echo(42));
    const quoted = { src: '198.18.1.2', dst: '59.66.1.1', protocol: IP_PROTOCOL.icmp, data, id: 42, ttl: 64, length: 0x1c00 };
    const bytes = encodeIcmp({ kind: 'time-exceeded', code: 0, rest: 0x002a002a, quoted });
    expect(toHex(bytes.subarray(0, 18))).toBe('0b00f4ab002a002a' + '45001c00002a00004001');
    expect(internetChecksum(bytes.subarray(8, 28))).toBe(0);
    expect(toHex(bytes.subarray(20))).toBe('c61201023b4201010800f7ab002a002a');
    expect(quotedEcho(decodedError(bytes).quoted)).toEqual({ kind: 'echo-request', id: 42, sequence: 42 });
  });

  test('is read: an answered echo, and a port that nobody has', () => {
    expect(decodeIcmp(encodeIcmp({ kind: 'echo-reply', id: 7, sequence: 9, data: hex('c0ffee') }))).toEqual({ kind: 'echo-reply', id: 7, sequence: 9, data: hex('c0ffee') });
    const quoted = { src: '10.0.0.1', dst: '10.0.0.2', protocol: IP_PROTOCOL.udp, data: hex('9c40115c00080000') };
    const read = decodedError(encodeIcmp({ kind: 'unreachable', code: 3, rest: 0, quoted }));
    expect(read).toMatchObject({ kind: 'unreachable', code: 3, quoted: { ...quoted, length: 28, ttl: 1 } });
    expect(quotedEcho(read.quoted)).toBeUndefined();
  });

  test('is no echo: an error about ICMP of another kind', () => {
    const quoted = { src: '10.0.0.1', dst: '10.0.0.2', protocol: IP_PROTOCOL.icmp, data: hex('0300fcff00000000') };
    expect(quotedEcho(quoted)).toBeUndefined();
    expect(quotedEcho({ ...quoted, data: hex('0000ffff00000000') })).toEqual({ kind: 'echo-reply', id: 0, sequence: 0 });
  });
});

describe('decoding refuses', () => {
  const header = '45000028000000000101';
  const sound = `0b000000${'00000000'}${header}0000${'0a0000010a000002'}${'0800f7ff00000000'}`;
  test.each([
    ['nothing', ''],
    ['half a header', '0800f7'],
    ['a wrong checksum', '0800f7fe00000000'],
    ['an echo of code 1', summed('0801000000000000')],
    ['a redirect', summed(sound.replace('0b', '05'))],
    ['an error that quotes nothing', summed('0b00000000000000')],
    ['a quote of 7 bytes', summed(sound.slice(0, -2))],
    ['a quote of IPv6', summed(sound.replace('45', '60'))],
    ['a quoted header of 16 bytes', summed(sound.replace('45', '44'))],
    ['a quoted header that is longer than what is there', summed(sound.replace('45', '4f'))],
  ])('%s', (_, text) => {
    expect(() => decodeIcmp(hex(text))).toThrow(DecodeError);
  });

  test('any other bytes, and cuts and flips of sound ones, as nothing but undecodable', () => {
    const onlyDecodes = (bytes: Uint8Array): void => {
      try {
        const message = decodeIcmp(bytes);
        if ('quoted' in message) quotedEcho(message.quoted);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
      }
    };
    fc.assert(fc.property(anyMessage, fc.nat(), (message, n) => {
      const bytes = encodeIcmp(message);
      onlyDecodes(bytes.subarray(0, n % bytes.length));
      onlyDecodes(flip(bytes, n));
      const flipped = flip(bytes, n);
      flipped.set([0, 0], 2);
      onlyDecodes(fromHex(summed(toHex(flipped))) ?? NOTHING);
    }));
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), onlyDecodes));
  });
});

test('any message is read as it was written', () => {
  fc.assert(fc.property(anyMessage, (message) => {
    const bytes = encodeIcmp(message);
    expect(decodeIcmp(bytes)).toEqual(message);
    expect(internetChecksum(bytes)).toBe(0);
  }));
});

test.each([
  ['an address that is none', { src: 'here' }],
  ['an address of IPv6', { dst: '::1' }],
  ['a quote of 7 bytes', { data: new Uint8Array(7) }],
  ['options that fill no word', { options: new Uint8Array(3) }],
  ['a protocol of 9 bits', { protocol: 256 }],
])('%s is not written', (_, fault) => {
  const quoted = { src: '10.0.0.1', dst: '10.0.0.2', protocol: 1, data: new Uint8Array(8), ...fault };
  expect(() => encodeIcmp({ kind: 'time-exceeded', code: 0, rest: 0, quoted })).toThrow(RangeError);
});

const u16 = fc.integer({ min: 0, max: 0xffff });
const u8 = fc.integer({ min: 0, max: 255 });
const address = fc.tuple(u8, u8, u8, u8).map((bytes) => bytes.join('.'));
const anyMessage: fc.Arbitrary<IcmpMessage> = fc.oneof(
  fc.record({ kind: fc.constantFrom('echo-request' as const, 'echo-reply' as const), id: u16, sequence: u16, data: fc.uint8Array({ maxLength: 40 }) }),
  fc.record({
    kind: fc.constantFrom('time-exceeded' as const, 'unreachable' as const),
    code: u8,
    rest: fc.integer({ min: 0, max: 0xffffffff }),
    quoted: fc.record({
      src: address,
      dst: address,
      protocol: u8,
      data: fc.uint8Array({ minLength: 8, maxLength: 40 }),
      tos: u8,
      length: u16,
      id: u16,
      fragment: u16,
      ttl: u8,
      checksum: u16,
      options: fc.nat({ max: 10 }).chain((words) => fc.uint8Array({ minLength: words * 4, maxLength: words * 4 })),
    }),
  }),
);

function decodedError(bytes: Uint8Array): Extract<IcmpMessage, { quoted: unknown }> {
  const message = decodeIcmp(bytes);
  if (!('quoted' in message)) throw new Error(`not an error: ${message.kind}`);
  return message;
}

/** The same hex with the right checksum in the place of zeros. */
function summed(text: string): string {
  const bytes = hex(text);
  const sum = internetChecksum(bytes);
  bytes.set([sum >> 8, sum & 255], 2);
  return toHex(bytes);
}
