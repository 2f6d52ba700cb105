/** Runs in a host of the lab, as its agent: the project's own TCP opening on the real sockets of that namespace, and what passes through. */
import { createHash } from 'node:crypto';
import { appendFileSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect as connectSocket, type Socket } from 'node:net';
import { once } from 'node:events';
import { nodeClock } from '../../adapters/node/clock.ts';
import { nodeNet } from '../../adapters/node/net.ts';
import { newSeed } from '../../adapters/node/seed.ts';
import { record } from '../../adapters/replay/record.ts';
import { redactor } from '../../effects/codec.ts';
import type { Endpoint } from '../../effects/endpoint.ts';
import { run, type Running } from '../../effects/run.ts';
import { connect, ConnectionFailed } from '../../machines/connection.ts';
import { openCodec, openRendezvousCodec, publicOpenCodec, tcpOpenPeer, tcpOpenRendezvous } from '../../machines/tcp-open/index.ts';

/** What came of one opening, as JSON. */
export interface Opened {
  readonly kind: 'connected' | 'failed';
  readonly reason?: string;
  readonly detail?: string;
  readonly elapsedMs?: number;
  readonly peer?: Endpoint;
  readonly how?: string;
  readonly rounds?: number;
  /** What came from the peer through the connection until its end. */
  readonly heard?: string;
}

const clock = nodeClock();
let server: Running<typeof tcpOpenRendezvous> | undefined;
const streams = new Map<string, Socket>();

/** Resolves when the rendezvous listens. */
export async function serve(listen: Endpoint): Promise<void> {
  const running = run(tcpOpenRendezvous, { net: nodeNet(), codec: openRendezvousCodec(), clock, id: 's', input: { listen, seed: newSeed() } });
  server = running;
  await new Promise<void>((resolve, reject) => {
    running.actor.on('server', ({ what }) => what === 'listening' && resolve());
    running.actor.subscribe({ complete: () => reject(new Error('the rendezvous ended')) });
    running.actor.start();
  });
}

export async function stopServing(): Promise<void> {
  server?.actor.send({ type: 'close' });
}

/** Opens one connection and keeps it under the room's name. `log` records it to that file. */
export async function open(to: Endpoint, room: string, lateMs = 0, log?: string): Promise<Opened> {
  let stream: Socket | undefined;
  const plain = { net: nodeNet({ onRelease: (socket) => (stream = socket) }), clock };
  const input = { server: to, seed: newSeed(), waitMs: 8_000, lateMs };
  const codec = openCodec(room);
  const header = { machine: 'tcp-open/peer', id: 'peer', input };
  const recording = log === undefined ? undefined : record({ ...plain, write: (line) => appendFileSync(log, `${line}\n`), header, redact: redactor(codec, publicOpenCodec()) });
  const running = run(tcpOpenPeer, { ...(recording ?? plain), codec, id: 'peer', input });
  const connection = connect(running);
  try {
    const { elapsedMs, peer, socket } = await connection.opened;
    if (stream) streams.set(room, stream);
    return { kind: 'connected', elapsedMs, peer, how: socket, rounds: running.actor.getSnapshot().context.round };
  } catch (error) {
    if (error instanceof ConnectionFailed) return { kind: 'failed', reason: error.reason, detail: error.message };
    throw error;
  }
}

/** Opens, says `words`, ends its side, and tells what the peer said until it ended its own. */
export async function talk(to: Endpoint, room: string, words: string, lateMs = 0, log?: string): Promise<Opened> {
  const opened = await open(to, room, lateMs, log);
  const stream = streams.get(room);
  if (!stream) return opened;
  let heard = '';
  stream.setEncoding('utf8').on('data', (text) => (heard += text));
  stream.end(words);
  await once(stream, 'close');
  streams.delete(room);
  return { ...opened, heard };
}

