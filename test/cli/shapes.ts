/** The JSON that scripts rely on, strictly: a field more is as wrong as a field less. */
import { z } from 'zod';
import type { FailureReason } from '../../machines/outcome.ts';

const REASONS = [
  'no-rendezvous',
  'room-full',
  'rendezvous-busy',
  'no-peer',
  'no-reply',
  'no-path',
  'peer-lost',
  'peer-closed',
  'interrupted',
  'address-in-use',
  'address-not-available',
  'not-permitted',
  'unsupported',
  'socket-failed',
] as const satisfies readonly FailureReason[];

const protocol = z.enum(['udp-punch', 'tcp-open', 'seed-udp', 'n4', 'pwnat', 'pypwnat']);
const endpoint = z.string().regex(/^(\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]+\]):\d+$/);
const ms = z.number().nonnegative().refine((value) => Math.round(value * 10) / 10 === value, 'more than one decimal');
const count = z.int().nonnegative();

export const connectedResult = z.strictObject({ outcome: z.literal('connected'), protocol, local: endpoint, peer: endpoint, elapsedMs: ms, packetsSent: count });

export const failedResult = z.strictObject({
  outcome: z.literal('failed'),
  protocol,
  reason: z.enum(REASONS),
  detail: z.string().min(1),
  elapsedMs: ms,
  packetsSent: count,
});

const result = z.discriminatedUnion('outcome', [connectedResult, failedResult]);

export const simResult = z.strictObject({
  a: result,
  b: result,
  virtualMs: ms,
  packets: count,
  drops: z.array(z.strictObject({ at: ms, by: z.string(), reason: z.string() })),
});

export const gridResult = z.strictObject({
  protocol,
  seeds: count,
  cells: z.array(z.strictObject({ a: z.string(), b: z.string(), runs: count, connected: count, expected: z.boolean() })),
  elapsedMs: ms,
});

/** A line of stderr with --json. */
export const statusLine = z.looseObject({ status: z.string(), message: z.string() });

export const serverEvent = z.discriminatedUnion('event', [
  z.strictObject({ event: z.literal('listening'), time: z.iso.datetime(), local: endpoint, transport: z.literal('tcp').optional() }),
  z.strictObject({ event: z.literal('room-opened'), time: z.iso.datetime(), room: z.string().optional(), from: endpoint }),
  z.strictObject({ event: z.literal('paired'), time: z.iso.datetime(), room: z.string(), from: endpoint }),
]);

/** Exactly one JSON object on one line. */
export function onlyObject(text: string): unknown {
  const lines = objects(text);
  if (lines.length !== 1) throw new Error(`${lines.length} lines where one was promised: ${text}`);
  return lines[0];
}

/** NDJSON. */
export function objects(text: string): unknown[] {
  if (text !== '' && !text.endsWith('\n')) throw new Error(`the last line is not ended: ${text}`);
  return text.split('\n').slice(0, -1).map((line) => JSON.parse(line) as unknown);
}
