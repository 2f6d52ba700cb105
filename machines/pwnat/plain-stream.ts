/**
 * One TCP connection through udptunnel, at either end: HELLO, HELLOACK and HELLOACK, data by stop-and-wait, GOODBYE when a TCP side
 * has ended and all of it has arrived. A value; each function makes another, or undefined when the connection is over.
 */
import type { Endpoint } from '../../effects/endpoint.ts';
import type { Hello, TunnelMessage } from './messages.ts';
import { accepted, acknowledged, IDLE, isDelivered, isExpected, offered, pumped, repeated, type StopAndWait } from './stop-and-wait.ts';
import { closed, delivered, drained, isFull, regulated, type TcpSide } from './tcp-side.ts';
import * as timing from './timing.ts';
import type { Turn } from './turn.ts';

export interface PlainStream {
  readonly by: 'plain';
  readonly tcp: TcpSide;
  /** Where its datagrams go, and come from. */
  readonly peer: Endpoint;
  /**
   * The caller's is `calling` until HELLOACK, and `settling` until its own has surely come; the listener's is `pending` until the
   * caller's has. Then both are `open`.
   */
  readonly phase: 'calling' | 'settling' | 'pending' | 'open';
  readonly id: number;
  readonly request: number;
  /** As HELLO has it. */
  readonly host: string;
  readonly port: string;
  readonly startedAt: number;
  /** Repetitions so far, those that are left, and when the next word of the phase is due. */
  readonly tries: number;
  readonly budget: number;
  readonly wordAt: number;
  /** At the listener: when the caller was last known to live. */
  readonly aliveAt: number;
  /** Something of its TCP side has been sent. */
  readonly hasSpoken: boolean;
  /** At the listener: its endpoint has confirmed a later connection, and has not spoken of this one since. Nothing is said of it. */
  readonly isLeft: boolean;
  readonly flow: StopAndWait;
}

/** The caller's beginning. `leadMs`: what opens the hole has to come first. */
export function called(turn: Turn, given: Pick<PlainStream, 'tcp' | 'peer' | 'request' | 'host' | 'port'>, leadMs = 0): PlainStream {
  const stream: PlainStream = { ...NEW, ...given, phase: 'calling', startedAt: turn.now, wordAt: turn.now + (leadMs || timing.HELLO_MS) };
  if (leadMs === 0) sayHello(turn, stream);
  return stream;
}

/** The listener's beginning; `size` is that of the HELLO. */
export function greeted(turn: Turn, given: Pick<PlainStream, 'tcp' | 'peer' | 'id' | 'request' | 'host' | 'port'>, size: number): PlainStream {
  const budget = Math.min(timing.HELLO_ACK_REPEATS, Math.floor(size / HELLO_ACK_SIZE) - 1);
  turn.send(given.peer, { type: 'helloAck', id: given.id, request: given.request });
  return { ...NEW, ...given, phase: 'pending', budget, startedAt: turn.now, aliveAt: turn.now, wordAt: turn.now + timing.HELLO_ACK_MS };
}

/** A message of this connection. */
export function heard(turn: Turn, before: PlainStream, message: Exclude<TunnelMessage, Hello>): PlainStream | undefined {
  const stream = before.isLeft ? { ...before, isLeft: false } : before;
  switch (message.type) {
    case 'helloAck':
      return helloAcknowledged(turn, stream, message.id);
    case 'goodbye':
      closed(turn, stream.tcp);
      return undefined;
    case 'keepAlive':
      return { ...stream, aliveAt: turn.now };
    case 'ack':
      return pump(turn, settled({ ...stream, flow: acknowledged(stream.flow, message.kind) }));
    case 'data': {
      // Without the caller's HELLOACK there is nothing to send it to: it comes again.
      if (stream.phase === 'pending' || stream.phase === 'calling') return stream;
      const { kind, body } = message;
      const now = settled(stream);
      if (!isExpected(now.flow, kind)) {
        if (now.flow.owed === undefined) turn.send(now.peer, { type: 'ack', id: now.id, kind });
        return now;
      }
      const owes = isFull(now.tcp);
      // Before the bytes, so that the original does not ask again meanwhile.
      if (!owes) turn.send(now.peer, { type: 'ack', id: now.id, kind });
      return pump(turn, { ...now, tcp: delivered(turn, now.tcp, body), flow: accepted(now.flow, owes) });
    }
  }
}

export function read(turn: Turn, stream: PlainStream, data: Uint8Array): PlainStream | undefined {
  return pump(turn, { ...stream, flow: offered(stream.flow, data) });
}

export function tcpDrained(turn: Turn, stream: PlainStream): PlainStream {
  const { owed } = stream.flow;
  if (owed !== undefined) say(turn, stream, { type: 'ack', id: stream.id, kind: owed });
  return { ...stream, tcp: drained(stream.tcp), flow: { ...stream.flow, owed: undefined } };
}

/** The TCP side has ended by itself. */
export function tcpEnded(turn: Turn, stream: PlainStream): PlainStream | undefined {
  if (stream.phase === 'calling') return undefined;
  return pump(turn, { ...stream, tcp: { ...stream.tcp, isOpen: false }, flow: { ...stream.flow, isEnding: true } });
}

export function dueAt({ phase, wordAt, flow, aliveAt }: PlainStream): number {
  return Math.min(wordAt, flow.dueAt, phase === 'open' && aliveAt > 0 ? aliveAt + timing.SILENT_MS : Infinity);
}

