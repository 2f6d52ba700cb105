/** The two programs that ours get on with, and what they differ in. Values as the programs were seen to have them. */

export type VariantName = 'pwnat' | 'pypwnat';

export interface Variant {
  readonly name: VariantName;
  /** Where the echo requests go: an address that nobody answers at. */
  readonly nobody: string;
  /** Of the echo request, both. */
  readonly id: number;
  readonly sequence: number;
  /** The word that time-exceeded messages leave unused. */
  readonly rest: number;
  /** Of the quoted packet. */
  readonly quotedId: number;
  readonly quotedTtl: number;
  /** UDP, of both ends. */
  readonly port: number;
  /** How often the listener sends its echo request. */
  readonly echoMs: number;
}

export const VARIANTS: Readonly<Record<VariantName, Variant>> = {
  pwnat: { name: 'pwnat', nobody: '3.3.3.3', id: 0, sequence: 0, rest: 0, quotedId: 0x0100, quotedTtl: 1, port: 2222, echoMs: 5_000 },
  pypwnat: { name: 'pypwnat', nobody: '59.66.1.1', id: 42, sequence: 42, rest: 0x002a002a, quotedId: 42, quotedTtl: 64, port: 2345, echoMs: 10_000 },
};

/** pypwnat's, 18 bytes of ASCII. */
export const GREETING = 'Hello from pypwnat';
