/** The bytes of tcp-open: what reads what, what nobody reads, where a stream is cut, and what a recording may keep. */
import { hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { redactor } from '../../effects/codec.ts';
import { concatBytes, toHex } from '../../effects/wire/bytes.ts';
import { encodeStun, type StunAttribute, type StunClass } from '../../effects/wire/stun.ts';
import { MEMBER, member, PAIR, PEER, PORTS, ROOM } from '../../machines/tcp-open/attributes.ts';
import { MESSAGE_LIMIT, openCodec, openRendezvousCodec, publicOpenCodec } from '../../machines/tcp-open/codec.ts';
import type { OpenMessage } from '../../machines/tcp-open/messages.ts';
import { pairAttribute, plain, signed } from '../../machines/rendezvous/bytes.ts';
import { roomKeys } from '../../machines/rendezvous/keys.ts';
import { stunServerCodec } from '../../machines/nat-check/index.ts';
import { anyEndpoint, anyForecast } from '../machines/punch-messages.ts';

const mine = openCodec('secret');
const rendezvous = openRendezvousCodec();
const ROOM_ID = toHex(new Uint8Array(hkdfSync('sha256', 'secret', 'natpunch tcp-open 1', 'room', 32)));

const hexOf = (size: number): fc.Arbitrary<string> => fc.uint8Array({ minLength: size, maxLength: size }).map(toHex);
const session = hexOf(8);
const txid = hexOf(12);
const rttMs = fc.integer({ min: 0, max: 65_534 }).map((tenths) => tenths / 10);
const round = fc.nat(255);
const between = <T extends OpenMessage['type']>(type: T) => fc.record({ type: fc.constant(type), txid, sender: session, receiver: session });

const toRendezvous = fc.oneof(
  fc.record({ type: fc.constant('register' as const), txid, room: hexOf(32), peer: session, rttMs: fc.option(rttMs, { nil: undefined }), candidates: fc.array(anyEndpoint, { maxLength: 6 }) }),
  fc.record({ type: fc.constant('observe' as const), txid, peer: session }),
  fc.record({ type: fc.constant('foretell' as const), txid, room: hexOf(32), peer: session, rttMs: fc.option(rttMs, { nil: undefined }), round, forecast: anyForecast.filter(({ kind }) => kind !== 'unknown') }),
);
const fromRendezvous = fc.oneof(
  fc.record({ type: fc.constant('mapped' as const), txid, to: session, mapped: anyEndpoint, alternate: fc.option(anyEndpoint, { nil: undefined }) }),
  fc.record({ type: fc.constant('introduced' as const), txid, to: session, round, mapped: anyEndpoint, peer: fc.record({ id: session, rttMs, round, forecast: anyForecast, ageMs: fc.nat(65_535), endpoints: fc.array(anyEndpoint, { maxLength: 7 }) }) }),
  fc.record({ type: fc.constant('refused' as const), txid, to: session, reason: fc.constantFrom('room-full' as const, 'busy' as const) }),
);
const betweenPeers = fc.oneof(between('probe'), between('confirm'), between('handover'));
const anyMessage: fc.Arbitrary<OpenMessage> = fc.oneof(toRendezvous, fromRendezvous, betweenPeers);

const HANDOVER = { type: 'handover', txid: '0102030405060708090a0b0c', sender: '1111111111111111', receiver: '2222222222222222' } as const;
const PROBE: OpenMessage = { ...HANDOVER, type: 'probe' };

describe('a message', () => {
  test('comes back as it was, and is no longer than a stream takes', () => {
    fc.assert(fc.property(anyMessage, (message) => {
      const data = mine.encode(message);
      expect(data.length).toBeLessThanOrEqual(MESSAGE_LIMIT);
      expect(mine.decode(data)).toEqual({ kind: 'message', message });
    }), { numRuns: 500 });
  });

  test('between peers is read by nobody who does not know the room', () => {
    fc.assert(fc.property(betweenPeers, (message) => {
      for (const other of [rendezvous, openCodec('another'), publicOpenCodec()]) expect(other.decode(mine.encode(message)).kind).toBe('unreadable');
    }));
  });

  test('names its room to the rendezvous by an identifier that is not that of udp-punch', () => {
    expect(rendezvous.decode(mine.encode({ type: 'register', txid: HANDOVER.txid, peer: '1111111111111111', candidates: [] }))).toMatchObject({ message: { room: ROOM_ID } });
    expect(ROOM_ID).not.toBe(toHex(new Uint8Array(hkdfSync('sha256', 'secret', 'natpunch udp-punch 1', 'room', 32))));
  });

  test('of a later attempt is of another room to the rendezvous, and of the same to the peer and in recordings', () => {
    const again = { type: 'register', txid: HANDOVER.txid, attempt: 1, peer: '1111111111111111', candidates: [] } as const;
    const first = rendezvous.decode(mine.encode({ ...again, attempt: undefined }));
    const second = rendezvous.decode(mine.encode(again));
    const rooms = [first, second].map((decoded) => (decoded.kind === 'message' && decoded.message.type === 'register' ? decoded.message.room : undefined));
    expect(rooms).toEqual([ROOM_ID, toHex(new Uint8Array(hkdfSync('sha256', 'secret', 'natpunch tcp-open 1', 'room again 1', 32)))]);
    expect(mine.decode(mine.encode(again))).toEqual({ kind: 'message', message: again });
    const recorded = redactor(mine, publicOpenCodec())(mine.encode(again));
    expect(publicOpenCodec().decode(recorded ?? new Uint8Array(0))).toEqual({ kind: 'message', message: again });
  });

  test('says who keeps its port, as it registers and as it is introduced', () => {
    const register = { type: 'register', txid: HANDOVER.txid, peer: '1111111111111111', keepsPort: true, candidates: [] } as const;
    const peer = { id: '2222222222222222', rttMs: 3, keepsPort: true, round: 0, forecast: { kind: 'unknown' }, ageMs: 0, endpoints: [{ host: '198.18.2.2', port: 6000 }] } as const;
    const introduced = { type: 'introduced', txid: HANDOVER.txid, to: '1111111111111111', round: 0, mapped: { host: '198.18.1.2', port: 5000 }, peer } as const;
    for (const message of [register, introduced]) expect(mine.decode(mine.encode(message))).toEqual({ kind: 'message', message });
  });

  test('with any bit changed, or cut anywhere, is not what it was, and nothing throws', () => {
    fc.assert(fc.property(anyMessage, fc.nat(), (message, at) => {
      const data = mine.encode(message);
      const flipped = data.slice();
      const bit = at % (8 * data.length);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(mine.decode(flipped)).not.toEqual({ kind: 'message', message });
      expect(mine.decode(data.subarray(0, at % data.length)).kind).toBe('unreadable');
    }), { numRuns: 2_000 });
  });

  test('may be any bytes, and nothing throws', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 700 }), (data) => void mine.decode(data)), { numRuns: 2_000 });
  });

  test('of a plain STUN server says that it is no rendezvous', () => {
    const answer = encodeStun({ class: 'success', method: 1, transactionId: new Uint8Array(12), attributes: [{ type: 'xor-mapped-address', endpoint: { host: '192.0.2.1', port: 9 } }] });
    expect(mine.decode(answer)).toMatchObject({ message: { type: 'refused', reason: 'not-a-rendezvous' } });
    expect(stunServerCodec()).toBeDefined();
  });
});

