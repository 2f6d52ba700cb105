/**
 * One TCP connection between two of our own ends: each direction as numbered packets with a window, `outgoing.ts` and `incoming.ts`.
 * It is over when one direction's last packet has come, for a TCP side that has ended takes nothing more. A value; each function
 * makes another, or undefined when the connection is over.
 */
import type { Endpoint } from '../../effects/endpoint.ts';
import { utf8 } from '../../effects/wire/bytes.ts';
import { type Incoming, isWorthTelling, NEW_INCOMING, receipted, taken } from './incoming.ts';
import { NO_CONNECTION, type Packet, type Receipt, type Side } from './messages.ts';
import { acknowledged, expired, isDelivered, newOutgoing, offered, opened, type Outgoing, pumped, type Sending } from './outgoing.ts';
import { closed, delivered, drained, isFull, regulated, type TcpSide } from './tcp-side.ts';
import type { Turn } from './turn.ts';

export interface LinkStream {
  readonly by: 'link';
  readonly tcp: TcpSide;
  readonly peer: Endpoint;
  readonly side: Side;
  readonly pair: string;
  readonly id: number;
  readonly outgoing: Outgoing;
  readonly incoming: Incoming;
}

type Given = Pick<LinkStream, 'tcp' | 'peer' | 'pair' | 'id'>;

/** The caller's beginning. */
export function called(turn: Turn, given: Given, host: string, port: string, roundTripMs: number | undefined): LinkStream {
  const stream: LinkStream = { ...given, by: 'link', side: 'caller', outgoing: newOutgoing(roundTripMs), incoming: NEW_INCOMING };
  return depart(turn, stream, opened(stream.outgoing, utf8(`${host} ${port}`), turn.now));
}

/** The listener's beginning, before it has heard the first packet. */
export function answered(given: Given): LinkStream {
  return { ...given, by: 'link', side: 'listener', outgoing: newOutgoing(), incoming: NEW_INCOMING };
}

/** A packet of the other direction, whose last is the end of the connection; `opens` hears of the one that says where to connect to. */
export function packetCame(turn: Turn, stream: LinkStream, packet: Packet, opens: (destination: Uint8Array, stream: LinkStream) => LinkStream): LinkStream {
  const { incoming, data, open, farewell, isUrgent } = taken(stream.incoming, packet, turn.now);
  const connected = open && stream.side === 'listener' ? opens(open, { ...stream, incoming }) : { ...stream, incoming };
  const next = data ? { ...connected, tcp: delivered(turn, connected.tcp, data) } : connected;
  if (incoming.isEnded) closed(turn, next.tcp);
  if (farewell?.[0] === NO_CONNECTION.denied) turn.tell({ what: 'denied', from: stream.peer });
  if (farewell?.[0] === NO_CONNECTION.refused) turn.tell({ what: 'refused', from: stream.peer });
  return isUrgent || incoming.isEnded ? receipt(turn, next) : next;
}

export function receiptCame(turn: Turn, stream: LinkStream, message: Receipt): LinkStream | undefined {
  return pump(turn, { ...stream, outgoing: acknowledged(stream.outgoing, message, turn.now) });
}

export function read(turn: Turn, stream: LinkStream, data: Uint8Array): LinkStream | undefined {
  return pump(turn, { ...stream, outgoing: offered(stream.outgoing, data) });
}

export function tcpDrained(turn: Turn, stream: LinkStream): LinkStream {
  const next = { ...stream, tcp: drained(stream.tcp) };
  return isWorthTelling(next.incoming) ? receipt(turn, next) : next;
}

/** The TCP side has ended by itself, or there is none, for a reason that is worth telling. */
export function tcpEnded(turn: Turn, stream: LinkStream, why?: keyof typeof NO_CONNECTION): LinkStream | undefined {
  const farewell = why ? Uint8Array.of(NO_CONNECTION[why]) : stream.outgoing.farewell;
  return pump(turn, { ...stream, tcp: { ...stream.tcp, isOpen: false }, outgoing: { ...stream.outgoing, isEnding: true, farewell } });
}

export function dueAt({ outgoing, incoming }: LinkStream): number {
  return Math.min(outgoing.dueAt, incoming.dueAt);
}

/** Something may be due. */
export function ticked(turn: Turn, stream: LinkStream): LinkStream | undefined {
  const told = stream.incoming.dueAt <= turn.now ? receipt(turn, stream) : stream;
  if (told.outgoing.dueAt > turn.now) return told;
  const outgoing = expired(told.outgoing, turn.now);
  if (outgoing) return pump(turn, { ...told, outgoing });
  closed(turn, told.tcp);
  return undefined;
}

function receipt(turn: Turn, stream: LinkStream): LinkStream {
  const { side: by, pair, id, peer } = stream;
  const { incoming, receipt: said } = receipted(stream.incoming, isFull(stream.tcp));
  turn.send(peer, { type: 'receipt', by, pair, id, ...said });
  return { ...stream, incoming };
}

function pump(turn: Turn, stream: LinkStream): LinkStream | undefined {
  if (isDelivered(stream.outgoing)) return undefined;
  const next = depart(turn, stream, pumped(stream.outgoing, turn.now));
  return { ...next, tcp: regulated(turn, next.tcp, next.outgoing.queuedBytes) };
}

function depart(turn: Turn, stream: LinkStream, { outgoing, departures }: Sending): LinkStream {
  const { side: by, pair, id, peer } = stream;
  for (const departure of departures) turn.send(peer, { type: 'packet', by, pair, id, ...departure });
  return { ...stream, outgoing };
}
