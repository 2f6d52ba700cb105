/** What the byte layer promises: exact bounds, big-endian, nothing truncated silently. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError, Reader, Writer, concatBytes, equalBytes, fromHex, fromUtf8, readable, toHex, utf8 } from '../../effects/wire/bytes.ts';

const text = fc.string({ unit: 'binary', maxLength: 120 });
const octets = fc.uint8Array({ maxLength: 80 });

describe('Reader', () => {
  test('numbers are big-endian and unsigned', () => {
    const reader = new Reader(new Uint8Array([0xff, 0x80, 0x01, 0xfe, 0xdc, 0xba, 0x98]));
    expect([reader.u8(), reader.u16(), reader.u32(), reader.remaining]).toEqual([0xff, 0x8001, 0xfedcba98, 0]);
  });

  test.each([
    ['u8', (reader: Reader) => reader.u8()],
    ['u16', (reader: Reader) => reader.u16()],
    ['u32', (reader: Reader) => reader.u32()],
    ['bytes', (reader: Reader) => reader.bytes(5)],
    ['utf8', (reader: Reader) => reader.utf8(5)],
    ['skip', (reader: Reader) => reader.skip(5)],
    ['window', (reader: Reader) => reader.window(5)],
    ['a negative count', (reader: Reader) => reader.bytes(-1)],
    ['a count that is no number', (reader: Reader) => reader.skip(Number.NaN)],
  ])('%s past the end is a DecodeError that leaves the place unchanged, though the source has more', (_, read) => {
    const reader = new Reader(new Uint8Array(20), 7, 7);
    expect(() => read(reader)).toThrow(DecodeError);
    expect(reader.offset).toBe(7);
  });

  test('an error names the wish, what was left and the offset in the whole source', () => {
    const reader = new Reader(new Uint8Array(9)).window(6);
    reader.skip(4);
    expect(() => reader.u32()).toThrow('4 bytes wanted, 2 left at byte 4');
    expect(() => reader.u32()).toThrow(expect.objectContaining({ name: 'DecodeError', offset: 4 }));
  });

  test('a window holds its bytes only and the outer reader goes on behind it', () => {
    const reader = new Reader(new Uint8Array([1, 2, 3, 4]));
    const window = reader.window(3);
    expect([window.remaining, window.u8(), reader.u8(), reader.remaining]).toEqual([3, 1, 4, 0]);
  });

  test('bytes shares memory with the source and is a plain Uint8Array even from a Buffer', () => {
    const source = Buffer.from('0102030405', 'hex');
    const view = new Reader(source, 1).bytes(2);
    source[1] = 9;
    expect(Object.getPrototypeOf(view)).toBe(Uint8Array.prototype);
    expect([...view]).toEqual([9, 3]);
  });

  test('a window outside the source is a RangeError', () => {
    expect(() => new Reader(new Uint8Array(4), 0, 5)).toThrow(RangeError);
    expect(() => new Reader(new Uint8Array(4), 3, 2)).toThrow(RangeError);
  });
});

describe('Writer', () => {
  test('grows from any capacity and gives back what a Reader then reads', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.nat(0xff), fc.nat(0xffff), fc.nat(0xffffffff), octets, text, fc.nat(70), (capacity, a, b, c, some, words, gap) => {
        const written = new Writer(capacity).u8(a).u16(b).u32(c).bytes(some).utf8(words).zeros(gap).finish();
        const reader = new Reader(written);
        expect([reader.u8(), reader.u16(), reader.u32()]).toEqual([a, b, c]);
        expect(reader.bytes(some.length)).toEqual(some);
        expect(reader.utf8(reader.remaining - gap)).toBe(words);
        expect(reader.bytes(gap)).toEqual(new Uint8Array(gap));
        expect(reader.remaining).toBe(0);
      }),
    );
  });

  test.each([-1, 0.5, 2 ** 32, Number.NaN])('%s fits no field: RangeError', (value) => {
    expect(() => new Writer().u8(value)).toThrow(RangeError);
    expect(() => new Writer().u16(value)).toThrow(RangeError);
    expect(() => new Writer().u32(value)).toThrow(RangeError);
    expect(() => new Writer().zeros(value === 2 ** 32 ? -value : value)).toThrow(RangeError);
  });

  test('a 16-bit field is patched in place, but not beyond what was written', () => {
    const writer = new Writer().u32(0).u8(7);
    writer.setU16(2, 0xabcd);
    expect(() => writer.setU16(4, 1)).toThrow(RangeError);
    expect(() => writer.setU16(-1, 1)).toThrow(RangeError);
    expect(toHex(writer.finish())).toBe('0000abcd07');
  });

  test('finish hands the bytes over, so that later writes cannot change them', () => {
    const writer = new Writer(8).u16(0x0102);
    const first = writer.finish();
    expect(toHex(writer.u16(0xffff).finish())).toBe('ffff');
    expect(toHex(first)).toBe('0102');
  });
});

describe('hex and text', () => {
  test('hex goes both ways, in either case', () => {
    fc.assert(
      fc.property(octets, (some) => {
        expect(fromHex(toHex(some))).toEqual(some);
        expect(fromHex(toHex(some).toUpperCase())).toEqual(some);
        expect(toHex(some)).toBe(Buffer.from(some).toString('hex'));
      }),
    );
  });

  test.each(['0', 'abc', '0g', 'g0', ' 1', '1 ', '0x', '+1', '٣٣', '\u212a0'])('%j is not hex', (bad) => {
    expect(fromHex(bad)).toBeUndefined();
  });

  test('text goes both ways, byte order marks too', () => {
    fc.assert(fc.property(text, (words) => void expect(fromUtf8(utf8(words))).toBe(words)));
    expect(fromUtf8(utf8('\ufeffa'))).toBe('\ufeffa');
  });

  test.each(['ff', '61c3', 'c080', 'eda080', 'f4908080', `${'61'.repeat(60)}80`])('malformed UTF-8 %s is a DecodeError', (hex) => {
    expect(() => fromUtf8(fromHex(hex)!)).toThrow(DecodeError);
  });
});

test('equalBytes is equality of length and content', () => {
  fc.assert(fc.property(octets, octets, (one, other) => void expect(equalBytes(one, other)).toBe(toHex(one) === toHex(other))));
  fc.assert(fc.property(octets, (some) => void expect(equalBytes(some, some.slice())).toBe(true)));
});

test('concatBytes puts the parts in order into memory of its own', () => {
  fc.assert(
    fc.property(fc.array(octets), (parts) => {
      const whole = concatBytes(...parts);
      expect(toHex(whole)).toBe(parts.map(toHex).join(''));
      expect(parts.some((part) => part.buffer === whole.buffer)).toBe(false);
    }),
  );
});

test('what cannot be read is a value, and a bug in reading it is still thrown', () => {
  expect(readable(() => new Reader(new Uint8Array(1)).u16())).toBeInstanceOf(DecodeError);
  const bug = new TypeError('a bug');
  expect(() => readable(() => { throw bug; })).toThrow(bug);
});
