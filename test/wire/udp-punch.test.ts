/** The bytes of udp-punch: what reads what, what nobody reads, fixed vectors, and what a recording may keep. */
import { createHmac, hkdfSync } from 'node:crypto';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Decoded, redactor } from '../../effects/codec.ts';
import { concatBytes, fromHex, toHex, utf8 } from '../../effects/wire/bytes.ts';
import { decodeStun, encodeStun, type StunAttribute, type StunClass } from '../../effects/wire/stun.ts';
import { MEMBER, PAIR, PEER } from '../../machines/udp-punch/attributes.ts';
import { pairAttribute, plain, signed } from '../../machines/rendezvous/bytes.ts';
import { roomKeys } from '../../machines/rendezvous/keys.ts';
import { OBSERVE_SIZE, publicPeerCodec, peerCodec, REGISTER_SIZE, rendezvousCodec } from '../../machines/udp-punch/codec.ts';
import type { PunchMessage, Register } from '../../machines/udp-punch/messages.ts';
import { anyEndpoint, anyMessage, betweenPeers, flipped, kinds, withRendezvous } from '../machines/punch-messages.ts';

const ROOM = 'secret';
const mine = peerCodec(ROOM);
const rendezvous = rendezvousCodec('the secret of a test');
/** As machines/udp-punch/room-keys.ts says, by another implementation of RFC 5869. */
const ROOM_ID = toHex(new Uint8Array(hkdfSync('sha256', ROOM, 'natpunch udp-punch 1', 'room', 32)));

const [TXID, ONE, OTHER] = ['0102030405060708090a0b0c', '1111111111111111', '2222222222222222'] as const;
const REGISTER: Register = {
  type: 'register', txid: TXID, peer: ONE, round: 2, mapping: 'varies', candidates: [{ host: '192.168.1.2', port: 5000 }],
  forecast: { kind: 'counting', step: -2, perSecond: 300, rttMs: 40 },
};
const PROBE: PunchMessage = { type: 'probe', txid: TXID, sender: ONE, receiver: OTHER, nominate: true };

describe('every message', () => {
  test('comes back as it was from the codec of its room', () => {
    fc.assert(fc.property(anyMessage, (message) => void expect(mine.decode(mine.encode(message))).toEqual({ kind: 'message', message })), { numRuns: 500 });
  });

  test('of the rendezvous and to it comes back from the codec of the rendezvous', () => {
    fc.assert(fc.property(withRendezvous, anyEndpoint, (message, remote) => void expect(rendezvous.decode(rendezvous.encode(message, remote), remote)).toEqual({ kind: 'message', message })), { numRuns: 500 });
  });

  test('that says "not a rendezvous" comes back too', () => {
    const message: PunchMessage = { type: 'refused', txid: TXID, to: '', reason: 'not-a-rendezvous' };
    expect(mine.decode(mine.encode(message))).toEqual({ kind: 'message', message });
  });

  test('has the size that keeps its answer shorter: 592 bytes to register, 72 to observe', () => {
    fc.assert(fc.property(kinds.register, (message) => void expect(mine.encode(message)).toHaveLength(REGISTER_SIZE)));
    fc.assert(fc.property(kinds.observe, kinds.mapped, (asked, { alternate: _, ...answer }) => {
      expect(mine.encode(asked)).toHaveLength(OBSERVE_SIZE);
      expect(rendezvous.encode(answer).length).toBeLessThanOrEqual(OBSERVE_SIZE);
    }));
  });

  test('that asks for an observation with fewer bytes than its answer has is not read', () => {
    const short = encodeStun({ ...decodeStun(mine.encode({ type: 'observe', txid: TXID, peer: ONE })), attributes: [member(ONE)] }, { fingerprint: true });
    expect(rendezvous.decode(short).kind).not.toBe('message');
  });

  test('can be encoded with any source that a socket reports: a zone means nothing to others', () => {
    const link = { host: 'fe80::1%eth0', port: 9 };
    const seen = rendezvous.decode(rendezvous.encode({ type: 'mapped', txid: TXID, to: ONE, mapped: link, alternate: link }));
    expect(seen).toMatchObject({ message: { mapped: { host: 'fe80::1', port: 9 }, alternate: { host: 'fe80::1', port: 9 } } });
    expect(mine.decode(mine.encode({ type: 'confirm', txid: TXID, sender: ONE, receiver: OTHER, observed: link }))).toMatchObject({ message: { observed: { host: 'fe80::1' } } });
    expect(rendezvous.decode(mine.encode({ ...REGISTER, candidates: [link] }))).toMatchObject({ message: { candidates: [{ host: 'fe80::1', port: 9 }] } });
  });

  test('can be encoded with any nonce that fits in a challenge', () => {
    const candidates = Array.from({ length: 6 }, (_, n) => ({ host: '2001:db8::1', port: n }));
    const challenge = mine.decode(rendezvous.encode({ type: 'challenged', txid: TXID, to: ONE, nonce: 'n'.repeat(65_440) }));
    const nonce = challenge.kind === 'message' && challenge.message.type === 'challenged' ? challenge.message.nonce : undefined;
    expect(() => mine.encode({ ...REGISTER, candidates, nonce })).not.toThrow();
  });
});

