/** The STUN server under hostile bytes: an answer or silence, never too large, and the hot path never says anything of its own. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sameEndpoint } from '../../effects/endpoint.ts';
import { equalBytes } from '../../effects/wire/bytes.ts';
import { ipv4ToText, ipv6ToText } from '../../effects/wire/stun-address.ts';
import { decodeStun, encodeStun, type StunAttribute } from '../../effects/wire/stun.ts';
import { answerStun } from '../../machines/nat-check/stun-answer.ts';
import { familyOf, quickAnswers } from '../../machines/nat-check/stun-quick.ts';
import { stunServerCodec } from '../../machines/nat-check/stun-server.ts';
import { udpSites } from '../../machines/nat-check/stun-sites.ts';
import { STUN_JUNK_KINDS, stunJunk } from '../load/stun-junk.ts';
import { runs } from '../runs.ts';
import { anyMessage, flip, groups } from './stun-arbitrary.ts';
import { change, classicBytes, CLIENT, FOUR, modernBytes, ONE, Site, SIX } from './stun-server-site.ts';

const OPENED = [FOUR, ONE, SIX, { a1p1: { host: '0.0.0.0', port: 1 } }];
const four = new Site(FOUR);

/** What is documented: see stun-answer.ts. */
const growth = (host: string): number => (host.includes(':') ? 96 : 48);

describe('the hot path', () => {
  const port = fc.integer({ min: 1, max: 65_535 });
  const ipv4 = fc.tuple(fc.nat(0xffff), fc.nat(0xffff)).map(([high, low]) => ipv4ToText(high, low));
  const ipv6 = groups().map(ipv6ToText);
  const from = (family: 4 | 6) => fc.record({ host: family === 4 ? ipv4 : ipv6, port });
  const head = fc.constant([0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42]);
  const id = fc.uint8Array({ minLength: 12, maxLength: 12 });
  const plain = fc.tuple(head, id).map(([start, own]) => new Uint8Array([...start, ...own]));
  const changing = fc.tuple(plain, fc.uint8Array({ minLength: 4, maxLength: 4 })).map(([start, flags]) => {
    const data = new Uint8Array([...start, 0, 3, 0, 4, ...flags]);
    data[3] = 8;
    return data;
  });
  const near = fc.tuple(fc.oneof(plain, changing), fc.nat()).map(([data, bit]) => flip(data, bit));

  test('answers as the general path does, byte for byte, whatever it takes', () => {
    let taken = 0;
    for (const opened of OPENED) {
      for (const [label, site] of udpSites(opened)) {
        const family = familyOf(Object.entries(opened).find(([own]) => own === label)![1]);
        const quick = quickAnswers(site, family);
        fc.assert(
          fc.property(fc.oneof(plain, changing, near), from(family), (data, client) => {
            const answer = quick(data, client);
            if (!answer) return;
            taken += 1;
            expect(answer).toEqual(answerStun(site, data, client));
          }),
          { numRuns: 300 },
        );
      }
    }
    expect(taken).toBeGreaterThan(1_000);
  });

  test('takes every plain request, and every CHANGE-REQUEST that can be obeyed', () => {
    for (const [, site] of udpSites(FOUR)) {
      fc.assert(fc.property(fc.oneof(plain, changing), from(4), (data, client) => quickAnswers(site, 4)(data, client) !== undefined), { numRuns: 50 });
    }
  });

  test('never writes an answer over another', () => {
    const quick = quickAnswers(udpSites(FOUR).get('a1p1')!, 4);
    const answers = Array.from({ length: 2_000 }, (_, n) => ({ n, ...quick(modernBytes(), { ...CLIENT, port: n + 1 })! }));
    for (const { n, bytes } of answers) expect(decodeStun(bytes).attributes[1]).toEqual({ type: 'mapped-address', endpoint: { ...CLIENT, port: n + 1 } });
  });
});

