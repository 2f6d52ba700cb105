/** The attributes of tcp-open: four codes of our own, and how their values are made and read. The table of them is in `codec.ts`. */
import type { Endpoint } from '../../effects/endpoint.ts';
import { fromHex, toHex } from '../../effects/wire/bytes.ts';
import type { StunAttribute } from '../../effects/wire/stun.ts';

export const BINDING = 0x001;
export const ROOM = 0xc7f0;
export const MEMBER = 0xc7f1;
export const PEER = 0xc7f2;
export const PAIR = 0xc7f3;
export const XOR_PEER_ADDRESS = 0x0012;
export const REFUSALS = { 486: 'room-full', 508: 'busy' } as const;

/** In the place of a room or a key that this side does not have. */
export const NOTHING = new Uint8Array(32);

/** A round trip is sent in tenths of ms, at most 6,553.4; all ones is "not measured yet". */
const UNMEASURED = 0xffff;

export function member(code: number, id: string, rttMs?: number): StunAttribute {
  const value = new Uint8Array(12);
  value.set(hexBytes(id, 8));
  new DataView(value.buffer).setUint16(8, rttMs === undefined ? UNMEASURED : Math.min(UNMEASURED - 1, Math.max(0, Math.round(rttMs * 10))));
  return { type: 'unknown', code, value };
}

export function readMember(value: Uint8Array): { readonly id: string; readonly rttMs: number | undefined } | undefined {
  if (value.length !== 12) return undefined;
  const tenths = ((value[8] ?? 0) << 8) | (value[9] ?? 0);
  return { id: toHex(value.subarray(0, 8)), rttMs: tenths === UNMEASURED ? undefined : tenths / 10 };
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