describe('no message is read from', () => {
  test('what was signed in another room', () => {
    fc.assert(fc.property(betweenPeers, fc.string().filter((name) => name !== ROOM), (message, name) => {
      expect(mine.decode(peerCodec(name).encode(message))).toEqual({ kind: 'unreadable', reason: 'not signed with the key of this room' });
    }));
  });

  test('what was signed for another pair of sessions, even with its fingerprint made anew', () => {
    const other: PunchMessage = { ...PROBE, sender: '3333333333333333' };
    const { attributes, ...header } = decodeStun(mine.encode(PROBE));
    const [pair] = decodeStun(mine.encode(other)).attributes;
    expect(mine.decode(encodeStun({ ...header, attributes }, { fingerprint: true }))).toEqual({ kind: 'message', message: PROBE });
    expect(mine.decode(encodeStun({ ...header, attributes: [pair!, ...attributes.slice(1)] }, { fingerprint: true }))).toMatchObject({ kind: 'unreadable' });
  });

  test.each(Object.keys(kinds) as PunchMessage['type'][])('%s with any bit turned, or cut off anywhere', (type) => {
    const [message] = fc.sample<PunchMessage>(kinds[type], { numRuns: 1, seed: 7 });
    const bytes = mine.encode(message!);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) if (isRead(flipped(bytes, bit))) expect.fail(`bit ${bit} may be turned`);
    for (let size = 0; size < bytes.length; size += 1) if (isRead(bytes.subarray(0, size))) expect.fail(`${size} bytes suffice`);
    for (const more of [1, 4, 8]) expect(isRead(concatBytes(bytes, new Uint8Array(more)))).toBe(false);
  });

  test('a peer message with any bit turned and its fingerprint made anew', () => {
    for (const message of [PROBE, { ...PROBE, type: 'bye' }] as const) {
      const bytes = mine.encode(message);
      for (let bit = 0; bit < (bytes.length - 8) * 8; bit += 1) if (isRead(withFingerprint(flipped(bytes, bit)))) expect.fail(`bit ${bit} may be turned`);
      expect(isRead(withFingerprint(bytes))).toBe(true);
    }
  });

  test('what peers say to each other, by the rendezvous', () => {
    fc.assert(fc.property(betweenPeers, (message) => void expect(rendezvous.decode(mine.encode(message)).kind).toBe('unreadable')));
  });

  test('an answer without the address that was seen, with a MEMBER that is too short, or of a peer of an unknown mapping', () => {
    const [me, seen] = [member(ONE), { type: 'xor-mapped-address', endpoint: { host: '192.0.2.1', port: 9 } } as const];
    const bent = { type: 'unknown', code: PEER, value: new Uint8Array(12).fill(3) } as const;
    expect(mine.decode(plain('success', TXID, [me, seen]))).toMatchObject({ kind: 'message', message: { type: 'mapped' } });
    for (const lacking of [[me], [{ type: 'unknown', code: MEMBER, value: new Uint8Array(4) } as const, seen], [me, seen, bent]]) expect(mine.decode(plain('success', TXID, lacking)).kind).toBe('unreadable');
  });

  test('an error that the peer has signed', () => {
    const key = roomKeys(ROOM, 'natpunch udp-punch 1').sessionKey(ONE, OTHER);
    const [bye, error] = (['indication', 'error'] as const).map((kind) => signed(kind, TXID, [pairAttribute(PAIR, { sender: ONE, receiver: OTHER })], key));
    expect(mine.decode(bye!)).toMatchObject({ kind: 'message', message: { type: 'bye' } });
    expect(mine.decode(error!)).toEqual({ kind: 'unreadable', reason: 'a peer message of an unknown class' });
  });

  test('any bytes, but that a plain STUN server may have sent them; and none throws', () => {
    const junk = fc.oneof(fc.uint8Array({ maxLength: 120 }), fc.uint8Array({ minLength: 12, maxLength: 80 }).map((tail) => concatBytes(fromHex('010100002112a442')!, tail)));
    fc.assert(fc.property(junk, (bytes) => {
      for (const decoded of [mine.decode(bytes), rendezvous.decode(bytes)]) {
        if (decoded.kind === 'message') expect(decoded).toMatchObject({ message: { reason: 'not-a-rendezvous' }, payload: true });
      }
    }), { numRuns: 1000 });
  });
});

