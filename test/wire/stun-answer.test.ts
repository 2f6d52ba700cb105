/** What the STUN server says to one datagram: which answer, from which socket, to whom, and about what it is silent. */
import { describe, expect, test } from 'vitest';
import { toHex } from '../../effects/wire/bytes.ts';
import { encodeStun, type StunAttribute, stunMethod, verifyFingerprint } from '../../effects/wire/stun.ts';
import { append, classic, classicId, hex, id, request } from './stun-arbitrary.ts';
import { change, classicBytes, CLIENT, FOUR, inWords, modernBytes, ONE, Site, SIX } from './stun-server-site.ts';

const four = new Site(FOUR);
const one = new Site(ONE);
const said = (site: Site, data: Uint8Array, socket?: string): string => {
  const answer = site.answer(data, socket);
  return answer ? inWords(answer.message) : 'nothing';
};

describe('a modern request', () => {
  test('is told its address twice, where the answer comes from, and the other address', () => {
    expect(said(four, modernBytes())).toBe(
      'success xor-mapped-address=203.0.113.9:40000 mapped-address=203.0.113.9:40000 response-origin=198.51.100.1:3478 other-address=198.51.100.2:3479',
    );
    expect(four.answer(modernBytes())).toMatchObject({ socket: 'a1p1', to: CLIENT, size: 68, message: { transactionId: id } });
  });

  test('is told of no other address by a server that has one only', () => {
    expect(said(one, modernBytes())).toBe('success xor-mapped-address=203.0.113.9:40000 mapped-address=203.0.113.9:40000 response-origin=198.51.100.1:3478');
  });

  test('is not told an origin by a server that is bound to every address', () => {
    const everywhere = new Site({ a1p1: { host: '0.0.0.0', port: 3478 } });
    expect(said(everywhere, modernBytes())).toBe('success xor-mapped-address=203.0.113.9:40000 mapped-address=203.0.113.9:40000');
    expect(said(everywhere, classicBytes())).toBe('success mapped-address=203.0.113.9:40000');
  });

  test('byte for byte', () => {
    expect(toHex(four.answer(modernBytes())!.bytes)).toBe(
      `010100302112a442${toHex(id)}` + '002000080001bd52ea12d54b' + '0001000800019c40cb007109' + '802b000800010d96c6336401' + '802c000800010d97c6336402',
    );
  });

  test('over IPv6 is told so, and its zone is nobody else\'s business', () => {
    const answer = new Site(SIX).answer(modernBytes(), 'a1p1', { host: 'fe80::7%eth0', port: 5 })!;
    expect(inWords(answer.message)).toBe('success xor-mapped-address=fe80::7:5 mapped-address=fe80::7:5 response-origin=2001:db8::1:3478 other-address=2001:db8::2:3479');
    expect([answer.to.host, answer.size]).toEqual(['fe80::7%eth0', 116]);
  });

  test('that has a FINGERPRINT is answered with one, and with a wrong one not at all', () => {
    const bytes = modernBytes([], { fingerprint: true });
    expect(verifyFingerprint(four.answer(bytes)!.bytes)).toBe(true);
    bytes[bytes.length - 1]! ^= 1;
    expect(said(four, bytes)).toBe('nothing');
  });

  test('with credentials is answered as if without: there is no password here', () => {
    const bytes = encodeStun(request({ type: 'username', value: 'someone' }), { integrity: { key: new Uint8Array(16), algorithm: 'sha1' } });
    expect(said(one, bytes)).toMatch(/^success xor-mapped-address=\S+ mapped-address=\S+ response-origin=\S+$/);
  });
});

describe('a classic request', () => {
  test('is answered with what RFC 3489 knows, and nothing else', () => {
    expect(said(four, classicBytes())).toBe('success mapped-address=203.0.113.9:40000 source-address=198.51.100.1:3478 changed-address=198.51.100.2:3479');
    expect(four.answer(classicBytes())).toMatchObject({ size: 56, message: { transactionId: classicId } });
  });

  test('is told of no changed address by a server that has one only', () => {
    expect(said(one, classicBytes(change(false, false)))).toBe('success mapped-address=203.0.113.9:40000 source-address=198.51.100.1:3478');
  });

  test('to send the answer elsewhere is refused, never obeyed', () => {
    const asked: StunAttribute = { type: 'response-address', endpoint: { host: '192.0.2.66', port: 53 } };
    expect(said(four, classicBytes(asked))).toBe('error 420 unknown=0002,0002');
    expect(four.answer(classicBytes(asked))?.to).toEqual(CLIENT);
    expect(said(four, modernBytes([asked]))).toBe('error 420 unknown=0002');
  });
});

