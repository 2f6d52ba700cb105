/** What an opened stream carries on loopback, and that a process which has done with it ends by itself. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodeClock } from '../../adapters/node/clock.ts';
import { nodeNet } from '../../adapters/node/net.ts';
import { formatEndpoint } from '../../effects/endpoint.ts';
import { run } from '../../effects/run.ts';
import { open } from '../../index.ts';
import { openRendezvousCodec, tcpOpenRendezvous } from '../../machines/tcp-open/index.ts';

const BYTES = 10_000_000;
const PROGRAM = fileURLToPath(new URL('open-process.ts', import.meta.url));

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

test('10 MB each way at once arrive with the same hash, and no more waits than a stream holds', async () => {
  const [one, other] = await Promise.all([open({ server, room: 'r' }), open({ server, room: 'r' })]);
  const [first, second] = await Promise.all([exchange(one.stream, 1), exchange(other.stream, 2)]);
  expect([first.got, second.got, first.length, second.length]).toEqual([second.sent, first.sent, BYTES, BYTES]);
  expect(Math.max(first.mostWaiting, second.mostWaiting)).toBeLessThanOrEqual(2 * PIECE);
});

test('a process that has ended its stream, and had the other end of it, exits by itself', { timeout: 20_000 }, async () => {
  expect(await Promise.all([ended(server, 'r'), ended(server, 'r')])).toEqual([{ code: 0, heard: 'hello' }, { code: 0, heard: 'hello' }]);
});

test('a process whose stream did not come about exits by itself', { timeout: 20_000 }, async () => {
  expect(await ended(server, 'r', '50')).toEqual({ code: 0, heard: 'no-peer' });
});

const PIECE = 65_536;

/** Sends bytes that derive from `seed` and hashes what comes, both at once, each to its end. */
async function exchange(stream: Duplex, seed: number) {
  const [sent, got] = [createHash('sha256'), createHash('sha256')];
  let [length, mostWaiting] = [0, 0];
  stream.on('data', (data: Buffer) => {
    got.update(data);
    length += data.length;
  });
  const over = once(stream, 'end');
  for (let left = BYTES, n = 0; left > 0; n += 1) {
    const piece = Buffer.alloc(Math.min(left, PIECE), (seed * 31 + n * 7) & 255);
    piece.writeUInt32BE(n, 0);
    sent.update(piece);
    left -= piece.length;
    const mayGoOn = stream.write(piece);
    mostWaiting = Math.max(mostWaiting, stream.writableLength);
    if (!mayGoOn) await once(stream, 'drain');
  }
  stream.end();
  await over;
  return { sent: sent.digest('hex'), got: got.digest('hex'), length, mostWaiting };
}

async function ended(...args: string[]): Promise<{ readonly code: number | null; readonly heard: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let heard = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (heard += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, heard };
}