/** Something is due. */
export function ticked(turn: Turn, stream: PlainStream): PlainStream | undefined {
  if (stream.phase === 'open' && stream.aliveAt > 0 && turn.now >= stream.aliveAt + timing.SILENT_MS) return givenUp(turn, stream);
  const spoken = turn.now >= stream.wordAt ? word(turn, stream) : stream;
  if (!spoken || spoken.flow.dueAt > turn.now) return spoken;
  const again = repeated(spoken.flow, turn.now);
  if (!again) return givenUp(turn, spoken);
  say(turn, spoken, { type: 'data', id: spoken.id, ...again.data });
  return { ...spoken, flow: again.flow };
}

/** This end lets it go, and says so. */
export function givenUp(turn: Turn, stream: PlainStream): undefined {
  closed(turn, stream.tcp);
  if (stream.phase !== 'calling') say(turn, stream, { type: 'goodbye', id: stream.id });
}

function helloAcknowledged(turn: Turn, stream: PlainStream, id: number): PlainStream | undefined {
  switch (stream.phase) {
    case 'calling': {
      const ack = { type: 'helloAck', id, request: stream.request } as const;
      for (let n = 0; n < timing.HELLO_ACKS; n += 1) turn.send(stream.peer, ack);
      turn.tell({ what: 'carried', from: stream.peer });
      return { ...stream, id, phase: 'settling', tries: 0, wordAt: turn.now + timing.SETTLE_MS / 2 };
    }
    case 'settling':
    case 'open':
      // At the caller: the listener says it again because it lacks ours. Ours end it.
      if (stream.aliveAt === 0 && id === stream.id) turn.send(stream.peer, { type: 'helloAck', id, request: stream.request });
      return stream;
    case 'pending':
      turn.tell({ what: 'carried', from: stream.peer });
      return { ...stream, phase: 'open', aliveAt: turn.now, wordAt: Infinity };
  }
}

/** The next word of the phase. */
function word(turn: Turn, stream: PlainStream): PlainStream | undefined {
  const { phase, peer, id, request, startedAt, tries, budget } = stream;
  switch (phase) {
    case 'calling': {
      if (turn.now < startedAt + timing.HELLO_DEADLINE_MS) {
        sayHello(turn, stream);
        return { ...stream, tries: tries + 1, wordAt: turn.now + timing.HELLO_MS };
      }
      turn.tell({ what: 'unanswered', from: peer });
      return givenUp(turn, stream);
    }
    case 'settling':
      turn.send(peer, { type: 'helloAck', id, request });
      return tries === 0 ? { ...stream, tries: 1, wordAt: turn.now + timing.SETTLE_MS / 2 } : pump(turn, settled(stream));
    case 'pending':
      if (turn.now >= startedAt + timing.PENDING_MS) {
        closed(turn, stream.tcp);
        return undefined;
      }
      if (tries >= budget) return { ...stream, wordAt: startedAt + timing.PENDING_MS };
      turn.send(peer, { type: 'helloAck', id, request });
      return { ...stream, tries: tries + 1, wordAt: turn.now + timing.HELLO_ACK_MS };
    case 'open':
      if (isListeners(stream)) return givenUp(turn, stream);
      turn.send(peer, { type: 'keepAlive', id });
      return { ...stream, wordAt: turn.now + timing.KEEPALIVE_MS };
  }
}

/** The listener speaks of the id, so it knows that we do. */
function settled(stream: PlainStream): PlainStream {
  return stream.phase === 'settling' ? { ...stream, phase: 'open', wordAt: stream.startedAt + timing.FIRST_KEEPALIVE_MS } : stream;
}

/** Sends what may be sent, reads on or no further, and says goodbye behind the last byte. */
function pump(turn: Turn, stream: PlainStream): PlainStream | undefined {
  const { id } = stream;
  const { flow, data } = stream.phase === 'open' ? pumped(stream.flow, turn.now) : { flow: stream.flow };
  if (data) say(turn, stream, { type: 'data', id, ...data });
  if (stream.phase === 'open' && isDelivered(flow)) {
    if (isListeners(stream) && stream.hasSpoken) return { ...stream, flow, wordAt: Math.min(stream.wordAt, turn.now + timing.GOODBYE_MS) };
    say(turn, stream, { type: 'goodbye', id });
    return undefined;
  }
  return { ...stream, hasSpoken: stream.hasSpoken || data !== undefined, flow, tcp: regulated(turn, stream.tcp, flow.queuedBytes) };
}

function isListeners({ aliveAt }: PlainStream): boolean {
  return aliveAt > 0;
}

/** Of a connection that was left, only when its other end speaks of it again: an original, which looks at no id, would take it for its next one's. */
function say(turn: Turn, { peer, isLeft }: PlainStream, message: TunnelMessage): void {
  if (!isLeft) turn.send(peer, message);
}

function sayHello(turn: Turn, { peer, request, host, port }: PlainStream): void {
  turn.send(peer, { type: 'hello', request, host, port });
}

const HELLO_ACK_SIZE = 7;
const NEW = { by: 'plain', id: 0, startedAt: 0, tries: 0, budget: 0, aliveAt: 0, hasSpoken: false, isLeft: false, flow: IDLE } as const;
