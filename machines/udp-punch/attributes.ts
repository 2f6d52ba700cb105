/**
 * The attributes of udp-punch that only it has, and the codes of all of its own. The table of them is in `codec.ts`.
 */
import { toHex } from '../../effects/wire/bytes.ts';
import type { StunAttribute } from '../../effects/wire/stun.ts';
import { clamped } from '../port-forecast-bytes.ts';
import { hexBytes } from '../rendezvous/bytes.ts';
import type { MappingSeen } from '../rendezvous/mapping.ts';

/** The whole size of a registration: two introductions of seven IPv6 endpoints and a forecast each, in answer and to the other peer. */
export const REGISTER_SIZE = 592;
/** The whole size of an observation: its answer with an IPv6 address. */
export const OBSERVE_SIZE = 72;
/** The whole size of a probe: a confirmation with an IPv6 address. */
export const PROBE_SIZE = 108;
/** A longer nonce is none of ours. */
export const NONCE_LIMIT = 64;

export const ROOM = 0xc7e0;
export const MEMBER = 0xc7e1;
export const PEER = 0xc7e2;
export const PAIR = 0xc7e3;
export const PORTS = 0xc7e4;
export const FILL = 0xc7ef;

const MAPPINGS: readonly MappingSeen[] = ['unknown', 'same', 'varies'];

export function member(code: number, id: string, round = 0, mapping: MappingSeen = 'unknown', ageMs = 0): StunAttribute {
  const value = new Uint8Array(12);
  value.set(hexBytes(id, 8));
  value[8] = Math.min(round, 255);
  value[9] = MAPPINGS.indexOf(mapping);
  new DataView(value.buffer).setUint16(10, clamped(ageMs, 0xffff));
  return { type: 'unknown', code, value };
}

export function readMember(value: Uint8Array): { id: string; round: number; mapping: MappingSeen; ageMs: number } | undefined {
  const mapping = MAPPINGS[value[9] ?? MAPPINGS.length];
  if (value.length !== 12 || mapping === undefined) return undefined;
  const ageMs = ((value[10] ?? 0) << 8) | (value[11] ?? 0);
  return { id: toHex(value.subarray(0, 8)), round: value[8] ?? 0, mapping, ageMs };
}
