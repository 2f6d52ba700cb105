/** The bytes of a STUN check: what it asks, to the byte, and whatever a server says is an answer, a refusal, or nothing. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../effects/wire/bytes.ts';
import { encodeStun, type StunAttribute, type StunMessage, stunMethod } from '../../effects/wire/stun.ts';
import { type CheckMessage, checkCodec } from '../../machines/nat-check/stun-messages.ts';
import { answerStun } from '../../machines/nat-check/stun-answer.ts';
import { udpSites } from '../../machines/nat-check/stun-sites.ts';
import { anyMessage, flip, hex, id } from './stun-arbitrary.ts';

const codec = checkCodec();
const txid = toHex(id);
const HEAD = `2112a442${txid}`;
const CLIENT = { host: '198.18.1.2', port: 40_000 };
const INSIDE = { host: '192.168.1.2', port: 40_000 };
const OTHER = { host: '198.18.0.3', port: 3_479 };

const said = (...attributes: readonly StunAttribute[]): CheckMessage | string => read(encodeStun(message('success', attributes)));
const message = (kind: StunMessage['class'], attributes: readonly StunAttribute[]): StunMessage => ({ class: kind, method: stunMethod.binding, transactionId: id, attributes });

function read(bytes: Uint8Array): CheckMessage | string {
  const decoded = codec.decode(bytes);
  return decoded.kind === 'message' ? decoded.message : decoded.kind;
}

describe('a request', () => {
  test.each([
    ['plain', {}, '00010000', ''],
    ['to change both', { change: 'both' }, '00010008', '00030004' + '00000006'],
    ['to change the address', { change: 'address' }, '00010008', '00030004' + '00000004'],
    ['to change the port', { change: 'port' }, '00010008', '00030004' + '00000002'],
    ['to answer to another port', { responsePort: 0x1234 }, '00010008', '00270002' + '12340000'],
    ['for both of these', { change: 'both', responsePort: 0x1234 }, '00010010', '0003000400000006' + '0027000212340000'],
  ] as const)('%s is these bytes, and is read back', (_, more, head, tail) => {
    const ask = { type: 'ask', txid, ...more } as const;
    expect(toHex(codec.encode(ask))).toBe(head + HEAD + tail);
    expect(read(codec.encode(ask))).toEqual({ change: undefined, responsePort: undefined, ...ask });
  });

  test('with CHANGE-REQUEST that changes nothing is plain', () => {
    expect(read(hex(`00010008${HEAD}0003000400000000`))).toMatchObject({ type: 'ask', change: undefined });
  });
});

describe('an answer', () => {
  const plain = { type: 'mapped-address', endpoint: INSIDE } as const;
  const xor = { type: 'xor-mapped-address', endpoint: CLIENT } as const;

  test('of our server says all that there is', () => {
    const site = udpSites({ a1p1: { host: '198.18.0.2', port: 3478 }, a1p2: { host: '198.18.0.2', port: 3479 }, a2p1: { host: '198.18.0.3', port: 3478 }, a2p2: OTHER }).get('a1p1');
    const bytes = site && answerStun(site, codec.encode({ type: 'ask', txid }), CLIENT)?.bytes;
    expect(read(bytes ?? new Uint8Array(0))).toEqual({ type: 'answer', txid, mapped: CLIENT, rewritten: undefined, other: OTHER });
  });

  test('is read by its XORed address, and an address that a box has rewritten is noticed', () => {
    expect(said(plain, xor)).toMatchObject({ mapped: CLIENT, rewritten: INSIDE });
    expect(said(xor, { ...plain, endpoint: CLIENT })).toMatchObject({ mapped: CLIENT, rewritten: undefined });
  });

  test('of a classic server is read by its plain one', () => {
    expect(said(plain, { type: 'changed-address', endpoint: OTHER })).toEqual({ type: 'answer', txid, mapped: INSIDE, rewritten: undefined, other: OTHER });
  });

  test.each([
    ['port 0', { host: '198.18.1.2', port: 0 }],
    ['no address', { host: '0.0.0.0', port: 5 }],
    ['no IPv6 address', { host: '::', port: 5 }],
  ])('with %s says nothing', (_, endpoint) => {
    expect(said({ ...xor, endpoint })).toBe('unreadable');
    expect(said(xor, { type: 'other-address', endpoint })).toMatchObject({ mapped: CLIENT, other: undefined });
    expect(said({ ...xor, endpoint }, plain)).toMatchObject({ mapped: INSIDE });
  });

  test('without an address, an error without a code, and what is no Binding say nothing', () => {
    expect(said()).toBe('unreadable');
    expect(read(encodeStun(message('error', [])))).toBe('unreadable');
    expect(read(encodeStun(message('indication', [xor])))).toBe('unreadable');
    expect(read(encodeStun({ ...message('success', [xor]), method: stunMethod.allocate }))).toBe('unreadable');
  });

  test('in the classic form is none, for its id is not one that was asked with', () => {
    expect(read(encodeStun({ ...message('success', [xor]), transactionId: new Uint8Array(16).fill(7) }))).toBe('unreadable');
  });

  test.each([300, 420, 500, 699])('of error %d is a refusal with that code', (code) => {
    expect(read(encodeStun(message('error', [{ type: 'error-code', code, reason: 'No' }])))).toEqual({ type: 'refusal', txid, code });
  });
});

describe('whatever comes', () => {
  test('any STUN message is read or left, and what is read is written back alike', () => {
    fc.assert(
      fc.property(anyMessage(), (any) => {
        const found = read(encodeStun(any));
        if (typeof found !== 'string') expect(read(codec.encode(found))).toEqual(found);
      }),
    );
  });

  test('bytes of any kind, flipped or cut short, never throw', () => {
    const whole = codec.encode({ type: 'answer', txid, mapped: CLIENT, rewritten: INSIDE, other: OTHER });
    for (let bit = 0; bit < 8 * whole.length; bit += 1) read(flip(whole, bit));
    for (let length = 0; length < whole.length; length += 1) expect(read(whole.subarray(0, length))).toBe('unreadable');
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void read(bytes)));
  });
});
