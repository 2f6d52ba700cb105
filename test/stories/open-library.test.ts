/** `open()` of the library on loopback: the stream is Node's own, and every way to fail is told. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nodeClock } from '../../adapters/node/clock.ts';
import { nodeNet } from '../../adapters/node/net.ts';
import { formatEndpoint } from '../../effects/endpoint.ts';
import { run } from '../../effects/run.ts';
import { ConnectionFailed, open, punch } from '../../index.ts';
import { openRendezvousCodec, tcpOpenRendezvous } from '../../machines/tcp-open/index.ts';

let server = '';
let stop = (): void => undefined;

beforeEach(async () => {
  const { actor } = run(tcpOpenRendezvous, { net: nodeNet(), codec: openRendezvousCodec(), clock: nodeClock(), id: 's', input: { listen: { host: '127.0.0.1', port: 0 }, seed: '1' } });
  const listening = new Promise<string>((resolve) => actor.on('server', ({ what, local }) => what === 'listening' && local && resolve(formatEndpoint(local))));
  actor.start();
  server = await listening;
  stop = () => void actor.stop();
});
afterEach(() => stop());

async function pair(room = 'a room'): Promise<readonly [Duplex, Duplex]> {
  const [one, other] = await Promise.all([open({ server, room }), open({ server, room })]);
  expect([one.peer.port, other.peer.port]).toEqual([other.local.port, one.local.port]);
  return [one.stream, other.stream];
}

/** What comes until the peer ends its side; reading by `for await` would close the other side too. */
async function allOf(stream: Duplex): Promise<string> {
  let all = '';
  stream.on('data', (data) => (all += String(data)));
  await once(stream, 'end');
  return all;
}

describe('a stream that was opened', () => {
  test('carries both directions, and ends each by itself', async () => {
    const [one, other] = await pair();
    const [heardByOne, heardByOther] = [allOf(one), allOf(other)];
    one.end('from one');
    expect(await heardByOther).toBe('from one');
    other.end('and back, after the end of the other direction');
    expect(await heardByOne).toBe('and back, after the end of the other direction');
  });

  test('flows to a listener for data, like every new socket', async () => {
    const [one, other] = await pair();
    const heard = once(other, 'data');
    one.write('hello');
    expect(String((await heard)[0])).toBe('hello');
    one.destroy();
    await once(other.resume(), 'end');
    other.destroy();
  });

  test('holds back a writer whose reader does not read, and loses nothing of it', async () => {
    const [one, other] = await pair();
    const piece = Buffer.alloc(65_536, 7);
    let written = 0;
    const fill = (): void => {
      do written += piece.length;
      while (one.write(piece));
    };
    fill();
    // The system takes its own buffers' worth, and then no more until somebody reads.
    const turns = async (): Promise<void> => {
      for (let n = 0; n < 50; n += 1) await new Promise(setImmediate);
    };
    for (await turns(); !one.writableNeedDrain; await turns()) fill();
    expect(written).toBeLessThan(64 * 1024 * 1024);
    one.end();
    let read = 0;
    for await (const data of other as AsyncIterable<Buffer>) read += data.length;
    expect(read).toBe(written);
    other.destroy();
  });
});

describe('a stream that does not come about', () => {
  test('says that nobody came, that nobody answers, and that a port is taken', async () => {
    await expect(open({ server, room: 'alone', waitMs: 50 })).rejects.toMatchObject({ reason: 'no-peer' });
    stop();
    await expect(open({ server, room: 'alone' })).rejects.toMatchObject({ reason: 'no-rendezvous' });
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const at = taken.address();
    const port = typeof at === 'object' && at ? at.port : 0;
    await expect(open({ server, room: 'alone', local: { host: '127.0.0.1', port } })).rejects.toMatchObject({ reason: 'address-in-use' });
    taken.close();
  });

  test('is given up with the signal, with its reason', async () => {
    const given = new AbortController();
    const opening = open({ server, room: 'alone', signal: given.signal });
    setImmediate(() => given.abort(new Error('enough')));
    await expect(opening).rejects.toThrow('enough');
    await expect(open({ server: 'nowhere', room: 'x' })).rejects.toThrow(TypeError);
    // As JavaScript may: a room that nobody has set would otherwise be waited in for a minute.
    const unset = undefined as unknown as string;
    for (const join of [open, punch]) {
      await expect(join({ server, room: unset })).rejects.toThrow(new TypeError('room must be a string, the same on both sides, not undefined'));
      await expect(join({ server, room: '' })).rejects.toThrow(new TypeError('room must not be empty'));
      await expect(join({ server: unset, room: 'x' })).rejects.toThrow(new TypeError("server must be host:port, not 'undefined'"));
    }
    expect(ConnectionFailed.name).toBe('ConnectionFailed');
  });
});
