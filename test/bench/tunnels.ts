/** TCP through pwnat's tunnel on loopback, between two of our own ends in one process, beside the same bytes without a tunnel. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { loopbackTunnel, type TunnelOptions } from '../load/loopback-tunnel.ts';
import { amount } from './amount.ts';
import { median, processorMs } from './measure.ts';
import { type Row, significant } from './table.ts';

const TURNS = 5;
const BYTES = amount(16) * 1024 * 1024;
const PIECE = Buffer.alloc(65_536, 7);

export async function tunnelRows(): Promise<readonly Row[]> {
  const turns: { plain: number; secret: number; bare: number }[] = [];
  for (let turn = 0; turn <= TURNS; turn += 1) {
    const plain = await throughTunnel({});
    const secret = await throughTunnel({ secret: 'a secret of the bench' });
    const bare = await throughNothing();
    // The first turn warms up.
    if (turn > 0) turns.push({ plain, secret, bare });
  }
  const row = (what: string, of: 'plain' | 'secret'): Row => ({
    what,
    figure: megabytes(median(turns.map((turn) => turn[of]))),
    baseline: { name: 'bare node:net', figure: megabytes(median(turns.map(({ bare }) => bare))), ratio: median(turns.map((turn) => turn[of] / turn.bare)) },
    note: `per core, both ends; ${BYTES / 2 ** 20} MiB one way on loopback`,
  });
  return [row('pwnat tunnel: bytes carried', 'plain'), row('pwnat tunnel with a secret: bytes carried', 'secret')];
}

async function throughTunnel(options: TunnelOptions): Promise<number> {
  const { door, stop } = await loopbackTunnel(source(), options);
  const rate = await take(door);
  stop();
  return rate;
}

async function throughNothing(): Promise<number> {
  const web = source().listen(0, '127.0.0.1');
  await once(web, 'listening');
  const rate = await take((web.address() as AddressInfo).port);
  web.close();
  return rate;
}

/** Gives so many bytes to whoever comes, and ends. */
function source(): Server {
  return createServer((socket) => {
    let left = BYTES;
    const pour = (): void => {
      while (left > 0) {
        left -= PIECE.length;
        if (!socket.write(PIECE)) return;
      }
      socket.end();
    };
    socket.on('error', () => socket.destroy());
    socket.on('drain', pour);
    pour();
  });
}

/** Bytes by the second of processor. */
async function take(port: number): Promise<number> {
  const before = processorMs();
  const socket = connect(port, '127.0.0.1');
  let taken = 0;
  socket.on('data', (data) => {
    taken += data.length;
  });
  await once(socket, 'end');
  if (taken !== BYTES) throw new Error(`${taken} of ${BYTES} bytes came`);
  const rate = (BYTES / (processorMs() - before)) * 1_000;
  socket.destroy();
  return rate;
}

function megabytes(bytesPerSecond: number): string {
  return `${significant(bytesPerSecond / 1e6)} MB/s`;
}
