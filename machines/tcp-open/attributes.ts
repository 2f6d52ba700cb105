/** The attributes of tcp-open that only it has, and the codes of all of its own. The table of them is in `codec.ts`. */
import { toHex } from '../../effects/wire/bytes.ts';
import type { StunAttribute } from '../../effects/wire/stun.ts';
import { clamped } from '../port-forecast-bytes.ts';
import { hexBytes } from '../rendezvous/bytes.ts';

export const ROOM = 0xc7f0;
export const MEMBER = 0xc7f1;
export const PEER = 0xc7f2;
export const PAIR = 0xc7f3;
export const PORTS = 0xc7f4;

/** A round trip is sent in tenths of ms, at most 6,553.4; all ones is "not measured yet". */
const UNMEASURED = 0xffff;

export interface Membership {
  readonly id: string;
  readonly rttMs?: number | undefined;
  /** Of its forecast; one of many rounds is as good as the next, so 255 stands for all that follow. */
  readonly round?: number;
  readonly keepsPort?: true | undefined;
  readonly ageMs?: number;
}

/** The only bit so far of the byte behind the round; others are left alone. */
const KEEPS_PORT = 1;

export function member(code: number, { id, rttMs, round = 0, keepsPort, ageMs = 0 }: Membership): StunAttribute {
  const value = new Uint8Array(16);
  const view = new DataView(value.buffer);
  value.set(hexBytes(id, 8));
  view.setUint16(8, rttMs === undefined ? UNMEASURED : clamped(rttMs * 10, UNMEASURED - 1));
  view.setUint8(10, clamped(round, 0xff));
  view.setUint8(11, keepsPort ? KEEPS_PORT : 0);
  view.setUint16(12, clamped(ageMs, 0xffff));
  return { type: 'unknown', code, value };
}

/** All of it; `keepsPort` only where it is so. */
export function readMember(value: Uint8Array): (Required<Omit<Membership, 'keepsPort'>> & Pick<Membership, 'keepsPort'>) | undefined {
  if (value.length !== 16) return undefined;
  const view = new DataView(value.buffer, value.byteOffset, 16);
  const tenths = view.getUint16(8);
  return { id: toHex(value.subarray(0, 8)), rttMs: tenths === UNMEASURED ? undefined : tenths / 10, round: view.getUint8(10), ...((view.getUint8(11) & KEEPS_PORT) === 0 ? {} : { keepsPort: true }), ageMs: view.getUint16(12) };
}
