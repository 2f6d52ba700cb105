/** pwnat's bytes: those of both variants as they were seen on the wire, those of our own ends, and what becomes of hostile ones. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { redactor } from '../../effects/codec.ts';
import { fromHex, toHex, utf8 } from '../../effects/wire/bytes.ts';
import { encodeIcmp, IP_PROTOCOL } from '../../effects/wire/icmp.ts';
import { encodeStun, stunMethod } from '../../effects/wire/stun.ts';
import { publicPwnatCodec, pwnatCodec, type PwnatMessage } from '../../machines/index.ts';

const PAIR = '00112233445566778899aabbccddeeff';
const SERVER = { host: '198.18.1.2', port: 2222 };

const plain = pwnatCodec();
const pypwnat = pwnatCodec({ variant: 'pypwnat' });
const secret = pwnatCodec({ secret: 'a long secret' });

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replace(/ /g, ''), 'hex'));

describe('by ICMP', () => {
  test.each([
    ['pwnat, the echo request to 3.3.3.3', plain, { type: 'echo' }, '0800 f7ff 0000 0000'],
    ['pwnat, the forged error', plain, { type: 'exceeded', about: '198.18.1.2' }, '0b00 f4ff 00000000  4500 001c 0100 0000 0101 ebc7 c6120102 03030303  0800 f7ff 0000 0000'],
    ['pypwnat, the echo request to 59.66.1.1', pypwnat, { type: 'echo' }, '0800 f7ab 002a 002a'],
    ['pypwnat, the forged error, with the right length', pypwnat, { type: 'exceeded', about: '198.18.1.2' }, '0b00 f4ab 002a002a  4500 001c 002a 0000 4001 7760 c6120102 3b420101  0800 f7ab 002a 002a'],
  ] as const)('%s, is byte for byte as it was seen, and read back', (_, codec, message, bytes) => {
    expect(toHex(codec.icmp?.encode(message) ?? utf8(''))).toBe(bytes.replace(/ /g, ''));
    expect(codec.icmp?.decode(hex(bytes))).toEqual({ kind: 'message', message });
  });

  test('the errors of pypwnat are read, with the length in its own byte order, and of its fork, with words behind and a sum over the header', () => {
    const original = '0b00 f4ab 002a002a  4500 1c00 002a 0000 4001 5b7c c6120102 3b420101  0800 f7ab 002a 002a';
    const fork = `0b00 f4ff 00000000  4500 001c 002a 0000 4001 7760 c6120102 3b420101  0800 f7ab 002a 002a ${Buffer.from('Hello from pypwnat in ICMP').toString('hex')}`;
    for (const bytes of [original, fork]) expect(pypwnat.icmp?.decode(hex(bytes))).toEqual({ kind: 'message', message: { type: 'exceeded', about: '198.18.1.2' } });
  });

  test('errors about anything but the echo to nobody are somebody else\'s', () => {
    const trace = '0b00 f4ff 00000000  4500 001c 0100 0000 0111 ebb7 c6120102 03030303  8000 829a 0008 0000';
    const elsewhere = '0b00 f4ff 00000000  4500 001c 0100 0000 0101 ebc6 c6120102 03030304  0800 f7ff 0000 0000';
    for (const bytes of [trace, elsewhere, '0b00 f4ff 00000000', '']) expect(plain.icmp?.decode(hex(bytes))).toEqual({ kind: 'payload' });
  });

  test('what routers say of our datagrams is understood', () => {
    const said = { type: 'rejected', source: { host: '10.0.0.2', port: 2222 }, to: SERVER, why: 'port' } as const;
    expect(plain.icmp?.decode(plain.icmp.encode(said))).toEqual({ kind: 'message', message: said });
    for (const why of ['filtered', 'no-route'] as const) expect(plain.icmp?.decode(plain.icmp.encode({ ...said, why }))).toEqual({ kind: 'message', message: { ...said, why } });
  });

  test('a ping and its answer are told by their kind and have one identifier, which is not that of the echo to nobody', () => {
    for (const type of ['ping', 'pong'] as const) expect(plain.icmp?.decode(plain.icmp.encode({ type, id: 7 }))).toEqual({ kind: 'message', message: { type, id: 7 } });
    expect(plain.icmp?.decode(hex('0800 f7fe 0000 0001'))).toEqual({ kind: 'message', message: { type: 'ping', id: 0 } });
  });

  test('what routers say of anything but UDP is somebody else\'s', () => {
    const quoted = { src: '10.0.0.2', dst: SERVER.host, data: new Uint8Array(8) };
    const rejected = (protocol: number): Uint8Array => encodeIcmp({ kind: 'unreachable', code: 3, rest: 0, quoted: { ...quoted, protocol } });
    expect([IP_PROTOCOL.udp, 6, IP_PROTOCOL.icmp].map((protocol) => plain.icmp?.decode(rejected(protocol)).kind)).toEqual(['message', 'payload', 'payload']);
  });
});

/** By udptunnel, as they were seen. */
const TUNNEL: readonly (readonly [string, PwnatMessage, string])[] = [
  ['HELLO', { type: 'hello', request: 0xf71e, host: '127.0.0.1', port: '8080', size: 21 }, `0000 02 0010 f71e ${Buffer.from('127.0.0.1 8080').toString('hex')}`],
  ['HELLOACK', { type: 'helloAck', id: 1, request: 0x3252 }, '0001 03 0002 3252'],
  ['KEEPALIVE', { type: 'keepAlive', id: 1 }, '0001 04 0000'],
  ['DATA0', { type: 'data', id: 1, kind: 0, body: utf8('GET') }, '0001 05 0003 474554'],
  ['DATA1', { type: 'data', id: 0xffff, kind: 1, body: utf8('x') }, 'ffff 06 0001 78'],
  ['ACK0', { type: 'ack', id: 0, kind: 0 }, '0000 07 0000'],
  ['ACK1', { type: 'ack', id: 258, kind: 1 }, '0102 08 0000'],
  ['GOODBYE', { type: 'goodbye', id: 1 }, '0001 01 0000'],
  ['the punch', { type: 'punch' }, ''],
  ["pypwnat's hello", { type: 'greeting' }, Buffer.from('Hello from pypwnat').toString('hex')],
];

