/**
 * The wire format of n4: eight bytes a message, over TCP and UDP alike. No keys, no checksum, nothing that proves who sent it.
 *
 *     command (1)  reserved (1)  data (6)
 *     01 HELLO     00            ident              client → server, TCP
 *     02 READY     00            zeros              server → client, TCP
 *     03 EXCHANGE  00            ident              client → server, UDP
 *     04 PEERINFO  00            IPv4 (4) port (2)  server → client, TCP
 *     05 PUNCH     00            ident              client ↔ client, UDP
 *
 * Source: seed 004; n4.py's behaviour. It ignores the reserved byte of what it receives, but of a PUNCH it wants every byte.
 */
import type { Codec, Decoded, Framing } from '../../effects/codec.ts';
import type { Endpoint } from '../../effects/endpoint.ts';
import { Reader, Writer } from '../../effects/wire/bytes.ts';

export type N4Message =
  | { readonly type: 'hello'; readonly ident: string }
  | { readonly type: 'ready' }
  | { readonly type: 'exchange'; readonly ident: string }
  | { readonly type: 'peerinfo'; readonly peer: Endpoint }
  | { readonly type: 'punch'; readonly ident: string };

export const PACKET_SIZE = 8;

/** What a client and its partner call themselves unless told otherwise. */
export const DEFAULT_IDENT = 'n4n4n4';

/** At most six printable ASCII characters. Spaces at the end do not count: the wire pads with them. */
export function isIdent(text: string): boolean {
  return /^[ -~]{0,6}$/.test(text) && !text.endsWith(' ');
}

/** Of a datagram, whatever is not n4's is the application's. */
export function n4Codec(): Codec<N4Message> {
  return {
    encode,
    decode(data): Decoded<N4Message> {
      const message = read(data);
      return message ? { kind: 'message', message } : { kind: 'payload' };
    },
    framing: cut,
    unframed: new Uint8Array(PACKET_SIZE),
  };
}

const HELLO = 1;
const READY = 2;
const EXCHANGE = 3;
const PEERINFO = 4;
const PUNCH = 5;
const IDENT_SIZE = 6;

function encode(message: N4Message): Uint8Array {
  const out = new Writer(PACKET_SIZE);
  switch (message.type) {
    case 'hello':
      return padded(out.u8(HELLO), message.ident);
    case 'ready':
      return out.u8(READY).zeros(PACKET_SIZE - 1).finish();
    case 'exchange':
      return padded(out.u8(EXCHANGE), message.ident);
    case 'peerinfo': {
      const { host, port } = message.peer;
      out.u8(PEERINFO).u8(0);
      for (const octet of host.split('.')) out.u8(Number(octet));
      return out.u16(port).finish();
    }
    case 'punch':
      return padded(out.u8(PUNCH), message.ident);
  }
}

function padded(out: Writer, ident: string): Uint8Array {
  return out.u8(0).utf8(ident.padEnd(IDENT_SIZE)).finish();
}

function read(data: Uint8Array): N4Message | undefined {
  if (data.length !== PACKET_SIZE) return undefined;
  const reader = new Reader(data);
  const command = reader.u8();
  const reserved = reader.u8();
  switch (command) {
    case READY:
      return { type: 'ready' };
    case PEERINFO: {
      const peer = { host: [...reader.bytes(4)].join('.'), port: reader.u16() };
      return isReachable(peer) ? { type: 'peerinfo', peer } : undefined;
    }
    case HELLO:
    case EXCHANGE:
    case PUNCH: {
      const ident = identOf(reader.bytes(IDENT_SIZE));
      if (ident === undefined || (command === PUNCH && reserved !== 0)) return undefined;
      return { type: command === HELLO ? 'hello' : command === EXCHANGE ? 'exchange' : 'punch', ident };
    }
    default:
      return undefined;
  }
}

/** Printable only: an ident is shown to people. */
function identOf(bytes: Uint8Array): string | undefined {
  const text = String.fromCharCode(...bytes).replace(/ +$/, '');
  return isIdent(text) ? text : undefined;
}

/** One host: neither "this network" nor multicast, broadcast and what is reserved above them (RFC 6890). */
function isReachable({ host, port }: Endpoint): boolean {
  const [first = 0] = host.split('.').map(Number);
  return port > 0 && first > 0 && first < 224;
}

/** A client says HELLO and nothing more; a server may say READY and PEERINFO in one breath. Whatever is not such a message ends the connection. */
const cut: Framing = (received) => {
  const frames: Uint8Array[] = [];
  for (let start = 0; start + PACKET_SIZE <= received.length; start += PACKET_SIZE) {
    const frame = received.subarray(start, start + PACKET_SIZE);
    const type = read(frame)?.type;
    const isAlone = received.length === PACKET_SIZE;
    if (type !== 'ready' && type !== 'peerinfo' && !(type === 'hello' && isAlone)) return undefined;
    frames.push(frame);
  }
  return frames.length > FRAMES ? undefined : { frames, rest: received.subarray(frames.length * PACKET_SIZE) };
};

/** A server has two things to say. */
const FRAMES = 2;