describe('CHANGE-REQUEST', () => {
  const moves: [string, boolean, boolean, string][] = [
    ['a1p1', false, false, 'a1p1'],
    ['a1p1', false, true, 'a1p2'],
    ['a1p1', true, false, 'a2p1'],
    ['a1p1', true, true, 'a2p2'],
    ['a1p2', true, false, 'a2p2'],
    ['a1p2', true, true, 'a2p1'],
    ['a2p1', false, true, 'a2p2'],
    ['a2p1', true, true, 'a1p2'],
    ['a2p2', true, false, 'a1p2'],
    ['a2p2', true, true, 'a1p1'],
  ];

  test.each(moves)('to %s (IP %s, port %s) is answered from %s, which it names; the other address stays', (socket, ip, port, from) => {
    const otherOf = { a1p1: '198.51.100.2:3479', a1p2: '198.51.100.2:3478', a2p1: '198.51.100.1:3479', a2p2: '198.51.100.1:3478' };
    const origin = Object.entries(FOUR).flatMap(([label, { host, port: own }]) => (label === from ? [`${host}:${own}`] : []))[0];
    const other = otherOf[socket as keyof typeof otherOf];
    for (const options of [{}, { fingerprint: true }]) {
      const answer = four.answer(modernBytes([change(ip, port)], options), socket)!;
      expect([answer.socket, inWords(answer.message)]).toEqual([from, expect.stringContaining(`response-origin=${origin} other-address=${other}`)]);
    }
    const answer = four.answer(classicBytes(change(ip, port)), socket)!;
    expect([answer.socket, inWords(answer.message)]).toEqual([from, `success mapped-address=203.0.113.9:40000 source-address=${origin} changed-address=${other}`]);
  });

  test('on a single address is refused, unless nothing is to change', () => {
    for (const [ip, port] of [[true, false], [false, true], [true, true]] as const) {
      expect(said(one, modernBytes([change(ip, port)]))).toBe('error 420 unknown=0003');
      expect(said(one, classicBytes(change(ip, port)))).toBe('error 420 unknown=0003,0003');
    }
    expect(said(one, modernBytes([change(false, false)]))).toMatch(/^success/);
  });

  test('counts when it comes first', () => {
    expect(four.answer(modernBytes([change(false, true), change(true, false)]))?.socket).toBe('a1p2');
    expect(said(one, modernBytes([change(false, false), change(true, true)]))).toMatch(/^success/);
  });
});

describe('RESPONSE-PORT and PADDING', () => {
  test('the answer goes to that port of the same address, and names the port that asked', () => {
    const answer = four.answer(modernBytes([{ type: 'response-port', port: 5000 }]))!;
    expect(answer.to).toEqual({ ...CLIENT, port: 5000 });
    expect(inWords(answer.message)).toContain('mapped-address=203.0.113.9:40000');
  });

  test('a padding comes back as long as it was', () => {
    for (const length of [0, 1, 1500]) {
      const data = modernBytes([{ type: 'padding', length }]);
      const answer = four.answer(data)!;
      expect([inWords(answer.message).endsWith(` padding=${length}`), answer.size - data.length]).toEqual([true, 48]);
    }
  });

  test('both at once are a bad request, and so is port 0; the answer goes to who asked', () => {
    const padded: StunAttribute[] = [{ type: 'padding', length: 400 }, { type: 'response-port', port: 9 }];
    for (const attributes of [padded, padded.toReversed(), [{ type: 'response-port', port: 0 }] as StunAttribute[]]) {
      expect(four.answer(modernBytes(attributes))?.to).toEqual(CLIENT);
      expect(said(four, modernBytes(attributes))).toBe('error 400');
    }
  });
});

describe('unknown attributes', () => {
  const unknown = (code: number): StunAttribute => ({ type: 'unknown', code, value: new Uint8Array(0) });

  test('that must be understood are listed, once each and at most 32', () => {
    expect(said(four, modernBytes([unknown(0x77), unknown(0x7fff), unknown(0x77)]))).toBe('error 420 unknown=0077,7fff');
    const many = Array.from({ length: 500 }, (_, n) => unknown(0x4000 + n));
    expect(four.answer(modernBytes(many))?.size).toBe(20 + 28 + 4 + 64);
  });

  test('that belong to TURN or ICE are as unknown here', () => {
    expect(said(four, modernBytes([{ type: 'requested-transport', protocol: 17 }, { type: 'priority', value: 1 }]))).toBe('error 420 unknown=0019,0024');
  });

  test('that may be ignored are', () => {
    expect(said(four, modernBytes([unknown(0xc001), { type: 'software', value: 'x' }]))).toMatch(/^success/);
  });

  test('count before anything else is obeyed', () => {
    const answer = four.answer(modernBytes([change(true, true), { type: 'response-port', port: 9 }, unknown(0x77)]))!;
    expect([answer.socket, answer.to, inWords(answer.message)]).toEqual(['a1p1', CLIENT, 'error 420 unknown=0077']);
  });
});

describe('there is no answer', () => {
  const header = modernBytes();
  test.each<[string, Uint8Array]>([
    ['to nothing', new Uint8Array(0)],
    ['to an indication', encodeStun({ ...request(), class: 'indication' })],
    ['to an answer', encodeStun({ ...request(), class: 'success' })],
    ['to an error', encodeStun({ ...classic(), class: 'error' })],
    ['to another method', encodeStun({ ...request(), method: stunMethod.allocate })],
    ['to a shared secret request', encodeStun({ ...classic(), method: stunMethod.sharedSecret })],
    ['to ChannelData', hex('40010004' + '00'.repeat(16))],
    ['to a length that is short', new Uint8Array([...header, 0, 0, 0, 0])],
    ['to a length that is long', append(header, '80220004').subarray(0, 22)],
    ['to a length that is no multiple of 4', append(header, '8022')],
    ['to a CHANGE-REQUEST of 8 bytes', append(header, '00030008' + '00'.repeat(8))],
    ['to text', new TextEncoder().encode('REGISTER me at this rendezvous')],
  ])('%s', (_, data) => {
    for (const site of [four, one]) expect(site.hear(data)).toBeUndefined();
  });

  test('to port 0, to what is no address, and to the server itself', () => {
    for (const from of [{ ...CLIENT, port: 0 }, { host: 'example.org', port: 9 }, ...Object.values(FOUR)]) expect(four.hear(header, 'a1p1', from)).toBeUndefined();
    expect(four.hear(header, 'a1p1', { ...FOUR.a1p1, port: 5000 })).toBeDefined();
  });

  test('to what came to a socket that is not the server\'s', () => {
    expect(four.hear(header, 'another')).toBeUndefined();
  });
});
