/** Our bytes and those of pwnat's programs are the same: each message written by one is read, or would be written, by the other. */
import { describe, expect, test } from 'vitest';
import { pwnatCodec } from '../../machines/pwnat/codec.ts';
import type { PwnatMessage } from '../../machines/pwnat/messages.ts';
import { echo, isKnock, timeExceeded, type Variant } from './icmp-bytes.ts';
import { hello, requestBody, TYPE, write } from './tunnel-bytes.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const LISTENER = { host: '198.18.2.2', port: 0 };

const MESSAGES: readonly (readonly [PwnatMessage, Buffer])[] = [
  [{ type: 'hello', request: 0xf71e, host: '127.0.0.1', port: '8080' }, write(0, TYPE.hello, hello(0xf71e, '127.0.0.1', 8080))],
  [{ type: 'helloAck', id: 1, request: 0x3252 }, write(1, TYPE.helloAck, requestBody(0x3252))],
  [{ type: 'keepAlive', id: 3 }, write(3, TYPE.keepalive)],
  [{ type: 'data', id: 0xffff, kind: 0, body: bytes('x') }, write(0xffff, TYPE.data0, Buffer.from('x'))],
  [{ type: 'data', id: 1, kind: 1, body: new Uint8Array(1024).fill(7) }, write(1, TYPE.data1, Buffer.alloc(1024, 7))],
  [{ type: 'ack', id: 1, kind: 0 }, write(1, TYPE.ack0)],
  [{ type: 'ack', id: 1, kind: 1 }, write(1, TYPE.ack1)],
  [{ type: 'goodbye', id: 9 }, write(9, TYPE.goodbye)],
  [{ type: 'punch' }, Buffer.alloc(0)],
];

test.each(MESSAGES)('%j', (message, theirs) => {
  const codec = pwnatCodec();
  expect(Buffer.from(codec.encode(message)).toString('hex')).toBe(theirs.toString('hex'));
  expect(codec.decode(theirs)).toMatchObject({ kind: 'message', message });
});

describe.each<Variant>(['pwnat', 'pypwnat'])('the ICMP of %s', (variant) => {
  const icmp = pwnatCodec({ variant }).icmp;

  test('its echo request is ours, byte for byte', () => {
    expect(Buffer.from(icmp?.encode({ type: 'echo' }) ?? []).toString('hex')).toBe(echo(variant).toString('hex'));
  });

  test('what its caller forges is read, and ours is taken by its listener', () => {
    const theirs = timeExceeded(variant, LISTENER.host);
    const ours = Buffer.from(icmp?.encode({ type: 'exceeded', about: LISTENER.host }) ?? []);
    expect(icmp?.decode(theirs, LISTENER)).toEqual({ kind: 'message', message: { type: 'exceeded', about: LISTENER.host } });
    expect([isKnock(variant, ours), ours.length]).toEqual([true, theirs.length]);
    // pypwnat counts the quoted length in its machine's byte order, and so it sums wrong; all else is the same.
    const differing = [...ours.keys()].filter((at) => ours[at] !== theirs[at]);
    expect(differing).toEqual(variant === 'pwnat' ? [] : [10, 11, 18, 19]);
  });
});

test("pypwnat's greeting is its whole protocol", () => {
  const codec = pwnatCodec({ variant: 'pypwnat' });
  expect(Buffer.from(codec.encode({ type: 'greeting' })).toString()).toBe('Hello from pypwnat');
  expect(codec.decode(bytes('Hello from pypwnat'))).toEqual({ kind: 'message', message: { type: 'greeting' } });
});
