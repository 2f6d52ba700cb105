/** Between the bytes of TCP connections and messages: who is at the other end, and where one message stops and the next begins. */
import { type Codec, type Decoded, type Framing } from './codec.ts';
import type { Endpoint } from './endpoint.ts';
import type { NetEvent } from './net.ts';
import { concatBytes } from './wire/bytes.ts';

export interface Streams<M extends { readonly type: string }> {
  /** Notes the beginnings and ends of connections. */
  note(event: NetEvent): void;
  /** This end closes a connection: nothing more is reported of it, not even its end. */
  forget(socket: string): void;
  /** The messages that are whole with this piece; undefined when the stream broke its protocol, and is of no more use. */
  take(socket: string, piece: Uint8Array): readonly (Decoded<M> & { readonly from: Endpoint })[] | undefined;
}

interface Stream {
  readonly peer: Endpoint;
  rest: Uint8Array;
}

export function streams<M extends { readonly type: string }>(codec: Codec<M>): Streams<M> {
  const open = new Map<string, Stream>();
  const framing: Framing = codec.framing ?? (() => undefined);
  return {
    note(event) {
      switch (event.type) {
        case 'tcp.connected':
        case 'tcp.accepted':
          open.set(event.socket, { peer: event.peer, rest: NOTHING });
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
      const stream = open.get(socket);
      const cut = stream && framing(stream.rest.length === 0 ? piece : concatBytes(stream.rest, piece));
      if (!stream || !cut) {
        open.delete(socket);
        return undefined;
      }
      // A copy, so that a few bytes do not hold a whole read in memory.
      stream.rest = cut.rest.slice();
      return cut.frames.map((frame) => ({ ...codec.decode(frame, stream.peer), from: stream.peer }));
    },
  };
}

const NOTHING = new Uint8Array(0);