describe('hostile bytes', () => {
  const REQUESTS: readonly Uint8Array[] = [
    modernBytes(),
    modernBytes([change(true, true)]),
    modernBytes([change(false, true), { type: 'software', value: 'a client' }], { fingerprint: true }),
    modernBytes([{ type: 'response-port', port: 4242 }]),
    modernBytes([{ type: 'padding', length: 33 }]),
    encodeStun(decodeStun(modernBytes([{ type: 'username', value: 'x' }])), { integrity: { key: new Uint8Array(8), algorithm: 'sha1' } }),
    classicBytes(),
    classicBytes(change(true, false), { type: 'response-address', endpoint: CLIENT }),
  ];

  test('every prefix of a valid request is met with silence', () => {
    for (const data of REQUESTS) for (let size = 0; size < data.length; size += 1) expect(four.hear(data.subarray(0, size))).toBeUndefined();
  });

  test('every flipped bit of a valid request does nothing but an answer or silence', () => {
    for (const data of REQUESTS) for (let bit = 0; bit < data.length * 8; bit += 1) isHarmless(flip(data, bit));
  });

  test('and so does every message there is', () => {
    fc.assert(fc.property(anyMessage(), fc.boolean(), (message, fingerprint) => isHarmless(encodeStun({ ...message, class: 'request', method: 1 }, { fingerprint }))), { numRuns: runs(2_000, 400) });
    fc.assert(fc.property(anyMessage(), fc.nat(), (message, bit) => isHarmless(flip(encodeStun(message), bit))), { numRuns: runs(1_000, 200) });
  });

  test('the junk of the load test is never answered', () => {
    for (let n = 0; n < 3_000; n += 1) expect([STUN_JUNK_KINDS[n % STUN_JUNK_KINDS.length], four.hear(stunJunk(3, n))]).toEqual([expect.anything(), undefined]);
  });

  /** From one of the server's sockets, to the address that asked, with its identifier, not too large. */
  function isHarmless(data: Uint8Array): void {
    for (const site of [four, new Site(ONE)]) {
      const answer = site.answer(data);
      if (!answer) continue;
      expect(Object.keys(FOUR)).toContain(answer.socket);
      expect(answer.to.host).toBe(CLIENT.host);
      expect(answer.size - data.length).toBeLessThanOrEqual(growth(CLIENT.host));
      expect(['success', 'error']).toContain(answer.message.class);
      expect(equalBytes(answer.bytes.subarray(4, 20), data.subarray(4, 20))).toBe(true);
    }
  }
});

describe('sizes', () => {
  test('no answer over IPv6 is more than 96 bytes larger than its request', () => {
    const site = new Site(SIX);
    const from = { host: '2001:db8::99', port: 7 };
    fc.assert(
      fc.property(anyMessage(), fc.boolean(), (message, fingerprint) => {
        const data = encodeStun({ ...message, class: 'request', method: 1 }, { fingerprint });
        const answer = site.answer(data, 'a1p1', from);
        if (answer) expect(answer.size - data.length).toBeLessThanOrEqual(growth(from.host));
      }),
      { numRuns: 500 },
    );
  });
});

describe('a recording', () => {
  const codec = stunServerCodec();
  const asRecorded = (data: Uint8Array): Uint8Array => {
    const decoded = codec.decode(data, CLIENT);
    return decoded.kind === 'message' ? codec.encode(decoded.message, CLIENT) : new Uint8Array(0);
  };

  test('of a request draws the same answer, and of an answer is that answer', () => {
    const requests = anyMessage().map(({ attributes, transactionId }) => encodeStun({ class: 'request', method: 1, transactionId, attributes: attributes.filter(isUsual) }));
    fc.assert(
      fc.property(fc.oneof(requests, anyMessage().map((message) => encodeStun(message, { fingerprint: true }))), fc.nat(), fc.boolean(), (data, bit, isFlipped) => {
        const heard = isFlipped ? flip(data, bit) : data;
        const [live, replayed] = [four.answer(heard), four.answer(asRecorded(heard))];
        expect(replayed).toEqual(live);
        if (live) expect(equalBytes(asRecorded(live.bytes), live.bytes)).toBe(true);
        if (live && replayed) expect(sameEndpoint(live.to, replayed.to)).toBe(true);
      }),
      { numRuns: runs(2_000, 400) },
    );
  });

  test('has nothing of a datagram that is not STUN, and every byte of a stream', () => {
    const junk = new Uint8Array([0, 1, 2, 3]);
    expect(codec.decode(junk, CLIENT).kind).toBe('unreadable');
    expect(codec.decode(junk)).toEqual({ kind: 'message', message: { type: 'segment', data: junk } });
    expect(codec.encode({ type: 'segment', data: junk })).toBe(junk);
  });

  function isUsual({ type }: StunAttribute): boolean {
    return ['change-request', 'response-port', 'padding', 'username', 'software', 'unknown'].includes(type);
  }
});
