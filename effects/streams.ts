/** Between the bytes of TCP connections and messages: who is at the other end, and where one message stops and the next begins. */
import type { Codec, Connected, Cut, Decoded, Framing, Reflex } from './codec.ts';
import type { Endpoint } from './endpoint.ts';
import type { NetEffect, NetEvent } from './net.ts';
import { concatBytes } from './wire/bytes.ts';

export interface Streams<M extends { readonly type: string }> {
  /** Notes the beginnings and ends of connections. */
  note(event: NetEvent): void;
  /** This end closes a connection: nothing more is reported of it, not even its end. */
  forget(socket: string): void;
  /** The messages that are whole with this piece; undefined when the stream broke its protocol, and is of no more use. */
  take(socket: string, piece: Uint8Array): readonly (Decoded<M> & { readonly from: Endpoint })[] | undefined;
  /** This end gives a connection away: what has come of it and was no message. */
  release(socket: string): Uint8Array;
  /** What a reflex says to the messages that are whole with this piece, or the end of a stream that broke its protocol. */
  answer(socket: string, piece: Uint8Array, reflex: Reflex): NetEffect | undefined;
}

interface Stream {
  readonly connection: Connected;
  rest: Uint8Array;
  isOver: boolean;
}

/** Bytes behind the last message that wait for a release. A guess: a machine releases as it hears that message, so it is one read. */
const UNREAD_LIMIT = 1024 * 1024;

export function streams<M extends { readonly type: string }>(codec: Codec<M>): Streams<M> {
  const open = new Map<string, Stream>();
  const { piece } = codec;
  const framing: Framing = piece ? whole : (codec.framing ?? (() => undefined));
  const read = (frame: Uint8Array, peer: Endpoint): Decoded<M> => (piece ? { kind: 'message', message: piece(frame) } : codec.decode(frame, peer));

  /** The whole messages that there are with this piece, and whose they are. */
  const cut = (socket: string, piece: Uint8Array): { readonly connection: Connected; readonly frames: readonly Uint8Array[] } | undefined => {
    const stream = open.get(socket);
    const received = stream && stream.rest.length > 0 ? concatBytes(stream.rest, piece) : piece;
    const found = stream && (stream.isOver ? unread(received) : framing(received));
    if (!stream || !found) {
      open.delete(socket);
      return undefined;
    }
    stream.isOver ||= found.isOver === true;
    // A copy, so that a few bytes do not hold a whole read in memory.
    stream.rest = found.rest.slice();
    return { connection: stream.connection, frames: found.frames };
  };

  return {
    note(event) {
      switch (event.type) {
        case 'tcp.connected':
        case 'tcp.accepted':
          open.set(event.socket, { connection: event, rest: NOTHING, isOver: false });
          return;
        case 'tcp.closed':
        case 'net.failed':
          open.delete(event.socket);
          return;
        default:
          return;
      }
    },
    forget: (socket) => void open.delete(socket),
    take(socket, piece) {
      const found = cut(socket, piece);
      return found?.frames.map((frame) => ({ ...read(frame, found.connection.peer), from: found.connection.peer }));
    },
    answer(socket, piece, reflex) {
      const found = cut(socket, piece);
      if (!found) return { type: 'close', socket };
      const answers = found.frames.flatMap((frame) => reflex.message?.(found.connection, frame) ?? []);
      return answers.length > 0 ? { type: 'tcp.send', socket, data: concatBytes(...answers) } : undefined;
    },
    release(socket) {
      const rest = open.get(socket)?.rest ?? NOTHING;
      open.delete(socket);
      return rest;
    },
  };
}

function unread(rest: Uint8Array): Cut | undefined {
  return rest.length > UNREAD_LIMIT ? undefined : { frames: [], rest };
}

/** Of a stream that is the application's. */
const whole: Framing = (received) => ({ frames: [received], rest: NOTHING });

const NOTHING = new Uint8Array(0);