/** Sends so many bytes derived from `seed` and hashes what comes, both at once, each to its end. */
export async function exchange(room: string, seed: number, bytes: number): Promise<{ readonly sent: string; readonly got: string; readonly length: number }> {
  const stream = take(room);
  const [sent, got] = [createHash('sha256'), createHash('sha256')];
  let length = 0;
  stream.on('data', (data) => {
    got.update(data);
    length += data.length;
  });
  const over = once(stream, 'end');
  for (let left = bytes, n = 0; left > 0; n += 1) {
    const piece = Buffer.alloc(Math.min(left, 65_536), (seed * 31 + n * 7) & 255);
    piece.writeUInt32BE(n, 0);
    sent.update(piece);
    left -= piece.length;
    if (!stream.write(piece)) await once(stream, 'drain');
  }
  stream.end();
  await over;
  return { sent: sent.digest('hex'), got: got.digest('hex'), length };
}

/** Writes as long as the stream takes more, and tells how much that was and how much this process grew, in bytes. */
export async function fill(room: string, quietMs: number): Promise<{ readonly written: number; readonly grown: number }> {
  const stream = take(room);
  const before = process.memoryUsage().rss;
  const piece = Buffer.alloc(65_536);
  let written = 0;
  for (;;) {
    written += piece.length;
    if (stream.write(piece)) continue;
    const drained = await Promise.race([once(stream, 'drain').then(() => true), new Promise<false>((resolve) => void setTimeout(resolve, quietMs, false))]);
    if (!drained) return { written, grown: process.memoryUsage().rss - before };
  }
}

/** Leaves a stream unread, and tells how much this process grew meanwhile. */
export async function idle(room: string, ms: number): Promise<number> {
  take(room).pause();
  const before = process.memoryUsage().rss;
  await new Promise((resolve) => void setTimeout(resolve, ms));
  return process.memoryUsage().rss - before;
}

/** The TCP sockets that this process still holds after a moment, by the kernel's own count. */
export async function held(): Promise<number> {
  // A machine lets go of its network a few ms after its end.
  for (let tries = 0; tries < 100 && ownSockets().length > 0; tries += 1) await new Promise((resolve) => void setTimeout(resolve, 10));
  return ownSockets().length;
}

/** The port on which this process listens, as soon as it does. */
export async function listeningPort(): Promise<number> {
  for (;;) {
    const found = ownSockets().find(({ state }) => state === LISTENING);
    if (found) return found.port;
    await new Promise((resolve) => void setTimeout(resolve, 5));
  }
}

/** Somebody who is not of the room: connects, says something, and tells what became of it. */
export function knock(to: Endpoint, words: string): Promise<readonly string[]> {
  const told: string[] = [];
  const stranger = connectSocket(to);
  stranger.on('connect', () => {
    told.push('connected');
    if (words !== '') stranger.write(words);
  });
  stranger.on('data', (data) => told.push(`heard ${data.toString('hex')}`)).on('end', () => told.push('ended'));
  stranger.on('error', (error) => told.push('code' in error ? String(error.code) : error.message));
  return new Promise((resolve) => stranger.on('close', () => resolve(told)));
}

/** Ends our side, and resolves when the peer has ended, or broken, its own. */
export async function drain(room: string): Promise<void> {
  const stream = take(room);
  streams.delete(room);
  const over = new Promise((resolve) => stream.on('close', resolve));
  stream.on('error', () => undefined).resume().end();
  await over;
}

export async function destroy(room: string): Promise<void> {
  take(room).destroy();
  streams.delete(room);
}

function take(room: string): Socket {
  const stream = streams.get(room);
  if (!stream) throw new Error(`no connection is open in room "${room}"`);
  return stream;
}

/** As in /proc/net/tcp. */
const LISTENING = '0A';

/** The descriptors of this process that are TCP sockets, each with its state and port. */
function ownSockets(): readonly { readonly state: string; readonly port: number }[] {
  const inodes = new Set(
    readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1] ?? [];
      } catch {
        return []; // The descriptor of the reading itself is gone by now.
      }
    }),
  );
  const lines = ['tcp', 'tcp6'].flatMap((file) => readFileSync(`/proc/self/net/${file}`, 'utf8').trim().split('\n').slice(1));
  return lines.flatMap((line) => {
    const [, local = '', , state = '', , , , , , inode = ''] = line.trim().split(/\s+/);
    return inodes.has(inode) ? [{ state, port: parseInt(local.slice(local.indexOf(':') + 1), 16) }] : [];
  });
}