describe('a message whose form and fingerprint are in order', () => {
  const unknown = (code: number, size: number): StunAttribute => ({ type: 'unknown', code, value: new Uint8Array(size) });
  const me = member(MEMBER, { id: HANDOVER.sender, rttMs: 20 });
  const seen: StunAttribute = { type: 'xor-mapped-address', endpoint: { host: '192.0.2.1', port: 9 } };

  const LACKING: readonly (readonly [string, StunClass, readonly StunAttribute[]])[] = [
    ['a registration whose MEMBER is too short', 'request', [unknown(ROOM, 32), unknown(MEMBER, 15)]],
    ['a registration whose ROOM is too short', 'request', [unknown(ROOM, 31), me]],
    ['a forecast that says nothing', 'request', [unknown(ROOM, 32), me, unknown(PORTS, 12)]],
    ['an answer without the address that was seen', 'success', [me]],
    ['an introduction of a peer whose PEER is too short', 'success', [me, seen, unknown(PEER, 15)]],
    ['an introduction of a peer that has measured nothing', 'success', [me, seen, member(PEER, { id: HANDOVER.receiver })]],
    ['a refusal for no reason that is known', 'error', [me, { type: 'error-code', code: 500, reason: '' }]],
    ['an indication of a rendezvous', 'indication', [me]],
  ];
  test.each(LACKING)('is still unreadable if it is %s', (_, kind, attributes) => {
    const data = plain(kind, HANDOVER.txid, attributes);
    for (const codec of [mine, rendezvous]) expect(codec.decode(data)).toEqual({ kind: 'unreadable', reason: 'a rendezvous message without its attributes' });
  });

  test('is still unreadable if it is an error that the peer has signed', () => {
    const key = roomKeys('secret', 'natpunch tcp-open 1').sessionKey(HANDOVER.sender, HANDOVER.receiver);
    const [probe, error] = (['request', 'error'] as const).map((kind) => signed(kind, HANDOVER.txid, [pairAttribute(PAIR, HANDOVER)], key));
    expect(mine.decode(probe!)).toEqual({ kind: 'message', message: PROBE });
    expect(mine.decode(error!)).toEqual({ kind: 'unreadable', reason: 'a peer message of an unknown class' });
  });

  test('and names neither an address nor a member is none of ours', () => {
    for (const kind of ['request', 'indication', 'success'] as const) expect(mine.decode(plain(kind, HANDOVER.txid, []))).toEqual({ kind: 'unreadable', reason: 'not a message of tcp-open' });
  });
});

