/**
 * The messages of udptunnel, as pwnat has them: five bytes of header, big-endian, then a body. Nothing proves who sent one.
 *
 *     id (2)  type (1)  length of the body (2)  body
 *     01 GOODBYE · 02 HELLO: request (2), `host port` · 03 HELLOACK: request (2) · 04 KEEPALIVE
 *     05 DATA0, 06 DATA1: 1 to 1,024 bytes · 07 ACK0, 08 ACK1
 * HELLO has id 0. A datagram of no bytes is the punch. Source: samyk/pwnat's udptunnel.
 */
import { DecodeError, fromUtf8, Reader, Writer } from '../../effects/wire/bytes.ts';
import { type PwnatMessage, type TunnelMessage, TUNNEL_BODY } from './messages.ts';

export const HEADER = 5;

/** How bodies of applications are written and read: as they are, or in recordings by their length. */
export interface Bodies {
  write(body: Uint8Array): Uint8Array;
  read(body: Uint8Array): Uint8Array;
}

/** From here on types are our own. */
export const FIRST_OWN_TYPE = 0x20;

const GOODBYE = 1;
const HELLO = 2;
const HELLO_ACK = 3;
const KEEP_ALIVE = 4;
const DATA = 5;
const ACK = 7;

/** The longest host of a HELLO: that of a name in DNS (RFC 1035 §2.3.4). */
const HOST_LIMIT = 253;

export function header(out: Writer, id: number, type: number, length: number): Writer {
  return out.u16(id).u8(type).u16(length);
}

export function encodeTunnel(message: TunnelMessage, bodies: Bodies): Uint8Array {
  switch (message.type) {
    case 'hello': {
      const text = new Writer(64).u16(message.request).utf8(`${message.host} ${message.port}`).finish();
      return header(new Writer(HEADER + text.length), 0, HELLO, text.length).bytes(text).finish();
    }
    case 'helloAck':
      return header(new Writer(7), message.id, HELLO_ACK, 2).u16(message.request).finish();
    case 'keepAlive':
      return header(new Writer(HEADER), message.id, KEEP_ALIVE, 0).finish();
    case 'data': {
      const body = bodies.write(message.body);
      return header(new Writer(HEADER + body.length), message.id, DATA + message.kind, body.length).bytes(body).finish();
    }
    case 'ack':
      return header(new Writer(HEADER), message.id, ACK + message.kind, 0).finish();
    case 'goodbye':
      return header(new Writer(HEADER), message.id, GOODBYE, 0).finish();
  }
}

/** DecodeError on whatever is none. */
export function decodeTunnel(data: Uint8Array, bodies: Bodies): PwnatMessage {
  const reader = new Reader(data);
  const [id, type, length] = [reader.u16(), reader.u8(), reader.u16()];
  if (length !== reader.remaining) throw new DecodeError(`a body of ${reader.remaining} bytes that calls itself ${length}`, 3);
  switch (type) {
    case HELLO:
      if (id !== 0) throw new DecodeError('a HELLO with an id', 0);
      return { type: 'hello', request: reader.u16(), ...destination(reader.utf8(reader.remaining)), size: data.length };
    case HELLO_ACK:
      return { type: 'helloAck', id, request: last(reader, reader.u16()) };
    case DATA:
    case DATA + 1: {
      const body = bodies.read(reader.bytes(length));
      if (body.length === 0 || body.length > TUNNEL_BODY) throw new DecodeError(`DATA of ${body.length} bytes`, 3);
      return { type: 'data', id, kind: type === DATA ? 0 : 1, body };
    }
    case KEEP_ALIVE:
      return { type: 'keepAlive', id: last(reader, id) };
    case ACK:
    case ACK + 1:
      return { type: 'ack', id: last(reader, id), kind: type === ACK ? 0 : 1 };
    case GOODBYE:
      return { type: 'goodbye', id: last(reader, id) };
    default:
      throw new DecodeError(`type ${type}`, 2);
  }
}

/** Whether the header's length is that of the datagram; of no STUN message is it. */
export function hasTunnelLength(data: Uint8Array): boolean {
  return data.length >= HEADER && (((data[3] ?? 0) << 8) | (data[4] ?? 0)) === data.length - HEADER;
}

/** `host port`, as HELLO has it; DecodeError when it is not that. */
export function destination(text: string): { readonly host: string; readonly port: string } {
  const [, host = '', port = ''] = /^([!-~]+) (\d{1,5})$/.exec(text) ?? [];
  if (host === '' || host.length > HOST_LIMIT || Number(port) > 65_535 || Number(port) === 0) throw new DecodeError('no host and port', HEADER);
  return { host, port };
}

/** `value`, if nothing follows. */
function last<T>(reader: Reader, value: T): T {
  if (reader.remaining > 0) throw new DecodeError(`${reader.remaining} bytes too many`, reader.offset);
  return value;
}

/** Bytes as text, or DecodeError. */
export function bodyText(body: Uint8Array): string {
  return fromUtf8(body);
}
