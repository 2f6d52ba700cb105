/**
 * The attributes of udp-punch: five codes of our own, and what is put into STUN's. The table of them is in `codec.ts`.
 */
import type { Endpoint } from '../../effects/endpoint.ts';
import { fromHex, toHex } from '../../effects/wire/bytes.ts';
import type { StunAttribute } from '../../effects/wire/stun.ts';
import type { Forecast } from '../port-forecast.ts';
import { clamped, forecastBytes } from '../port-forecast-bytes.ts';
import type { MappingSeen } from './messages.ts';

/** The whole size of a registration: two introductions of seven IPv6 endpoints and a forecast each, in answer and to the other peer. */
export const REGISTER_SIZE = 592;
/** The whole size of an observation: its answer with an IPv6 address. */
export const OBSERVE_SIZE = 72;
/** The whole size of a probe: a confirmation with an IPv6 address. */
export const PROBE_SIZE = 108;
/** A longer nonce is none of ours. */
export const NONCE_LIMIT = 64;

export const BINDING = 0x001;
export const ROOM = 0xc7e0;
export const MEMBER = 0xc7e1;
export const PEER = 0xc7e2;
export const PAIR = 0xc7e3;
export const PORTS = 0xc7e4;
export const FILL = 0xc7ef;
export const XOR_PEER_ADDRESS = 0x0012;

const MAPPINGS: readonly MappingSeen[] = ['unknown', 'same', 'varies'];
export const REFUSALS = { 486: 'room-full', 508: 'busy' } as const;
/** In the place of a room or a key that this side does not have. */
export const NOTHING = new Uint8Array(32);

export function room(name: string | undefined, own: Uint8Array): StunAttribute {
  return { type: 'unknown', code: ROOM, value: name === undefined ? own : hexBytes(name, 32) };
}

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

/** None for a forecast that says nothing. */
export function ports(forecast: Forecast): readonly StunAttribute[] {
  const value = forecastBytes(forecast);
  return value ? [{ type: 'unknown', code: PORTS, value }] : [];
}

/** Hex of our own making; anything else becomes zeros rather than a crash. */
export function hexBytes(text: string, size: number): Uint8Array {
  const bytes = fromHex(text);
  return bytes?.length === size ? bytes : new Uint8Array(size);
}

export function peerAddress(endpoint: Endpoint): StunAttribute {
  return { type: 'xor-peer-address', endpoint: unscoped(endpoint) };
}

/** Without the zone of a link-local address, which means nothing to others. */
export function unscoped({ host, port }: Endpoint): Endpoint {
  const zone = host.indexOf('%');
  return { host: zone < 0 ? host : host.slice(0, zone), port };
}
