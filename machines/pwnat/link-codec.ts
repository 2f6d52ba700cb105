/**
 * The messages between two of our own ends. They begin as udptunnel's do, with types that the original server ignores, and end
 * with a tag where both ends know a secret; no other message is then read.
 *
 *     id (2)  type (1)  length of the body (2)  caller's number (8)  listener's number (8)  …  tag (0 or 16)
 *     20 OFFER, 40 ACCEPT                      no more; an offer has zeros for the listener's number
 *     21 OPEN: sequence (4), `host port` · 22 DATA: sequence (4), 1 to 1,200 bytes · 23 END: sequence (4), reason (0 or 1)
 *     24 RECEIPT: next (4), limit (4), seen (0 to 32) · 25 PING, 26 PONG: serial (4) · 27 BYE
 * From the listener the types are 20 (hex) more.
 */
import { DecodeError, fromHex, Reader, toHex, Writer } from '../../effects/wire/bytes.ts';
import { type LinkKeys, TAG } from './link-keys.ts';
import { LINK_BODY, type LinkMessage, SEEN_BYTES, type Side } from './messages.ts';
import { type Bodies, FIRST_OWN_TYPE, header, HEADER } from './tunnel-codec.ts';

const PAIR = 16;
const OFFER = 0;
const KINDS = ['open', 'data', 'end'] as const;
const FIRST_PACKET = 1;
const RECEIPT = 4;
const PING = 5;
const PONG = 6;
const BYE = 7;
/** Of the listener's types. */
const FROM_LISTENER = 0x20;

/** `keys` when there is a secret. */
export function encodeLink(message: LinkMessage, bodies: Bodies, keys: LinkKeys | undefined): Uint8Array {
  const pair = message.type === 'offer' ? message.caller + NOBODY : message.pair;
  const id = 'id' in message ? message.id : 0;
  const body = message.type !== 'packet' ? NOTHING : message.kind === 'data' ? bodies.write(message.body) : message.body;
  const length = PAIR + sizeOf(message) + body.length + (keys ? TAG : 0);
  const out = contents(header(new Writer(HEADER + length), id, typeOf(message), length).bytes(fromHex(pair) ?? NOTHING), message).bytes(body);
  if (keys) out.bytes(keys.tag(pair, out.written()));
  return out.finish();
}

/** Whether the type is one of these. */
export function isLink(data: Uint8Array): boolean {
  const type = data[2] ?? 0;
  return data.length >= HEADER && type >= FIRST_OWN_TYPE && type < FIRST_OWN_TYPE + 2 * FROM_LISTENER;
}

/** DecodeError on whatever is none, or is not proved. */
export function decodeLink(data: Uint8Array, bodies: Bodies, keys: LinkKeys | undefined): LinkMessage {
  const reader = new Reader(data, 0, data.length - (keys ? TAG : 0) < HEADER + PAIR ? 0 : data.length - (keys ? TAG : 0));
  const [id, type, length] = [reader.u16(), reader.u8() - FIRST_OWN_TYPE, reader.u16()];
  if (length !== data.length - HEADER) throw new DecodeError(`a body of ${data.length - HEADER} bytes that calls itself ${length}`, 3);
  const pair = toHex(reader.bytes(PAIR));
  const end = reader.offset + reader.remaining;
  if (keys && !keys.isTag(pair, data.subarray(0, end), data.subarray(end))) throw new DecodeError('not proved with the secret of this end', end);
  const by: Side = type >= FROM_LISTENER ? 'listener' : 'caller';
  const message = read(reader, by === 'listener' ? type - FROM_LISTENER : type, { id, pair, by }, bodies);
  if (reader.remaining > 0) throw new DecodeError(`${reader.remaining} bytes too many`, reader.offset);
  return message;
}

interface Head {
  readonly id: number;
  readonly pair: string;
  readonly by: Side;
}

function read(reader: Reader, kind: number, { id, pair, by }: Head, bodies: Bodies): LinkMessage {
  switch (kind) {
    case OFFER:
      return by === 'listener' ? { type: 'accept', pair } : { type: 'offer', caller: pair.slice(0, PAIR) };
    case RECEIPT: {
      const [next, limit] = [reader.u32(), reader.u32()];
      if (reader.remaining > SEEN_BYTES) throw new DecodeError('a receipt of too many', reader.offset);
      return { type: 'receipt', pair, by, id, next, limit, seen: reader.bytes(reader.remaining) };
    }
    case PING:
      return { type: 'linkPing', pair, by, serial: reader.u32() };
    case PONG:
      return { type: 'linkPong', pair, by, serial: reader.u32() };
    case BYE:
      return { type: 'linkBye', pair, by };
    default: {
      const what = KINDS[kind - FIRST_PACKET];
      if (what === undefined) throw new DecodeError(`type ${kind} of our own`, 2);
      const sequence = reader.u32();
      const bytes = reader.bytes(reader.remaining);
      const body = what === 'data' ? bodies.read(bytes) : bytes;
      if (body.length > (what === 'end' ? 1 : LINK_BODY) || (body.length === 0 && what !== 'end')) throw new DecodeError(`a packet of ${body.length} bytes`, HEADER);
      return { type: 'packet', pair, by, id, sequence, kind: what, body };
    }
  }
}

/** Bytes between the numbers of the link and the body. */
function sizeOf(message: LinkMessage): number {
  switch (message.type) {
    case 'packet':
    case 'linkPing':
    case 'linkPong':
      return 4;
    case 'receipt':
      return 8 + message.seen.length;
    default:
      return 0;
  }
}

function contents(out: Writer, message: LinkMessage): Writer {
  switch (message.type) {
    case 'packet':
      return out.u32(message.sequence);
    case 'receipt':
      return out.u32(message.next).u32(message.limit).bytes(message.seen);
    case 'linkPing':
    case 'linkPong':
      return out.u32(message.serial);
    default:
      return out;
  }
}

function typeOf(message: LinkMessage): number {
  const from = FIRST_OWN_TYPE + ('by' in message && message.by === 'listener' ? FROM_LISTENER : 0);
  switch (message.type) {
    case 'offer':
      return from + OFFER;
    case 'accept':
      return from + FROM_LISTENER + OFFER;
    case 'packet':
      return from + FIRST_PACKET + KINDS.indexOf(message.kind);
    case 'receipt':
      return from + RECEIPT;
    case 'linkPing':
      return from + PING;
    case 'linkPong':
      return from + PONG;
    case 'linkBye':
      return from + BYE;
  }
}

const NOBODY = '0'.repeat(PAIR);
const NOTHING = new Uint8Array(0);
