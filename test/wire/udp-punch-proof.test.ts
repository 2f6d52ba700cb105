/** The proofs of address in the rendezvous's codec: where they hold, that no machine sees them, and what a recording keeps of them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { redactor } from '../../effects/codec.ts';
import type { Endpoint } from '../../effects/endpoint.ts';
import { toHex, utf8 } from '../../effects/wire/bytes.ts';
import { publicRendezvousCodec, peerCodec, rendezvousCodec } from '../../machines/udp-punch/codec.ts';
import type { Challenged, PunchMessage, Register } from '../../machines/udp-punch/messages.ts';
import { anyEndpoint, kinds, registrationSeen, withRendezvous } from '../machines/punch-messages.ts';

const peer = peerCodec('room');
const rendezvous = rendezvousCodec('the secret of a test');
const [TXID, ONE] = ['0102030405060708090a0b0c', '1111111111111111'] as const;
const HERE: Endpoint = { host: '198.18.1.2', port: 5000 };
const REGISTER: Register = { type: 'register', txid: TXID, peer: ONE, round: 1, mapping: 'unknown', forecast: { kind: 'unknown' }, candidates: [] };
const CHALLENGE: Challenged = { type: 'challenged', txid: TXID, to: ONE };

/** The nonce by which the rendezvous challenges `remote`, as the peer there reads it. */
function nonceFor(remote: Endpoint, codec = rendezvous): string {
  const decoded = peer.decode(codec.encode(CHALLENGE, remote));
  if (decoded.kind !== 'message' || decoded.message.type !== 'challenged' || !decoded.message.nonce) return expect.fail('no nonce');
  return decoded.message.nonce;
}

/** A registration with this nonce as the rendezvous hears it from `from`. */
function heard(nonce: string | undefined, from: Endpoint | undefined, codec = rendezvous): PunchMessage | undefined {
  const decoded = codec.decode(peer.encode({ ...REGISTER, nonce }), from);
  return decoded.kind === 'message' ? decoded.message : undefined;
}

describe('the nonce of a challenge', () => {
  test('proves the source that was challenged, as often as it is shown', () => {
    fc.assert(fc.property(anyEndpoint, (from) => {
      for (let n = 0; n < 2; n += 1) expect(heard(nonceFor(from), from)).toMatchObject({ type: 'register', proven: true });
    }));
  });

  test('to nowhere in particular, as in a recording, is of no bytes; so is one that nobody has', () => {
    for (const codec of [rendezvous, peer]) expect(peer.decode(codec.encode(CHALLENGE))).toMatchObject({ kind: 'message', message: { type: 'challenged', nonce: '' } });
  });

  test('proves no other source', () => {
    fc.assert(fc.property(anyEndpoint, anyEndpoint, (challenged, from) => {
      fc.pre(challenged.host !== from.host || challenged.port !== from.port);
      expect(heard(nonceFor(challenged), from)).not.toHaveProperty('proven');
    }));
    for (const from of [{ ...HERE, port: 500 }, { ...HERE, host: '198.18.1.25', port: 0 }, undefined]) expect(heard(nonceFor(HERE), from)).not.toHaveProperty('proven');
  });

  test('proves nothing to a rendezvous of another secret, nor to the public one', () => {
    for (const other of [rendezvousCodec('another'), publicRendezvousCodec()]) expect(heard(nonceFor(HERE), HERE, other)).not.toHaveProperty('proven');
  });

  test('that is none of ours proves nothing, and the registration is read without it', () => {
    fc.assert(fc.property(fc.option(fc.string({ maxLength: 100 }), { nil: undefined }), anyEndpoint, (nonce, from) => {
      const message = heard(nonce, from);
      expect(message).toMatchObject({ type: 'register', peer: ONE });
      expect(message).not.toHaveProperty('proven');
    }));
    const nonce = nonceFor(HERE);
    for (const almost of ['', nonce.slice(1), `${nonce} `, nonce.toUpperCase()]) expect(heard(almost, HERE)).not.toHaveProperty('proven');
  });

  test('is seen by no machine of the rendezvous: a registration says that it is proven, or nothing', () => {
    fc.assert(fc.property(kinds.register, anyEndpoint, (message, from) => {
      for (const nonce of [message.nonce, nonceFor(from)]) expect(rendezvous.decode(peer.encode({ ...message, nonce }), from)).not.toHaveProperty('message.nonce');
    }));
  });
});

describe('a recording of the rendezvous', () => {
  const open = publicRendezvousCodec();
  const redact = redactor(rendezvous, open);
  const said = (nonce: string): string => toHex(utf8(nonce));

  test('keeps a proven registration as one that the public secret proves, and holds no nonce of the real one', () => {
    const sent = peer.encode({ ...REGISTER, nonce: nonceFor(HERE) });
    const kept = redact(sent, HERE)!;
    expect(open.decode(kept, HERE)).toEqual(rendezvous.decode(sent, HERE));
    expect(open.decode(kept, HERE)).toMatchObject({ message: { proven: true } });
    expect(toHex(sent)).toContain(said(nonceFor(HERE)));
    expect(toHex(kept)).not.toContain(said(nonceFor(HERE)));
    expect(toHex(kept)).toContain(said(nonceFor(HERE, open)));
  });

  test('keeps one that proves nothing as such, whatever its nonce', () => {
    for (const nonce of [undefined, 'junk', nonceFor({ ...HERE, port: 5001 }), nonceFor(HERE, open)]) {
      const kept = redact(peer.encode({ ...REGISTER, nonce }), HERE)!;
      expect(open.decode(kept, HERE)).toMatchObject({ message: { type: 'register', peer: ONE } });
      expect(open.decode(kept, HERE)).not.toHaveProperty('message.proven');
      if (nonce) expect(toHex(kept)).not.toContain(said(nonce));
    }
  });

  test('of what is said and heard is what a replay says and reads', () => {
    fc.assert(fc.property(fc.oneof(registrationSeen, withRendezvous), anyEndpoint, (message, remote) => {
      const kept = redact(rendezvous.encode(message, remote), remote)!;
      expect(toHex(kept)).toBe(toHex(open.encode(message, remote)));
      expect(open.decode(kept, remote)).toEqual({ kind: 'message', message });
    }));
  });

  test('of a challenge is what a replay says, and holds no nonce of the real secret', () => {
    const kept = redact(rendezvous.encode(CHALLENGE, HERE), HERE)!;
    expect(toHex(kept)).not.toContain(said(nonceFor(HERE)));
    expect(toHex(kept)).toBe(toHex(open.encode(CHALLENGE, HERE)));
  });
});
