/** The STUN codec and udp-punch's own, beside the least that could do the same. */
import { createHmac } from 'node:crypto';
import type { Endpoint } from '../../effects/endpoint.ts';
import { decodeStun, encodeStun, type StunMessage } from '../../effects/wire/stun.ts';
import { peerCodec } from '../../machines/udp-punch/index.ts';
import type { PunchMessage } from '../../machines/udp-punch/messages.ts';
import { amount } from './amount.ts';
import { compare, rate, type Work } from './measure.ts';
import { perSecond, type Row } from './table.ts';

const BUDGET_MS = amount(600);
const KEY = new Uint8Array(32).fill(7);
const MAPPED: Endpoint = { host: '198.51.100.7', port: 40_000 };
const ANSWER: StunMessage = {
  class: 'success',
  method: 1,
  transactionId: new Uint8Array(12).fill(5),
  attributes: [{ type: 'xor-mapped-address', endpoint: MAPPED }],
};
const PROBE: PunchMessage = { type: 'probe', txid: '05'.repeat(12), sender: '01'.repeat(8), receiver: '02'.repeat(8), nominate: false };
const REGISTER: PunchMessage = { type: 'register', txid: '05'.repeat(12), peer: '01'.repeat(8), round: 1, mapping: 'same', forecast: { kind: 'unknown' }, candidates: [MAPPED] };

export function stunRows(): readonly Row[] {
  const bytes = encodeStun(ANSWER);
  const signed = encodeStun(ANSWER, { integrity: { key: KEY, algorithm: 'sha256' }, fingerprint: true });
  const codec = peerCodec('a room of the bench');
  return [
    besides('STUN: encode a Binding answer', () => encodeStun(ANSWER), 'DataView, by hand', () => answerByHand(MAPPED)),
    besides('STUN: decode it', () => decodeStun(bytes), 'DataView, by hand', () => mappedByHand(bytes)),
    besides(
      'STUN: encode it signed (HMAC-SHA256, CRC)',
      () => encodeStun(ANSWER, { integrity: { key: KEY, algorithm: 'sha256' }, fingerprint: true }),
      'its HMAC alone, in node:crypto',
      () => createHmac('sha256', KEY).update(signed).digest(),
    ),
    ...both('udp-punch probe', codec.encode(PROBE), () => codec.encode(PROBE), codec.decode),
    ...both('udp-punch registration', codec.encode(REGISTER), () => codec.encode(REGISTER), codec.decode),
  ];
}

function both(what: string, bytes: Uint8Array, encode: () => unknown, decode: (bytes: Uint8Array) => unknown): readonly Row[] {
  const note = `${bytes.length} bytes`;
  return [
    { what: `${what}: encode`, figure: perSecond(rate(many(encode), BUDGET_MS / 2)), note },
    { what: `${what}: decode`, figure: perSecond(rate(many(() => decode(bytes)), BUDGET_MS / 2)), note },
  ];
}

function besides(what: string, ours: () => unknown, name: string, baseline: () => unknown): Row {
  const rates = compare(many(ours), many(baseline), BUDGET_MS);
  return { what, figure: perSecond(rates.ours), baseline: { name, figure: perSecond(rates.baseline), ratio: rates.ratio } };
}

/** Results go where the compiler cannot see that nobody wants them. */
const sink: unknown[] = [undefined];

function many(once: () => unknown): Work {
  const items = 500;
  return {
    items,
    once: () => {
      for (let i = 0; i < items; i += 1) sink[0] = once();
    },
  };
}

const COOKIE = 0x2112a442;

function answerByHand({ host, port }: Endpoint): Uint8Array {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0x0101);
  view.setUint16(2, 12);
  view.setUint32(4, COOKIE);
  bytes.set(ANSWER.transactionId, 8);
  view.setUint16(20, 0x0020);
  view.setUint16(22, 8);
  view.setUint16(24, 1);
  view.setUint16(26, port ^ (COOKIE >>> 16));
  const octets = host.split('.');
  for (let i = 0; i < 4; i += 1) view.setUint8(28 + i, Number(octets[i]) ^ ((COOKIE >>> (24 - 8 * i)) & 255));
  return bytes;
}

function mappedByHand(bytes: Uint8Array): Endpoint | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 20; at + 4 <= bytes.length; at += 4 + ((view.getUint16(at + 2) + 3) & ~3)) {
    if (view.getUint16(at) !== 0x0020) continue;
    const address = (view.getUint32(at + 8) ^ COOKIE) >>> 0;
    return { host: `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`, port: view.getUint16(at + 6) ^ (COOKIE >>> 16) };
  }
  return undefined;
}
