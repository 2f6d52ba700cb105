/**
 * Both directions of a udptunnel connection that stands: one DATA under way in each, DATA0 first, and an acknowledgement for each
 * DATA that comes. A value; each function makes another. Source: the behaviour of samyk/pwnat.
 */
import { type Data, TUNNEL_BODY } from './messages.ts';
import * as timing from './timing.ts';

export interface StopAndWait {
  readonly queue: readonly Uint8Array[];
  readonly queuedBytes: number;
  /** The TCP side has ended: after the queue comes the end. */
  readonly isEnding: boolean;
  readonly flying: { readonly body: Uint8Array; readonly tries: number } | undefined;
  /** When it is said again; Infinity with nothing under way. */
  readonly dueAt: number;
  /** Of what flies, or of what flies next. */
  readonly kind: 0 | 1;
  readonly expected: 0 | 1;
  /** What has come while the TCP side was full is acknowledged when it has drained. */
  readonly owed: 0 | 1 | undefined;
}

export const IDLE: StopAndWait = { queue: [], queuedBytes: 0, isEnding: false, flying: undefined, dueAt: Infinity, kind: 0, expected: 0, owed: undefined };

export function offered(flow: StopAndWait, data: Uint8Array): StopAndWait {
  return { ...flow, queue: [...flow.queue, data], queuedBytes: flow.queuedBytes + data.length };
}

export function isDelivered({ isEnding, flying, queuedBytes }: StopAndWait): boolean {
  return isEnding && flying === undefined && queuedBytes === 0;
}

/** The next DATA, if none is under way. */
export function pumped(flow: StopAndWait, now: number): { readonly flow: StopAndWait; readonly data?: Pick<Data, 'kind' | 'body'> } {
  if (flow.flying || flow.queuedBytes === 0) return { flow };
  const body = new Uint8Array(Math.min(TUNNEL_BODY, flow.queuedBytes));
  const queue = [...flow.queue];
  for (let filled = 0; filled < body.length; ) {
    const piece = queue[0]!;
    const part = piece.subarray(0, body.length - filled);
    body.set(part, filled);
    filled += part.length;
    if (part.length === piece.length) queue.shift();
    else queue[0] = piece.subarray(part.length);
  }
  const next = { ...flow, queue, queuedBytes: flow.queuedBytes - body.length, flying: { body, tries: 1 }, dueAt: now + timing.resendMs(1) };
  return { flow: next, data: { kind: flow.kind, body } };
}

/** An acknowledgement of what does not fly is a late copy. */
export function acknowledged(flow: StopAndWait, kind: 0 | 1): StopAndWait {
  return flow.flying && flow.kind === kind ? { ...flow, flying: undefined, dueAt: Infinity, kind: kind === 0 ? 1 : 0 } : flow;
}

/** What flies is said again; undefined when that has been done often enough. */
export function repeated(flow: StopAndWait, now: number): { readonly flow: StopAndWait; readonly data: Pick<Data, 'kind' | 'body'> } | undefined {
  const { flying, kind } = flow;
  if (!flying || flying.tries >= timing.RESENDS) return undefined;
  const tries = flying.tries + 1;
  return { flow: { ...flow, flying: { ...flying, tries }, dueAt: now + timing.resendMs(tries) }, data: { kind, body: flying.body } };
}

/** Whether a DATA is new. One that is not is acknowledged again all the same, but not while its acknowledgement is still owed. */
export function isExpected(flow: StopAndWait, kind: 0 | 1): boolean {
  return flow.expected === kind;
}

export function accepted(flow: StopAndWait, owes: boolean): StopAndWait {
  return { ...flow, expected: flow.expected === 0 ? 1 : 0, owed: owes ? flow.expected : undefined };
}