describe('a room', () => {
  test('is an identifier to the rendezvous and to other rooms, and nothing to its own', () => {
    const bytes = mine.encode(REGISTER);
    expect(rendezvous.decode(bytes)).toEqual({ kind: 'message', message: { ...REGISTER, room: ROOM_ID } });
    expect(peerCodec('another').decode(bytes)).toEqual({ kind: 'message', message: { ...REGISTER, room: ROOM_ID } });
    expect(mine.decode(bytes)).toEqual({ kind: 'message', message: { ...REGISTER, room: undefined } });
  });

  test('shows its name in no message', () => {
    fc.assert(fc.property(anyMessage, (message) => void expect(toHex(mine.encode(message))).not.toContain(toHex(utf8(ROOM)))));
  });
});

describe('fixed bytes', () => {
  test('a registration: ROOM, MEMBER, PORTS, one address, FILL to 592 bytes, FINGERPRINT', () => {
    const head = `0001023c2112a442${TXID} c7e00020${ROOM_ID} c7e1000c${ONE}02020000 c7e4000c0200fffe012c002800000000 00120008 0001329ae1baa540 c7ef01e0`;
    const body = concatBytes(bytesOf(head), new Uint8Array(592 - 8 - bytesOf(head).length));
    expect(ROOM_ID).toBe('68c6add62213d003e26029005832c0289ad1d29b252d15a9be7d25a945bd79a4');
    expect(toHex(mine.encode(REGISTER))).toBe(toHex(closed(body)));
  });

  test('an introduction: MEMBER with what is known of us, the address seen, the other port, PEER with its age, PORTS, two addresses', () => {
    const message: PunchMessage = {
      type: 'introduced', txid: TXID, to: ONE, mapped: { host: '198.18.1.2', port: 5000 }, alternate: { host: '198.18.0.2', port: 3479 }, known: 'varies',
      peer: { id: OTHER, round: 1, mapping: 'varies', forecast: { kind: 'random', first: 2048, last: 4095 }, ageMs: 258, endpoints: [{ host: '198.18.2.2', port: 6000 }, { host: '2001:db8::1', port: 6001 }] },
    };
    const head = `010100742112a442${TXID} c7e1000c${ONE}00020000 00200008 0001329ae700a540 802c0008 00010d97c6120002`
      + ` c7e2000c${OTHER}01020102 c7e4000c030000000000000008000fff 00120008 00013662e700a640 00120014 000236630113a9fa0102030405060708090a0b0d`;
    expect(toHex(rendezvous.encode(message))).toBe(toHex(closed(bytesOf(head))));
  });

  test('a probe: PAIR, USE-CANDIDATE, FILL to 108 bytes, MESSAGE-INTEGRITY-SHA256 under the key of the pair', () => {
    const peers = hkdfSync('sha256', ROOM, 'natpunch udp-punch 1', 'peers', 32);
    const key = hkdfSync('sha256', new Uint8Array(peers), ONE + OTHER, 'probe', 32);
    const signed = `2112a442${TXID} c7e30010${OTHER}${ONE} 00250000 c7ef0010${'00'.repeat(16)}`;
    const mac = createHmac('sha256', new Uint8Array(key)).update(bytesOf(`00010050${signed}`)).digest('hex');
    expect(mac).toBe('ec4a795500b09e7ef9561e68c0af04fdd5db4b7d3281283a7f1aab3c2d1b54c6');
    expect(toHex(mine.encode(PROBE))).toBe(toHex(closed(bytesOf(`00010058${signed} 001c0020${mac}`))));
  });
});

