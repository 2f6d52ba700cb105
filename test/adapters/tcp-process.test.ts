/** Real processes with TCP: one that has finished leaves nothing behind, one without descriptors goes on serving. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import type { NetEvent } from '../../effects/net.ts';
import { until } from './real-time.ts';

const PROGRAM = fileURLToPath(new URL('tcp-process.ts', import.meta.url));
let sockets: Socket[] = [];
let children: ChildProcess[] = [];

afterEach(() => {
  sockets.forEach((socket) => socket.destroy());
  children.forEach((child) => child.kill('SIGKILL'));
  sockets = [];
  children = [];
});

test('a process whose network has finished exits, whatever its connections were doing', async () => {
  const { child, port, heard } = await serve(['--import', 'tsx', PROGRAM]);
  const peers = [0, 1, 2].map((first) => {
    const peer = dial(port, { allowHalfOpen: true });
    peer.pause();
    return peer.write(Uint8Array.of(first));
  });
  expect(peers).toHaveLength(3);
  await until(() => heard('tcp.received').length === 3, 'three first bytes');
  child.stdin?.end();
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('a process without descriptors closes what it cannot accept, keeps what it has, and accepts again when it can', async () => {
  const { port, heard } = await serve(['-c', `ulimit -n 64 && exec "${process.execPath}" --import tsx "${PROGRAM}"`], 'sh');
  const crowd = Array.from({ length: 100 }, () => dial(port).resume());
  const refused = (): number => crowd.filter(({ destroyed }) => destroyed).length;
  await until(() => refused() > 0 && refused() + heard('tcp.accepted').length === crowd.length, 'a decision on each of the crowd');
  const accepted = heard('tcp.accepted').length;
  expect(heard('tcp.closed')).toEqual([]);
  for (const socket of crowd) socket.destroy();
  await until(() => heard('tcp.closed').length === accepted, 'the end of the crowd');
  dial(port);
  await until(() => heard('tcp.accepted').length > accepted, 'another connection');
  expect(heard('net.failed')).toEqual([]);
});

function dial(port: number, options: { readonly allowHalfOpen?: boolean } = {}): Socket {
  const socket = connect({ host: '127.0.0.1', port, ...options });
  // The other end may go at any moment, which is the test's wish.
  socket.on('error', () => socket.destroy());
  sockets.push(socket);
  return socket;
}

async function serve(args: readonly string[], program = process.execPath) {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const events: NetEvent[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => events.push(JSON.parse(line) as NetEvent));
  const heard = <T extends NetEvent['type']>(type: T): readonly Extract<NetEvent, { type: T }>[] =>
    events.filter((event): event is Extract<NetEvent, { type: T }> => event.type === type);
  await until(() => heard('tcp.listening').length === 1, 'a listener in a process of its own');
  return { child, heard, port: heard('tcp.listening')[0]?.local.port ?? 0 };
}