describe('a stream', () => {
  test('is cut into its messages wherever its pieces end', () => {
    fc.assert(fc.property(fc.array(fc.oneof(toRendezvous, fromRendezvous, between('probe'), between('confirm')), { minLength: 1, maxLength: 5 }), fc.nat(), (messages, at) => {
      const whole = concatBytes(...messages.map((message) => mine.encode(message)));
      const split = at % whole.length;
      const first = mine.framing?.(whole.subarray(0, split));
      const second = mine.framing?.(concatBytes(first?.rest ?? new Uint8Array(0), whole.subarray(split)));
      const frames = [...(first?.frames ?? []), ...(second?.frames ?? [])];
      expect(frames.map((frame) => mine.decode(frame))).toEqual(messages.map((message) => ({ kind: 'message', message })));
      expect([second?.rest.length, second?.isOver]).toEqual([0, undefined]);
    }));
  });

  test('is over behind a handover, whatever follows, even what looks like a message', () => {
    fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), anyMessage.map((message) => mine.encode(message))), (behind) => {
      const cut = mine.framing?.(concatBytes(mine.encode(PROBE), mine.encode(HANDOVER), behind));
      expect([cut?.frames.length, cut?.rest, cut?.isOver]).toEqual([2, behind, true]);
    }));
  });

  test('of another protocol is given up at its first byte that fits no message, and keeps no more than one message', () => {
    for (const words of ['GET / HTTP/1.1', 'SSH-2.0-', '\u0016\u0003\u0001']) expect(mine.framing?.(new TextEncoder().encode(words))).toBeUndefined();
    expect(mine.framing?.(new Uint8Array([1, 1, 0xff, 0xfc]))).toBeUndefined();
    fc.assert(fc.property(fc.uint8Array({ minLength: MESSAGE_LIMIT, maxLength: 4 * MESSAGE_LIMIT }), (data) => {
      const cut = mine.framing?.(data);
      expect(cut === undefined || cut.isOver === true || cut.rest.length < MESSAGE_LIMIT).toBe(true);
    }));
  });
});

describe('what a recording keeps of a stream', () => {
  test('is its messages under public keys, at the pieces that end them, and nothing behind the last', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 400 }), (split) => {
      const redact = redactor(mine, publicOpenCodec());
      const whole = concatBytes(mine.encode(PROBE), mine.encode({ ...PROBE, type: 'confirm' }), mine.encode(HANDOVER), new TextEncoder().encode('private'));
      const kept = concatBytes(...[whole.subarray(0, split), whole.subarray(split)].map((piece) => redact(piece, undefined, 'c') ?? new Uint8Array(0)));
      const frames = publicOpenCodec().framing?.(kept);
      expect(frames?.frames.map((frame) => publicOpenCodec().decode(frame))).toMatchObject([{ message: PROBE }, { message: { type: 'confirm' } }, { message: HANDOVER }]);
      expect([frames?.rest.length, redact(new TextEncoder().encode('more'), undefined, 'c')?.length]).toEqual([0, 0]);
    }));
  });

  test('is that it broke, where it did', () => {
    const redact = redactor(mine, publicOpenCodec());
    const kept = redact(new TextEncoder().encode('GET /'), undefined, 'c') ?? new Uint8Array(0);
    expect(publicOpenCodec().framing?.(kept)).toBeUndefined();
  });
});