/** Between our own ends. */
const LINK: readonly (readonly [string, PwnatMessage, string])[] = [
  ['OFFER', { type: 'offer', caller: PAIR.slice(0, 16) }, `0000 20 0010 ${PAIR.slice(0, 16)} 0000000000000000`],
  ['ACCEPT', { type: 'accept', pair: PAIR }, `0000 40 0010 ${PAIR}`],
  ['OPEN', { type: 'packet', by: 'caller', pair: PAIR, id: 7, sequence: 0, kind: 'open', body: utf8('web 80') }, `0007 21 001a ${PAIR} 00000000 ${Buffer.from('web 80').toString('hex')}`],
  ['DATA', { type: 'packet', by: 'listener', pair: PAIR, id: 7, sequence: 258, kind: 'data', body: utf8('x') }, `0007 42 0015 ${PAIR} 00000102 78`],
  ['END', { type: 'packet', by: 'caller', pair: PAIR, id: 7, sequence: 1, kind: 'end', body: utf8('') }, `0007 23 0014 ${PAIR} 00000001`],
  ['END that says why', { type: 'packet', by: 'listener', pair: PAIR, id: 7, sequence: 0, kind: 'end', body: Uint8Array.of(1) }, `0007 43 0015 ${PAIR} 00000000 01`],
  ['RECEIPT', { type: 'receipt', by: 'listener', pair: PAIR, id: 7, next: 5, limit: 261, seen: Uint8Array.of(0xa0) }, `0007 44 0019 ${PAIR} 00000005 00000105 a0`],
  ['PING', { type: 'linkPing', by: 'caller', pair: PAIR, serial: 1 }, `0000 25 0014 ${PAIR} 00000001`],
  ['PONG', { type: 'linkPong', by: 'listener', pair: PAIR, serial: 1 }, `0000 46 0014 ${PAIR} 00000001`],
  ['BYE', { type: 'linkBye', by: 'caller', pair: PAIR }, `0000 27 0010 ${PAIR}`],
];

test.each([...TUNNEL, ...LINK])('%s has these bytes, and they are read as it', (_, message, bytes) => {
  expect(toHex(plain.encode(message))).toBe(bytes.replace(/ /g, ''));
  expect(plain.decode(hex(bytes))).toEqual({ kind: 'message', message });
});

