/**
 * What a STUN attribute can be, as values: one union, told apart by `type`. No bytes here; see stun-values.ts.
 * Sources: RFC 8489 §14, RFC 3489 §11.2, RFC 5780 §7, RFC 8656 §18, RFC 8445 §16.1.
 */
import type { Endpoint } from '../endpoint.ts';

/** Any attribute. A Uint8Array in a decoded one is a view of the datagram: copy it when that memory is reused. */
export type StunAttribute =
  | WithEndpoint<
      | 'mapped-address'
      | 'xor-mapped-address'
      | 'response-address'
      | 'source-address'
      | 'changed-address'
      | 'reflected-from'
      | 'alternate-server'
      | 'response-origin'
      | 'other-address'
      | 'xor-peer-address'
      | 'xor-relayed-address'
    >
  | WithText<'username' | 'password' | 'realm' | 'nonce' | 'software' | 'alternate-domain'>
  /** data: any length. reservation-token: 8 bytes. userhash: SHA-256 of `username:realm`, 32 bytes. */
  | WithBytes<'data' | 'reservation-token' | 'userhash'>
  /** As received: 20 bytes, and 16 to 32 in fours. Let encodeStun make them. */
  | WithBytes<'message-integrity' | 'message-integrity-sha256'>
  /** fingerprint: as on the wire, CRC-32 already XORed. priority: 32-bit ICE priority. */
  | WithNumber<'fingerprint' | 'priority'>
  | Flag<'dont-fragment' | 'use-candidate'>
  /** ICE role with its 64-bit tie-breaker. */
  | WithTieBreaker<'ice-controlled' | 'ice-controlling'>
  | { readonly type: 'change-request'; readonly changeIp: boolean; readonly changePort: boolean }
  /** code: 300 to 699. */
  | { readonly type: 'error-code'; readonly code: number; readonly reason: string }
  | { readonly type: 'unknown-attributes'; readonly codes: readonly number[] }
  /** length in bytes; what they hold has no meaning, zeros are sent. */
  | { readonly type: 'padding'; readonly length: number }
  | { readonly type: 'response-port'; readonly port: number }
  | { readonly type: 'channel-number'; readonly channel: number }
  | { readonly type: 'lifetime'; readonly seconds: number }
  | { readonly type: 'requested-address-family'; readonly family: 4 | 6 }
  | { readonly type: 'even-port'; readonly reserveNext: boolean }
  /** An IP protocol number, 17 for UDP, 6 for TCP. */
  | { readonly type: 'requested-transport'; readonly protocol: number }
  | ({ readonly type: 'password-algorithm' } & PasswordAlgorithm)
  | { readonly type: 'password-algorithms'; readonly algorithms: readonly PasswordAlgorithm[] }
  /** Every code that is none of the above, its value untouched. */
  | { readonly type: 'unknown'; readonly code: number; readonly value: Uint8Array };

export type StunAttributeType = StunAttribute['type'];

/** The member of the union with this `type`. */
export type StunAttributeOf<T extends StunAttributeType> = Extract<StunAttribute, { readonly type: T }>;

/** RFC 8489 §18.5: 1 is MD5, 2 is SHA-256; both have no parameters. */
export interface PasswordAlgorithm {
  readonly algorithm: number;
  readonly parameters: Uint8Array;
}

type WithEndpoint<T extends string> = T extends string ? { readonly type: T; readonly endpoint: Endpoint } : never;
type WithText<T extends string> = T extends string ? { readonly type: T; readonly value: string } : never;
type WithBytes<T extends string> = T extends string ? { readonly type: T; readonly value: Uint8Array } : never;
type WithNumber<T extends string> = T extends string ? { readonly type: T; readonly value: number } : never;
type WithTieBreaker<T extends string> = T extends string ? { readonly type: T; readonly tieBreaker: bigint } : never;
type Flag<T extends string> = T extends string ? { readonly type: T } : never;
