/**
 * The messages of udptunnel as pwnat's own programs write and read them: five bytes of header, then a body. Written from their
 * description and from nothing of ours, so that ours has somebody else to be understood by. Knows no order of messages.
 */

export const TYPE = { goodbye: 1, hello: 2, helloAck: 3, keepalive: 4, data0: 5, data1: 6, ack0: 7, ack1: 8 } as const;

/** The most that one DATA carries. */
export const LARGEST_BODY = 1024;

export interface Message {
  readonly id: number;
  readonly type: number;
  readonly body: Buffer;
}

export function write(id: number, type: number, body: Uint8Array = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt16BE(id, 0);
  header.writeUInt8(type, 2);
  header.writeUInt16BE(body.length, 3);
  return Buffer.concat([header, body]);
}

/** Undefined for what the programs reject. */
export function read(data: Buffer): Message | undefined {
  if (data.length < 5 || data.readUInt16BE(3) !== data.length - 5 || data.length - 5 > LARGEST_BODY) return undefined;
  return { id: data.readUInt16BE(0), type: data.readUInt8(2), body: data.subarray(5) };
}

/** The body of HELLO: which request, and where to connect to. */
export function hello(request: number, host: string, port: number): Buffer {
  return Buffer.concat([requestBody(request), Buffer.from(`${host} ${port}`)]);
}

/** The body of HELLOACK, and the first two bytes of HELLO's. */
export function requestBody(request: number): Buffer {
  const body = Buffer.alloc(2);
  body.writeUInt16BE(request, 0);
  return body;
}
