/**
 * The shapes of natpunch-log/1, line by line: what is allowed, and what it means. Anything else is refused, unknown
 * fields too. `log.ts` says what a log is for, and has taken each line's checksum off.
 */
import { hexToBytes } from '@noble/hashes/utils.js';
import { type output, z } from 'zod';
import type { Endpoint } from '../../effects/endpoint.ts';
import type { NetEvent } from '../../effects/net.ts';

export const LOG_FORMAT = 'natpunch-log/1';

export type LogHeader = output<typeof headerShape>;
export type LogLine = output<(typeof lineShapes)[LineKind]>;
/** An effect as it stands in a log: endpoints as text, bytes as hex or as a length. */
export type LoggedEffect = output<typeof effect>;
/** What the application sent to the machine. */
export type Told = output<typeof told>;

export type LineKind = keyof typeof lineShapes;

const time = z.number();
const text = z.string();
const hex = z.string().regex(/^[0-9a-f]*$/, 'not lower-case hex').refine((digits) => digits.length % 2 === 0, 'half a byte of hex');
const length = z.int().nonnegative();

/** Bytes, or the length of those that are the application's: one of the two. */
const logged = { data: hex.optional(), payload: length.optional() };
const arrived = { data: hex.transform(hexToBytes).optional(), payload: length.optional(), at: time };
/** No read of a TCP stream is longer: a log made by hand must not ask for more memory than there is. */
const LONGEST_PIECE = 16 * 1024 * 1024;
const ONE = 'needs either data or payload';
const hasOne = (value: { readonly data?: unknown; readonly payload?: unknown }): boolean =>
  (value.data === undefined) !== (value.payload === undefined);

/** Of `tcp.listen`. */
const limits = { idleMs: z.number().optional(), lifeMs: z.number().optional(), limit: z.number().optional(), perHost: z.number().optional() };

/** Effects are compared, never carried out: their endpoints stay text, even text that names no endpoint. */
const effect = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('udp.open'), socket: text, local: text.optional() }),
  z.strictObject({ type: z.literal('udp.send'), socket: text, to: text, ...logged, ttl: z.number().optional() }).refine(hasOne, ONE),
  z.strictObject({ type: z.literal('tcp.listen'), socket: text, local: text, ...limits }),
  z.strictObject({ type: z.literal('tcp.connect'), socket: text, to: text, local: text.optional() }),
  z.strictObject({ type: z.literal('tcp.send'), socket: text, ...logged }).refine(hasOne, ONE),
  z.strictObject({ type: z.enum(['tcp.pause', 'tcp.resume', 'tcp.release']), socket: text }),
  z.strictObject({ type: z.literal('icmp.open'), socket: text }),
  z.strictObject({ type: z.literal('icmp.send'), socket: text, to: text, ...logged, ttl: z.number().optional() }).refine(hasOne, ONE),
  z.strictObject({ type: z.literal('close'), socket: text }),
]);

/**
 * What `formatEndpoint` writes, read back even where no such endpoint can be: a failure quotes what was asked, however
 * senseless, and a link-local address has its zone.
 */
const endpoint = text.transform((words, context): Endpoint => {
  const match = /^(?:\[(.*)\]|([^:]*)):(-?\d+(?:\.\d+)?)$/.exec(words);
  if (match) return { host: match[1] ?? match[2] ?? '', port: Number(match[3]) };
  context.issues.push({ code: 'custom', message: 'not host:port', input: words });
  return z.NEVER;
});

const effectType = z.enum(['udp.open', 'udp.send', 'tcp.listen', 'tcp.connect', 'tcp.send', 'tcp.pause', 'tcp.resume', 'tcp.release', 'icmp.open', 'icmp.send', 'close']);

const failure = z.enum([
  'address-in-use',
  'address-not-available',
  'not-permitted',
  'unreachable',
  'refused',
  'reset',
  'timed-out',
  'too-large',
  'unsupported',
  'no-such-socket',
  'exhausted',
  'unknown',
]);

const event = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('udp.opened'), socket: text, local: endpoint, addresses: z.array(endpoint), at: time }),
    z.strictObject({ type: z.literal('udp.received'), socket: text, from: endpoint, ...arrived }).refine(hasOne, ONE),
    z.strictObject({ type: z.literal('tcp.listening'), socket: text, local: endpoint, at: time }),
    z.strictObject({ type: z.literal('tcp.connected'), socket: text, local: endpoint, peer: endpoint, at: time }),
    z.strictObject({ type: z.literal('tcp.accepted'), listener: text, socket: text, local: endpoint, peer: endpoint, at: time }),
    z.strictObject({ type: z.literal('tcp.received'), socket: text, ...arrived, payload: length.max(LONGEST_PIECE).optional() }).refine(hasOne, ONE),
    z.strictObject({ type: z.enum(['tcp.drained', 'tcp.closed']), socket: text, at: time }),
    z.strictObject({ type: z.literal('icmp.opened'), socket: text, at: time }),
    z.strictObject({ type: z.literal('icmp.received'), socket: text, from: text, ...arrived }).refine(hasOne, ONE),
    z.strictObject({
      type: z.literal('net.failed'),
      effect: effectType,
      socket: text,
      code: failure,
      detail: text,
      to: endpoint.optional(),
      at: time,
    }),
  ])
  .transform((heard): NetEvent | undefined => {
    switch (heard.type) {
      case 'udp.received':
      case 'icmp.received': {
        const { payload: _length, data, ...rest } = heard;
        return data && { ...rest, data };
      }
      case 'tcp.received': {
        const { payload = 0, data = new Uint8Array(payload), ...rest } = heard;
        return { ...rest, data };
      }
      default:
        return heard;
    }
  });

const told = z.looseObject({ type: text });

export const headerShape = z.strictObject({
  format: z.literal(LOG_FORMAT),
  /** What replays it, e.g. `udp-punch/peer`. Opaque here, as is `input`. */
  machine: text,
  input: z.json(),
  /** The actor's name. */
  id: text,
  note: text.optional(),
});

/** By the field that tells what a line is. */
export const lineShapes = {
  effect: z.strictObject({ t: time, effect }).transform((line) => ({ kind: 'effect' as const, ...line })),
  /** `event` is undefined for payload, of which there is nothing to report. */
  event: z
    .strictObject({ t: time, sync: z.literal(true).optional(), event })
    .transform((line) => ({ kind: 'event' as const, ...line })),
  timer: z.strictObject({ t: time, timer: z.int().positive() }).transform((line) => ({ kind: 'timer' as const, ...line })),
  told: z.strictObject({ t: time, told }).transform((line) => ({ kind: 'told' as const, ...line })),
  end: z.strictObject({ t: time, end: z.literal(true) }).transform((line) => ({ kind: 'end' as const, ...line })),
};
