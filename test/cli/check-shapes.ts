/** The JSON of `natpunch check` and of its servers, strictly: a field more is as wrong as a field less. */
import { expect } from 'vitest';
import { z } from 'zod';
import type { FailureReason } from '../../machines/outcome.ts';

const REASONS = ['no-server', 'no-assist', 'out-of-step', 'inconclusive', 'no-network', 'interrupted', 'address-in-use', 'address-not-available', 'not-permitted', 'unsupported', 'socket-failed'] as const satisfies readonly FailureReason[];

const endpoint = z.string().regex(/^(\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]+\]):\d+$/);
const ms = z.number().nonnegative();
const dependence = z.enum(['endpoint-independent', 'address-dependent', 'address-and-port-dependent']);
const allocation = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('preserved') }),
  z.strictObject({ kind: z.literal('sequential'), step: z.int() }),
  z.strictObject({ kind: z.literal('random') }),
  z.strictObject({ kind: z.literal('block'), size: z.int(), first: z.int(), last: z.int() }),
]);
const prospect = z.enum(['yes', 'no', 'likely', 'unknown']);
const peers = z.strictObject({ open: prospect, 'full-cone': prospect, restricted: prospect, 'port-restricted': prospect, symmetric: prospect, 'symmetric-seq': prospect });

export const checkResult = z.strictObject({
  verdict: z.enum(['open', 'firewalled', 'full-cone', 'restricted', 'port-restricted', 'symmetric', 'udp-blocked', 'restricted-or-port-restricted']).nullable(),
  udp: z.boolean(),
  nat: z.boolean().nullable(),
  mapping: dependence.nullable(),
  filtering: dependence.nullable(),
  hairpin: z.boolean().nullable(),
  portPreserved: z.boolean().nullable(),
  allocation: allocation.nullable(),
  reflexive: endpoint.nullable(),
  local: endpoint,
  lifetime: z.strictObject({ aliveMs: ms.nullable(), deadMs: ms.nullable() }).optional(),
  evidence: z.array(z.strictObject({ claim: z.string().min(1), value: z.union([z.string(), z.boolean()]).nullable().optional(), confidence: z.number().min(0).max(1).optional(), because: z.string().min(1) })).min(1),
  reach: z.strictObject({ udp: peers, n4: peers, tcp: peers, pwnat: peers }),
  elapsedMs: z.int().nonnegative(),
  packetsSent: z.int().nonnegative(),
});

export const failedCheck = z.strictObject({ outcome: z.literal('failed'), protocol: z.literal('check'), reason: z.enum(REASONS), detail: z.string().min(1), elapsedMs: ms, packetsSent: z.int().nonnegative() });

const time = z.iso.datetime();
export const checkServerEvent = z.discriminatedUnion('event', [
  z.strictObject({ event: z.literal('listening'), time, local: endpoint, transport: z.literal('tcp').optional() }),
  z.strictObject({ event: z.literal('checking'), time, from: endpoint }),
  z.strictObject({ event: z.literal('reported'), time, from: endpoint }),
]);

/** What a terminal of 80 columns shows in whole, and a reader understands. */
export function expectReadable(text: string): void {
  expect(text.split('\n').filter((line) => [...line].length > 80)).toEqual([]);
  expect(text).not.toMatch(/undefined|NaN|\[object|\bnull\b|Infinity/);
}
