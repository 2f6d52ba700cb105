/** The STUN server over TCP: requests however they are cut, an answer for each, and an end for what is not STUN. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes } from '../../effects/wire/bytes.ts';
import { decodeStun, encodeStun, type StunMessage } from '../../effects/wire/stun.ts';
import { cutStun, STREAM_MESSAGE_LIMIT, STREAM_MESSAGES } from '../../machines/nat-check/stun-stream.ts';
import { append, hex, request } from './stun-arbitrary.ts';
import { change, classicBytes, FOUR, FOUR_TCP, inWords, modernBytes, ONE, Site } from './stun-server-site.ts';

const CONNECTION = 'tcp-a1p1/1';
const closed = { type: 'close', socket: CONNECTION };
const said = (effect: ReturnType<Site['stream']>): string[] => (effect?.type === 'tcp.send' ? messages(effect.data).map(inWords) : []);

function messages(data: Uint8Array): StunMessage[] {
  return (cutStun(data)?.frames ?? []).map(decodeStun);
}

describe('a connection', () => {
  test('is told its address, the end that it reached, and the other address when all four listen', () => {
    const mapped = 'success xor-mapped-address=203.0.113.9:40000 mapped-address=203.0.113.9:40000 response-origin=198.51.100.1:3478';
    expect(said(new Site(FOUR_TCP).accept().stream(modernBytes()))).toEqual([`${mapped} other-address=198.51.100.2:3479`]);
    expect(said(new Site({ ...ONE, 'tcp-a1p1': FOUR.a1p1 }).accept().stream(modernBytes()))).toEqual([mapped]);
    expect(said(new Site({ ...FOUR, 'tcp-a1p1': FOUR.a1p1 }).accept().stream(modernBytes()))).toEqual([mapped]);
  });

  test('of a server that is bound to every address is told the one that it reached', () => {
    const site = new Site({ a1p1: { host: '0.0.0.0', port: 3478 }, 'tcp-a1p1': { host: '0.0.0.0', port: 3478 } }).accept();
    expect(said(site.stream(modernBytes()))[0]).toContain('response-origin=198.51.100.1:3478');
  });

  test('to an address beside others is told that one and no other', () => {
    const opened = { ...ONE, 'beside-1': FOUR.a2p1, 'tcp-beside-1': FOUR.a2p1 };
    const told = 'success xor-mapped-address=203.0.113.9:40000 mapped-address=203.0.113.9:40000 response-origin=198.51.100.2:3478';
    expect(said(new Site(opened).accept(CONNECTION, 'tcp-beside-1', FOUR.a2p1).stream(modernBytes()))).toEqual([told]);
    const answer = new Site(opened).answer(modernBytes(), 'beside-1');
    expect([answer && inWords(answer.message), answer?.socket]).toEqual([told, 'beside-1']);
    expect(new Site(opened).answer(modernBytes([change(true, false)]), 'beside-1')?.message.class).toBe('error');
  });

  test('cannot be answered from elsewhere or to elsewhere', () => {
    const site = new Site(FOUR_TCP).accept();
    expect(said(site.stream(modernBytes([change(false, true)])))).toEqual(['error 420 unknown=0003']);
    expect(said(site.stream(modernBytes([{ type: 'response-port', port: 9 }])))).toEqual(['error 420 unknown=0027']);
    expect(said(site.stream(modernBytes([change(false, false)])))[0]).toMatch(/^success/);
  });

  test('stays open after what needs no answer', () => {
    const site = new Site(FOUR_TCP).accept();
    expect(site.stream(encodeStun({ ...request(), class: 'indication' }))).toBeUndefined();
    expect(said(site.stream(modernBytes()))).toHaveLength(1);
  });

  test('gets as many answers as there were requests, in their order, however they were cut', () => {
    const ids = Array.from({ length: 5 }, (_, n) => new Uint8Array(12).fill(n));
    const stream = concatBytes(...ids.map((transactionId, n) => encodeStun({ ...request(...(n % 2 ? [change(false, false)] : [])), transactionId })));
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 12 }), (cuts) => {
        const site = new Site(FOUR_TCP).accept();
        const places = [0, ...cuts.toSorted((one, other) => one - other), stream.length];
        const sent = places.slice(1).map((end, n) => site.stream(stream.subarray(places[n], end)));
        const heard = sent.flatMap((effect) => (effect?.type === 'tcp.send' ? messages(effect.data) : []));
        expect(heard.map(({ transactionId }) => transactionId)).toEqual(ids);
      }),
    );
  });

  test('may ask for 32 things at once, and 32 more', () => {
    const burst = concatBytes(...Array.from({ length: STREAM_MESSAGES }, () => modernBytes()));
    const site = new Site(FOUR_TCP).accept();
    expect([said(site.stream(burst)).length, said(site.stream(burst)).length]).toEqual([STREAM_MESSAGES, STREAM_MESSAGES]);
  });

  test('byte by byte', () => {
    const site = new Site(FOUR_TCP).accept();
    const sent = [...modernBytes()].map((byte) => site.stream(new Uint8Array([byte])));
    expect(sent.map((effect) => effect?.type)).toEqual([...Array.from({ length: 19 }, () => undefined), 'tcp.send']);
  });

  test('may send a message of 2 KiB', () => {
    const padded = modernBytes([{ type: 'padding', length: STREAM_MESSAGE_LIMIT - 24 }]);
    expect(padded).toHaveLength(STREAM_MESSAGE_LIMIT);
    const effect = new Site(FOUR_TCP).accept().stream(padded);
    expect(effect?.type === 'tcp.send' && inWords(decodeStun(effect.data))).toContain(`padding=${STREAM_MESSAGE_LIMIT - 24}`);
  });
});

describe('a connection is closed', () => {
  test.each<[string, Uint8Array]>([
    ['for HTTP', new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n')],
    ['for a TLS greeting', hex('16030100f8010000f4')],
    ['for one byte that begins nothing', hex('80')],
    ['for a message of more than 2 KiB, at its header', hex('000107f0')],
    ['for a length that is no multiple of 4', hex('00010003')],
    ['for a wrong cookie', hex('000100002112a443')],
    ['for a classic request', classicBytes()],
    ['for more requests at once than a client has', concatBytes(...Array.from({ length: STREAM_MESSAGES + 1 }, () => modernBytes()))],
    ['for junk behind a request', new Uint8Array([...modernBytes(), 0xff])],
  ])('%s', (_, data) => {
    const site = new Site(FOUR_TCP).accept();
    expect(site.stream(data)).toEqual(closed);
    expect(site.stream(modernBytes())).toEqual(closed);
  });

  test('that nobody accepted, or that has ended', () => {
    expect(new Site(FOUR_TCP).stream(modernBytes())).toEqual(closed);
    for (const end of ['tcp.closed', 'net.failed'] as const) expect(new Site(FOUR_TCP).accept().ended(end).stream(modernBytes())).toEqual(closed);
  });
});

test('what is kept of a stream is less than one message, whatever comes', () => {
  const pieces = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.constant(modernBytes()), fc.nat(500).map((cut) => append(modernBytes(), '00260200' + '00'.repeat(512)).subarray(0, cut)));
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 20 }), (stream) => {
      let rest = new Uint8Array(0);
      for (const piece of stream) {
        const cut = cutStun(concatBytes(rest, piece));
        if (!cut) return;
        rest = cut.rest.slice();
        expect(rest.length).toBeLessThan(STREAM_MESSAGE_LIMIT);
      }
    }),
  );
});