describe('STUN of others', () => {
  const plain = (kind: StunClass, ...attributes: StunAttribute[]) => ({ class: kind, method: 1, transactionId: fromHex(TXID)!, attributes });

  test('that answers with an address and no word of the room is a plain STUN server, and the payload of whoever asked it', () => {
    const answer = encodeStun(plain('success', { type: 'xor-mapped-address', endpoint: { host: '198.18.1.2', port: 5000 } }));
    expect(mine.decode(answer)).toMatchObject({ kind: 'message', message: { type: 'refused', reason: 'not-a-rendezvous' }, payload: true });
  });

  test.each([true, false])('of an application is payload (with a fingerprint: %s)', (fingerprint) => {
    for (const message of [
      plain('request'),
      plain('request', { type: 'username', value: 'a:b' }, { type: 'priority', value: 1 }, { type: 'use-candidate' }),
      plain('error', { type: 'error-code', code: 420, reason: '' }, { type: 'unknown-attributes', codes: [0x0024] }),
      { ...plain('request'), method: 3 },
      plain('request', { type: 'unknown', code: 0xc7ef, value: new Uint8Array(4) }),
    ]) {
      for (const codec of [mine, rendezvous]) expect(codec.decode(encodeStun(message, { fingerprint }))).toEqual({ kind: 'payload' });
    }
  });

  test('in its classic form is payload, and so is everything that is no STUN', () => {
    const classic = encodeStun({ ...plain('request'), transactionId: new Uint8Array(16).fill(7) });
    for (const bytes of [classic, new Uint8Array(0), utf8('hello'), new Uint8Array(1200).fill(0x80)]) expect(mine.decode(bytes)).toEqual({ kind: 'payload' });
  });

  test('that refuses our addresses by 420 tells that there is no rendezvous', () => {
    const answer = plain('error', { type: 'error-code', code: 420, reason: 'Unknown Attribute' }, { type: 'unknown-attributes', codes: [0x0012] });
    expect(mine.decode(encodeStun(answer))).toEqual({ kind: 'message', message: { type: 'refused', txid: TXID, to: '', reason: 'not-a-rendezvous' } });
  });
});

describe('a recording', () => {
  const open = publicPeerCodec();
  const redact = redactor(mine, open);

  test('keeps the message, but neither the identifier of the room nor a signature under its key', () => {
    fc.assert(fc.property(anyMessage, (message) => {
      const sent = mine.encode(message);
      const kept = redact(sent)!;
      // Of a nonce, which is a proof while the rendezvous lives, only that there was one.
      const shown = 'nonce' in message && message.nonce !== undefined ? { ...message, nonce: 'nonce' } : message;
      expect(open.decode(kept)).toEqual({ kind: 'message', message: shown });
      expect(toHex(kept)).not.toContain(ROOM_ID);
      for (const one of decodeStun(sent).attributes) if (one.type === 'message-integrity-sha256') expect(toHex(kept)).not.toContain(toHex(one.value));
    }));
  });

  test('keeps nothing of payload', () => expect(redact(utf8('hello'))).toBeUndefined());

  test('of what it cannot read keeps that it could not: not even the identifier of the room', () => {
    for (const [message, bit] of [[REGISTER, 591 * 8], [PROBE, 600]] as const) {
      const kept = redact(flipped(mine.encode(message), bit))!;
      expect(open.decode(kept).kind).toBe('unreadable');
      expect(toHex(kept)).not.toContain(ROOM_ID);
      expect(kept.length).toBeLessThan(24);
    }
  });
});

function isRead(bytes: Uint8Array): boolean {
  const decoded: Decoded<PunchMessage> = mine.decode(bytes);
  return decoded.kind === 'message';
}

function bytesOf(hex: string): Uint8Array {
  return fromHex(hex.replaceAll(' ', ''))!;
}

function member(id: string): StunAttribute {
  return { type: 'unknown', code: 0xc7e1, value: bytesOf(`${id}00000000`) };
}

/** With FINGERPRINT behind it, by another implementation of CRC-32. */
function closed(body: Uint8Array): Uint8Array {
  const sum = (crc32(body) ^ 0x5354554e) >>> 0;
  return concatBytes(body, bytesOf(`80280004${sum.toString(16).padStart(8, '0')}`));
}

function withFingerprint(bytes: Uint8Array): Uint8Array {
  return closed(bytes.subarray(0, bytes.length - 8));
}
