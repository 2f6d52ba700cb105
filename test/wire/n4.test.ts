/** The eight bytes of n4, as n4.py sends and reads them, and where the messages of its TCP streams end. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex, utf8 } from '../../effects/wire/bytes.ts';
import { isIdent, n4Codec, type N4Message } from '../../machines/n4/codec.ts';

const codec = n4Codec();
const bytes = (hex: string): Uint8Array => fromHex(hex.replaceAll(' ', '')) ?? utf8('not hex');
const cut = (hex: string): string | undefined => {
  const found = codec.framing?.(bytes(hex));
  return found && [...found.frames.map(toHex), `+${found.rest.length}`].join(' ');
};

const HELLO = '01 00 6e 34 6e 34 6e 34';
const READY = '02 00 00 00 00 00 00 00';
const PEERINFO = '04 00 cb 00 71 0c 16 a1';

describe('bytes', () => {
  test.each<[N4Message, string]>([
    [{ type: 'hello', ident: 'n4n4n4' }, HELLO],
    [{ type: 'hello', ident: 'ab' }, '01 00 61 62 20 20 20 20'],
    [{ type: 'hello', ident: '' }, '01 00 20 20 20 20 20 20'],
    [{ type: 'ready' }, READY],
    [{ type: 'exchange', ident: 'n4n4n4' }, '03 00 6e 34 6e 34 6e 34'],
    [{ type: 'peerinfo', peer: { host: '203.0.113.12', port: 5793 } }, PEERINFO],
    [{ type: 'punch', ident: 'n4n4n4' }, '05 00 6e 34 6e 34 6e 34'],
  ])('%j', (message, hex) => {
    expect(toHex(codec.encode(message))).toBe(hex.replaceAll(' ', ''));
    expect(codec.decode(bytes(hex))).toEqual({ kind: 'message', message });
  });

  test('every ident and every endpoint comes back', () => {
    const ident = fc.stringMatching(/^[ -~]{0,6}$/).map((text) => text.replace(/ +$/, ''));
    const peer = fc.record({ host: fc.tuple(fc.integer({ min: 1, max: 223 }), fc.nat(255), fc.nat(255), fc.nat(255)).map((octets) => octets.join('.')), port: fc.integer({ min: 1, max: 65535 }) });
    const message = fc.oneof(
      fc.record({ type: fc.constantFrom('hello' as const, 'exchange' as const, 'punch' as const), ident }),
      fc.record({ type: fc.constant('peerinfo' as const), peer }),
    );
    fc.assert(
      fc.property(message, (one) => {
        expect(codec.decode(codec.encode(one))).toEqual({ kind: 'message', message: one });
      }),
    );
  });

  test('the reserved byte is not looked at, but in a PUNCH, of which n4.py wants every byte', () => {
    expect(codec.decode(bytes('01 ff 6e 34 6e 34 6e 34'))).toMatchObject({ message: { type: 'hello' } });
    expect(codec.decode(bytes('02 07 ff ff ff ff ff ff'))).toMatchObject({ message: { type: 'ready' } });
    expect(codec.decode(bytes('05 01 6e 34 6e 34 6e 34'))).toEqual({ kind: 'payload' });
  });

  test.each([
    ['no bytes', ''],
    ['seven bytes', '05 00 6e 34 6e 34 6e'],
    ['nine bytes', '05 00 6e 34 6e 34 6e 34 00'],
    ['an unknown command', '06 00 6e 34 6e 34 6e 34'],
    ['an ident that cannot be printed', '03 00 6e 34 6e 34 6e 1b'],
    ['an ident with bytes beyond ASCII', '03 00 6e 34 6e 34 6e e4'],
    ['a peer at port 0', '04 00 cb 00 71 0c 00 00'],
    ['a peer at 0.0.0.0', '04 00 00 00 00 00 16 a1'],
    ['a peer that is a multicast group', '04 00 e0 00 00 01 16 a1'],
    ['a peer that is everybody', '04 00 ff ff ff ff 16 a1'],
  ])('%s is no message', (_, hex) => expect(codec.decode(bytes(hex))).toEqual({ kind: 'payload' }));

  test('any other datagram is the application’s, and nothing throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (data) => {
        const decoded = codec.decode(data);
        if (data.length !== 8) expect(decoded).toEqual({ kind: 'payload' });
        else if (decoded.kind === 'message') expect(toHex(codec.encode(decoded.message)).slice(0, 2)).toBe(toHex(data).slice(0, 2));
      }),
    );
  });
});

describe('an ident', () => {
  test.each(['', 'a', 'n4n4n4', 'a b c', '~!@#$%'])('%j is one', (text) => expect(isIdent(text)).toBe(true));
  test.each(['sevenlt', 'a ', '\n', 'ä', 'a\u0000'])('%j is none', (text) => expect(isIdent(text)).toBe(false));
});

describe('a stream', () => {
  test('is eight bytes a message, however they come', () => {
    expect(cut('')).toBe('+0');
    expect(cut('01 00 6e')).toBe('+3');
    expect(cut(HELLO)).toBe('01006e346e346e34 +0');
    expect(cut(`${READY} 04 00 cb`)).toBe('0200000000000000 +3');
    expect(cut(`${READY} ${PEERINFO}`)).toBe('0200000000000000 0400cb00710c16a1 +0');
  });

  test.each([
    ['a HELLO with a byte too many', `${HELLO} 00`],
    ['two HELLOs at once', `${HELLO} ${HELLO}`],
    ['three words of a server', `${READY} ${PEERINFO} ${READY}`],
    ['what belongs to UDP: EXCHANGE', '03 00 6e 34 6e 34 6e 34'],
    ['what belongs to UDP: PUNCH', '05 00 6e 34 6e 34 6e 34'],
    ['another protocol', toHex(utf8('GET / HTTP/1.1\r\n\r\n'))],
    ['zeros', '00 00 00 00 00 00 00 00'],
  ])('is given up for %s', (_, hex) => expect(cut(hex)).toBeUndefined());

  test('never keeps more than seven bytes, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (data) => {
        const found = codec.framing?.(data);
        expect(found === undefined || found.rest.length < 8).toBe(true);
      }),
    );
  });
});
