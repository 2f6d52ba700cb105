/**
 * Much TCP through the tunnel on this computer's own sockets, without privileges: raw ICMP is not needed where no NAT is, so its
 * effects stop short of the system. Datagrams are lost by chance where a test says so. With NATPUNCH_FULL set files have 5 MB.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { LinkStream } from '../../machines/pwnat/link-stream.ts';
import { QUEUE_FULL_BYTES, WINDOW } from '../../machines/pwnat/timing.ts';
import type { Tunnel } from '../../machines/pwnat/tunnel.ts';
import { entries } from '../../machines/persistent-map.ts';
import { loopbackTunnel, type TunnelOptions } from './loopback-tunnel.ts';

const LOOPBACK = '127.0.0.1';
const SIZE = process.env['NATPUNCH_FULL'] ? 5_000_000 : 1_000_000;
const COUNT = 20;
const READERS = 8;
const FILE = Buffer.from(Uint8Array.from({ length: SIZE }, (_, n) => (n * 31 + (n >> 8) * 7 + (n >> 16)) & 255));
const HASH = hashOf(FILE);

let stops: (() => void)[] = [];
/** Of both ends. */
let tunnels: (() => Tunnel)[] = [];

afterEach(() => {
  for (const stop of stops) stop();
  stops = [];
  tunnels = [];
});

/** The port of a door that leads through the tunnel to `web`. */
async function tunnel(web: Server, options: TunnelOptions = {}): Promise<number> {
  const { door, ends, stop } = await loopbackTunnel(web, options);
  stops.push(stop);
  tunnels.push(...ends);
  return door;
}

function heldBy({ outgoing, incoming }: LinkStream): number {
  const bodies = [...outgoing.flight, ...incoming.early.values()];
  return bodies.reduce((sum, { body }) => sum + body.length, outgoing.queuedBytes);
}

function hashOf(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** `D`: sends the file and ends. `U`: takes a file, answers with its hash and ends. */
function files(): Server {
  return createServer((socket) => {
    const hash = createHash('sha256');
    let [what, length] = ['', 0];
    socket.on('error', () => socket.destroy());
    socket.on('data', (data) => {
      const rest = what === '' ? data.subarray(1) : data;
      if (what === '') what = String.fromCharCode(data[0] ?? 0);
      if (what === 'D') return void socket.end(FILE);
      hash.update(rest);
      length += rest.length;
      if (length === SIZE) socket.end(hash.digest('hex'));
    });
  });
}

async function visit(port: number, what: 'D' | 'U'): Promise<string> {
  const socket = connect(port, LOOPBACK);
  const parts: Buffer[] = [];
  socket.on('data', (data) => parts.push(data));
  socket.write(what);
  if (what === 'U') socket.write(FILE);
  await once(socket, 'close');
  return what === 'D' ? hashOf(Buffer.concat(parts)) : Buffer.concat(parts).toString();
}

test.each([
  ['on a good line', {}],
  ['at 5 % loss each way, with a secret', { loss: 0.05, secret: 'a long secret' }],
])('20 downloads and 20 uploads at once arrive intact, %s', async (_, options) => {
  const port = await tunnel(files(), options);
  const all = Array.from({ length: COUNT }, () => [visit(port, 'D'), visit(port, 'U')]).flat();
  expect(new Set(await Promise.all(all))).toEqual(new Set([HASH]));
});

test('readers that stop slow the other end down, and each costs a window and a queue', async () => {
  let written = 0;
  const sockets: Socket[] = [];
  const port = await tunnel(
    createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => socket.destroy());
      const pour = (): void => {
        while (!socket.destroyed && socket.write(FILE.subarray(0, 65_536))) written += 65_536;
      };
      socket.on('drain', pour);
      pour();
    }),
  );
  const readers = Array.from({ length: READERS }, () => connect(port, LOOPBACK).pause());
  await quiet(() => written);
  expect(sockets).toHaveLength(READERS);
  // A full window, a full queue, and the read that filled it.
  const most = WINDOW * 1_200 + QUEUE_FULL_BYTES + 2 * 65_536;
  const held = tunnels.flatMap((one) => [...entries(one().streams)].map(([, stream]) => (stream.by === 'link' ? heldBy(stream) : Infinity)));
  expect([held.length, held.filter((bytes) => bytes > most)]).toEqual([2 * READERS, []]);
  expect(Math.max(...held)).toBeGreaterThan(QUEUE_FULL_BYTES);
  // One that reads on gets more, while the others wait.
  const start = written;
  const more = new Promise<void>((resolve) => {
    let got = 0;
    readers[0]?.on('data', (data) => {
      got += data.length;
      if (got >= 10_000_000) resolve();
    });
  });
  readers[0]?.resume();
  await more;
  expect(written).toBeGreaterThan(start);
  for (const socket of [...readers, ...sockets]) socket.destroy();
});

/** Until nothing has moved for a while. */
async function quiet(moved: () => number): Promise<void> {
  for (let [before, same] = [-1, 0]; same < 40; same = moved() === before ? same + 1 : 0) {
    before = moved();
    await pause();
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 25));
}