test('an accepted offer is no longer than the offer, and no answer to a first word is longer than that', () => {
  const [offer, accept] = [{ type: 'offer', caller: PAIR.slice(0, 16) }, { type: 'accept', pair: PAIR }] as const;
  for (const codec of [plain, secret]) expect(codec.encode(accept).length).toBeLessThanOrEqual(codec.encode(offer).length);
  const shortest = plain.encode({ type: 'hello', request: 0, host: 'a', port: '1' });
  expect(plain.encode({ type: 'helloAck', id: 1, request: 0 }).length).toBeLessThanOrEqual(shortest.length);
});

describe('with a secret', () => {
  test('each message of a link ends with sixteen bytes that only the same secret makes', () => {
    for (const [, message] of LINK) {
      const bytes = secret.encode(message);
      expect(bytes.length).toBe(plain.encode(message).length + 16);
      expect(secret.decode(bytes)).toEqual({ kind: 'message', message });
      expect(pwnatCodec({ secret: 'another' }).decode(bytes).kind).toBe('unreadable');
      expect(secret.decode(plain.encode(message)).kind).toBe('unreadable');
    }
  });

  test('nothing of udptunnel is read', () => {
    for (const [name, message, bytes] of TUNNEL) if (message.type !== 'punch' && message.type !== 'greeting') expect([name, secret.decode(hex(bytes)).kind]).toEqual([name, 'unreadable']);
  });

  test('no bit of a message can be changed', () => {
    const bytes = secret.encode({ type: 'packet', by: 'caller', pair: PAIR, id: 7, sequence: 3, kind: 'data', body: utf8('hello') });
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const bent = bytes.slice();
      bent[bit >> 3] = (bent[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7));
      expect([bit, secret.decode(bent).kind]).toEqual([bit, 'unreadable']);
    }
  });

  test('the numbers of a link are part of its key, so that nothing can be said again on another', () => {
    const bytes = secret.encode({ type: 'linkPing', by: 'caller', pair: PAIR, serial: 1 });
    const other = secret.encode({ type: 'linkPing', by: 'caller', pair: `ff${PAIR.slice(2)}`, serial: 1 });
    expect(toHex(bytes.subarray(-16))).not.toBe(toHex(other.subarray(-16)));
  });
});

