/**
 * Datagrams that a STUN server keeps silent about, by kind and number: the same (seed, n) is the same datagram for ever. Each
 * begins as a Binding request, so that none is refused at the first byte alone.
 */
import { chance } from '../../effects/seed.ts';
import { fromHex } from '../../effects/wire/bytes.ts';
import { encodeStun, type StunMessage } from '../../effects/wire/stun.ts';

export const STUN_JUNK_KINDS = ['cut', 'wrong length', 'wrong fingerprint', 'broken attribute', 'success', 'noise'] as const;

/** Each kind in its turn: the nth is `STUN_JUNK_KINDS[n % 6]`. */
export function stunJunk(seed: number, n: number): Uint8Array {
  const place = (below: number): number => Math.floor(chance(seed, n) * below);
  const kind = STUN_JUNK_KINDS[n % STUN_JUNK_KINDS.length]!;
  switch (kind) {
    case 'cut':
      return FINGERPRINTED.slice(0, place(FINGERPRINTED.length));
    case 'wrong length':
      return replaced(FINGERPRINTED, 3, FINGERPRINTED[3]! ^ (1 + place(255)));
    case 'wrong fingerprint': {
      // In the identifier, which the fingerprint covers.
      const bit = place(96);
      return replaced(FINGERPRINTED, 8 + (bit >> 3), FINGERPRINTED[8 + (bit >> 3)]! ^ (1 << (bit & 7)));
    }
    case 'broken attribute':
      return replaced(CHANGING, 23, 5 + place(251));
    case 'success':
      return replaced(replaced(FINGERPRINTED, 0, 1), 19, place(256));
    case 'noise':
      return Uint8Array.from({ length: place(200) }, (_, at) => (at < 2 ? at : chance(seed + at, n) * 256));
  }
}

/** What is no junk: a request without attributes, its transaction id in hex. */
export function plainRequest(txid: string): Uint8Array {
  return encodeStun({ ...REQUEST, transactionId: fromHex(txid) ?? REQUEST.transactionId });
}

const REQUEST: StunMessage = { class: 'request', method: 1, transactionId: new Uint8Array(12).fill(9), attributes: [] };
const FINGERPRINTED = encodeStun(REQUEST, { fingerprint: true });
const CHANGING = encodeStun({ ...REQUEST, attributes: [{ type: 'change-request', changeIp: false, changePort: false }] });

function replaced(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = value;
  return copy;
}
