/** Between bytes and messages. A codec holds the keys of its protocol, so that no machine, snapshot or log ever does. */
import type { Endpoint } from './endpoint.ts';
import type { NetEffect, NetEvent, UdpReceived } from './net.ts';
import { concatBytes } from './wire/bytes.ts';

/** A protocol's wire format, both directions and every role of it. Pure, but for caches that cannot be observed. */
export interface Codec<M extends { readonly type: string }> {
  /** `remote` is where it goes to; in a recording of what was heard, where it came from. */
  encode(message: M, remote?: Endpoint): Uint8Array;
  /** Never throws, whatever the bytes. `remote` is where they came from. */
  decode(data: Uint8Array, remote?: Endpoint): Decoded<M>;
  /** Where the messages of a TCP stream end; for protocols that use one. */
  readonly framing?: Framing;
  /**
   * For protocols that carry an application's streams: what a piece of one is to the machine, whatever its bytes. Recordings keep
   * the lengths of pieces, and replays have zeros in their place.
   */
  readonly piece?: (data: Uint8Array) => M;
  /** For protocols that speak ICMP. Without it nothing that comes by ICMP is this protocol's. */
  readonly icmp?: IcmpCodec<M>;
  /**
   * Answers what arrives at once, by plain code and without the machine: for servers whose answers need no memory, where a
   * transition for each datagram would be waste. Asked when a machine sends `reflex`, with the sockets that it has opened.
   */
  readonly reflex?: (sockets: Readonly<Record<string, Endpoint>>) => Reflex;
  /** Bytes that it cannot read. They stand in logs for others, which might show what a log must not. */
  readonly unreadable?: Uint8Array;
  /** With which no stream of it can begin. They stand in logs for what made one end. */
  readonly unframed?: Uint8Array;
}

/**
 * The messages that travel as ICMP, each a whole ICMP message without its IP header: see `wire/icmp.ts`. `remote` has port 0. A
 * raw socket hears all ICMP of its host: what is other programs' is `payload`, and goes nowhere.
 */
export type IcmpCodec<M extends { readonly type: string }> = Pick<Codec<M>, 'encode' | 'decode' | 'unreadable'>;

/**
 * The whole messages at the start of what has come of a stream, and what is left. Undefined when the bytes cannot be of this
 * protocol, so that the connection is closed. It bounds what is left, by giving up where no message is so long.
 */
export type Framing = (received: Uint8Array) => Cut | undefined;

export interface Cut {
  readonly frames: readonly Uint8Array[];
  readonly rest: Uint8Array;
  /** The last of the frames was the last of this stream: the rest, and whatever follows, is not the protocol's. */
  readonly isOver?: true;
}

/** Keeps nothing of a client, and never throws, whatever the bytes. */
export interface Reflex {
  /** One effect in answer to a datagram, or none. */
  datagram(event: UdpReceived): NetEffect | undefined;
  /** The bytes that answer one whole message of a connection, as `framing` cut it, on that connection; or nothing. */
  message?(connection: Connected, data: Uint8Array): Uint8Array | undefined;
}

/** A connection by how it began. */
export type Connected = Extract<NetEvent, { type: 'tcp.accepted' | 'tcp.connected' }>;

/** What some bytes are to a protocol. */
export type Decoded<M> =
  /** A protocol message; `payload` when the same bytes are also the application's, as in the text protocol of seed 001. */
  | { readonly kind: 'message'; readonly message: M; readonly payload?: true }
  /** Not this protocol's: the application's bytes, if they come from the peer. */
  | { readonly kind: 'payload' }
  /** This protocol's, but broken or forged. */
  | { readonly kind: 'unreadable'; readonly reason: string };

/**
 * What a recording keeps of bytes: the messages as `open` would have sent them, a codec of the same protocol whose keys are
 * public. Undefined for payload, of which nothing is kept; of unreadable bytes it keeps that they were. Of a stream that was
 * received it keeps a message at the piece that ends it, and nothing of what is behind the last one.
 */
export function redactor<M extends { readonly type: string }>(
  secret: Codec<M>,
  open: Codec<M>,
): (data: Uint8Array, remote?: Endpoint, stream?: string, via?: Via) => Uint8Array | undefined {
  const { framing } = secret;
  const unreadable = open.unreadable ?? NOTHING;
  /** What each stream still lacks the end of; `over` when no message follows. */
  const rests = new Map<string, Uint8Array | 'over'>();
  const redact = (data: Uint8Array, remote?: Endpoint, isIcmp = false): Uint8Array | undefined => {
    const [reads, writes] = isIcmp ? [secret.icmp, open.icmp] : [secret, open];
    const decoded = reads?.decode(data, remote) ?? FOREIGN;
    switch (decoded.kind) {
      case 'message':
        return writes?.encode(decoded.message, remote);
      case 'payload':
        return undefined;
      case 'unreadable':
        return isIcmp ? (open.icmp?.unreadable ?? NOTHING) : unreadable;
    }
  };
  return (data, remote, stream, via) => {
    if (via === 'tcp' && secret.piece) return undefined;
    if (stream === undefined || !framing) return redact(data, remote, via === 'icmp');
    const rest = rests.get(stream);
    if (rest === 'over') return new Uint8Array(0);
    const cut = framing(rest ? concatBytes(rest, data) : data);
    if (cut?.isOver) rests.set(stream, 'over');
    else if (cut && cut.rest.length > 0) rests.set(stream, cut.rest.slice());
    else rests.delete(stream);
    return cut ? concatBytes(...cut.frames.map((frame) => redact(frame, remote) ?? unreadable)) : open.unframed ?? unreadable;
  };
}

/** What bytes travel by. */
export type Via = 'udp' | 'tcp' | 'icmp';

/** What is said of ICMP by a protocol that has none of its own. */
const FOREIGN = { kind: 'payload' } as const;
const NOTHING = new Uint8Array(0);