describe('hostile bytes', () => {
  test.each([
    ['a HELLO without a request', '0000 02 0001 f7'],
    ['a HELLO without a host', '0000 02 0002 f71e'],
    ['a HELLO without a port', `0000 02 0005 f71e ${Buffer.from('abc').toString('hex')}`],
    ['a HELLO with an empty port', `0000 02 0006 f71e ${Buffer.from('abc ').toString('hex')}`],
    ['a HELLO with a port of six digits', `0000 02 000c f71e ${Buffer.from('abc 123456').toString('hex')}`],
    ['a HELLO with port 70000', `0000 02 000b f71e ${Buffer.from('abc 70000').toString('hex')}`],
    ['a HELLO with port 0', `0000 02 0007 f71e ${Buffer.from('abc 0').toString('hex')}`],
    ['a HELLO with a sign', `0000 02 0008 f71e ${Buffer.from('abc -1').toString('hex')}`],
    ['a HELLO with a NUL', `0000 02 0009 f71e ${Buffer.from('abc 80\0').toString('hex')}`],
    ['a HELLO with an id', '0001 02 0007 f71e 6120 3830 00'],
    ['a host of 1,000 letters', `0000 02 03ed f71e ${Buffer.from(`${'a'.repeat(1000)} 80`).toString('hex')}`],
    ['text that is not UTF-8', '0000 02 0007 f71e ff 20 38 30 30'],
    ['a body shorter than it says', '0001 05 0003 4745'],
    ['a body longer than it says', '0001 05 0001 4745'],
    ['DATA of no bytes', '0001 05 0000'],
    ['an ACK with a body', '0001 07 0001 00'],
    ['type 9', '0001 09 0000'],
    ['type 0', '0001 00 0000'],
    ['four bytes', '0001 05 00'],
    ['a link message without its numbers', '0001 24 0004 00000000'],
    ['type 8 of our own', `0001 28 0010 ${PAIR}`],
    ['a ping with more behind it', `0000 25 0015 ${PAIR} 00000001 00`],
    ['an END of two bytes', `0007 23 0016 ${PAIR} 00000001 0101`],
    ['a receipt of too many', `0007 44 0039 ${PAIR} 00000005 00000105 ${'ff'.repeat(33)}`],
  ])('%s is unreadable', (_, bytes) => {
    expect(plain.decode(hex(bytes)).kind).toBe('unreadable');
  });

  test('DATA of 1,025 bytes is unreadable, and of 1,024 is not', () => {
    const data = (size: number): PwnatMessage => ({ type: 'data', id: 1, kind: 0, body: new Uint8Array(size) });
    expect([plain.decode(plain.encode(data(1024))).kind, plain.decode(plain.encode(data(1025))).kind]).toEqual(['message', 'unreadable']);
  });

  test('whatever comes is a message, foreign or unreadable, and never an error', () => {
    for (const codec of [plain, pypwnat, secret, publicPwnatCodec()]) {
      fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => ['message', 'unreadable'].includes(codec.decode(bytes).kind)), { numRuns: 300 });
      fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => codec.icmp?.decode(bytes).kind !== 'unreadable'), { numRuns: 300 });
    }
    for (const [, , text] of [...TUNNEL, ...LINK]) {
      const bytes = hex(text);
      for (let size = 1; size < bytes.length; size += 1) expect(plain.decode(bytes.subarray(0, size)).kind).toBe('unreadable');
    }
  });

  test('a question to a STUN server is read as one, and of its answers only those that tell an address', () => {
    const txid = 'ab'.repeat(12);
    expect(plain.decode(plain.encode({ type: 'ask', txid }))).toEqual({ kind: 'message', message: { type: 'ask', txid } });
    const answer = { class: 'success', method: stunMethod.binding, transactionId: fromHex(txid)!, attributes: [{ type: 'mapped-address', endpoint: SERVER }] } as const;
    expect(plain.decode(encodeStun(answer))).toEqual({ kind: 'message', message: { type: 'mapped', txid, mapped: SERVER } });
    for (const other of [{ attributes: [] }, { class: 'error' as const }, { method: stunMethod.binding + 1 }]) expect(plain.decode(encodeStun({ ...answer, ...other })).kind).toBe('unreadable');
  });

  test('a recording whose body is no length, or that of none, is unreadable', () => {
    const kept = (body: string): string => publicPwnatCodec().decode(hex(`0001 05 ${(body.length / 2).toString(16).padStart(4, '0')} ${body}`)).kind;
    expect(['00000001', '000001', '7fffffff'].map(kept)).toEqual(['message', 'unreadable', 'unreadable']);
  });

  test('bytes of an application that look like STUN are still its own', () => {
    const body = new Uint8Array(0x121);
    body.set(hex('12a442'));
    const message: PwnatMessage = { type: 'data', id: 1, kind: 0, body };
    expect(plain.decode(plain.encode(message))).toEqual({ kind: 'message', message });
    const mapped: PwnatMessage = { type: 'mapped', txid: 'ab'.repeat(12), mapped: SERVER };
    expect(plain.decode(plain.encode(mapped))).toEqual({ kind: 'message', message: mapped });
  });
});

describe('in a recording', () => {
  const redact = redactor(secret, publicPwnatCodec());

  test('an application\'s bytes are kept by their length only, in packets and in streams, and nothing shows the secret', () => {
    const packet = (body: Uint8Array): PwnatMessage => ({ type: 'packet', by: 'caller', pair: PAIR, id: 7, sequence: 3, kind: 'data', body });
    const kept = redact(secret.encode(packet(utf8('a password'))));
    expect(toHex(kept ?? utf8(''))).toBe(`0007220018${PAIR}000000030000000a`);
    expect(publicPwnatCodec().decode(kept ?? utf8(''))).toEqual({ kind: 'message', message: packet(new Uint8Array(10)) });
    expect(redact(utf8('a password'), SERVER, 'local/1', 'tcp')).toBeUndefined();
    expect(redact(utf8('a password'), undefined, undefined, 'tcp')).toBeUndefined();
    const [one, other] = ['one', 'other'].map((word) => redactor(pwnatCodec({ secret: word }), publicPwnatCodec())(pwnatCodec({ secret: word }).encode(packet(utf8('x')))));
    expect(one).toEqual(other);
  });

  test('what cannot be read stands as that', () => {
    expect(publicPwnatCodec().decode(redact(utf8('rubbish')) ?? utf8('')).kind).toBe('unreadable');
  });
});
